"""What the tagger costs, beside spaCy's blank tokenizer with sentencizer on the same texts in the same run.

`python tests/benchmarks/bench_tagger.py [COPIES]`: tags the fitting corpus COPIES times (8 unless told), texts of some
150 words made to differ so that no cache helps, and prints listings a second of one core (processor time, the least of
a few rounds that take turns) for themes, criteria and evidence alone and for everything; the ratios to blank spaCy; two
processes against one; the memory that 5,000 and 20,000 listings take; the time to load in a fresh process.
"""

import importlib.util
import multiprocessing
import os
import resource
import subprocess
import sys
import time
from itertools import islice

import spacy

from nlp.annotations import Document
from nlp.corpus_data import FITTING, load_examples
from nlp.figures import FigureReader
from nlp.language import readable
from nlp.reading import prose
from nlp.tagger import BATCH_DOCUMENTS, Tagger

ROUNDS = 3
FEW, MANY = 5_000, 20_000  # listings of which the memory is compared
KILOBYTES = 1024
LOAD_PROGRAM = """
import time
start = time.perf_counter()
from nlp.annotations import Document
from nlp.tagger import Tagger
ours = time.perf_counter()
import nlp.language
nlp.language._spacy()
spacys = time.perf_counter()
tagger = Tagger.load()
list(tagger.tag([Document("1", "A virtual ward", "The virtual ward in Leeds helped 40 patients to stay at home.")]))
print(time.perf_counter() - spacys, spacys - ours, ours - start)
"""


def documents(copies):
    """The corpus' documents, each copy with a word of its own in every text."""
    return [page for copy in range(copies) for page in _copy(copy)]


def _copy(copy):
    return [
        Document(
            f"{one.document.id}-{copy}", one.document.title, f"{one.document.text} Ref{copy}x{place} closes the page."
        )
        for place, one in enumerate(load_examples(*FITTING))
    ]


def best_rates(actions, count):
    """Listings a second of processor time by name: the best of a few rounds in which the actions take turns."""
    times = {name: [] for name in actions}
    for _ in range(ROUNDS):
        for name, action in actions.items():
            start = time.process_time()
            action()
            times[name].append(time.process_time() - start)
    return {name: count / min(many) for name, many in times.items()}


def rates(pages):
    """Listings a second of blank spaCy, of the tagger in part and whole, and of figures alone."""
    blank = spacy.blank("en")
    blank.add_pipe("sentencizer")
    lean, whole, figures = Tagger.load(parts=()), Tagger.load(), FigureReader()
    sentences = [sentence.text for page in pages for sentence in prose(readable(page.text))]
    actions = {
        "blank spaCy": lambda: [sum(1 for _ in doc.sents) for doc in blank.pipe(page.text for page in pages)],
        "themes, criteria, evidence": lambda: sum(1 for _ in lean.tag(pages)),
        "everything": lambda: sum(1 for _ in whole.tag(pages)),
        "figures alone": lambda: sum(len(figures.figures(text)) for text in sentences),
    }
    list(whole.tag(pages[:BATCH_DOCUMENTS]))
    return best_rates(actions, len(pages))


_loaded = []


def _load():
    """Makes a process of the pool ready: vocabulary and phrases are there before the clock starts."""
    _loaded.append(Tagger.load())
    list(_loaded[0].tag(documents(1)))


def _count(pages):
    """How many listings were tagged, in how much processor time."""
    start = time.process_time()
    return sum(1 for _ in _loaded[0].tag(pages)), time.process_time() - start


def pool_rates(pages, processes):
    """Listings a second by the clock, and by the processor time of each of the processes, which are loaded before."""
    chunks = [pages[start : start + BATCH_DOCUMENTS] for start in range(0, len(pages), BATCH_DOCUMENTS)]
    seconds, busy = [], []
    with multiprocessing.get_context("spawn").Pool(processes, initializer=_load) as pool:
        pool.map(_count, [pages[:1]] * 2 * processes, chunksize=1)
        for _ in range(ROUNDS):
            start = time.perf_counter()
            done = list(pool.imap_unordered(_count, chunks))
            seconds.append(time.perf_counter() - start)
            busy.append(sum(used for _, used in done) / processes)
            assert sum(count for count, _ in done) == len(pages)
    return len(pages) / min(seconds), len(pages) / min(busy)


def print_peak(count):
    """Tag so many listings as they come and print the most memory that the process held, in MB."""
    stream = (page for copy in range(count) for page in _copy(copy))
    assert sum(1 for _ in Tagger.load().tag(islice(stream, count))) == count
    print(round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILOBYTES))


def _fresh(*arguments):
    """The numbers that a fresh Python process prints."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)
    return [float(word) for word in done.stdout.split()]


def main():
    pages = documents(int(sys.argv[1]) if len(sys.argv) > 1 else 8)
    found = rates(pages)
    for name, rate in found.items():
        print(f"{name}: {rate:,.0f} listings/s a core; ratio to blank spaCy {rate / found['blank spaCy']:.2f}")
    print(f"({len(pages):,} listings of {sum(len(page.text.split()) for page in pages) / len(pages):.0f} words)")
    (one, one_busy), (two, two_busy) = (pool_rates(pages, processes) for processes in (1, 2))
    print(f"two processes against one: {two:,.0f} listings/s against {one:,.0f} by the clock, ratio {two / one:.2f};")
    print(f"  by processor time {two_busy:,.0f} against {one_busy:,.0f}, ratio {two_busy / one_busy:.2f}; ", end="")
    print(f"{os.cpu_count()} cores with {os.getloadavg()[0]:.1f} processes at work")
    few, many = (_fresh(__file__, "--peak", str(count))[0] for count in (FEW, MANY))
    print(f"most memory: {few:,.0f} MB for {FEW:,} listings, {many:,.0f} MB for {MANY:,}")
    times = [_fresh("-c", LOAD_PROGRAM) for _ in range(ROUNDS)]
    load, spacys, ours = min(times)
    print(
        f"fresh process: load and first listing {load:.2f} s; imports before: spaCy {spacys:.2f} s, ours {ours:.2f} s"
    )
    if importlib.util.find_spec("sentence_transformers") is None:
        print("MiniLM: not measured, sentence-transformers (and torch) are not installed")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        print_peak(int(sys.argv[2]))
    else:
        main()
