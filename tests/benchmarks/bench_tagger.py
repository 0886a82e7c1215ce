"""Throughput of the tagger against spaCy's blank tokenizer with sentencizer, same texts, same run.

`python tests/benchmarks/bench_tagger.py [COPIES]`: tags the fitting corpus COPIES times (8 unless told), texts made to
differ so that no cache helps, and prints listings a second of both, their ratio, and the time to load.
"""

import sys
import time

import spacy

from nlp.annotations import Document
from nlp.corpus_data import FITTING, load_examples
from nlp.figures import FigureReader
from nlp.language import readable
from nlp.reading import prose
from nlp.tagger import Tagger

ROUNDS = 3


def documents(copies):
    """The corpus' documents, each copy with a word of its own in every text."""
    return [
        Document(
            f"{one.document.id}-{copy}", one.document.title, f"{one.document.text} Ref{copy}x{place} closes the page."
        )
        for copy in range(copies)
        for place, one in enumerate(load_examples(*FITTING))
    ]


def best_rate(action, count):
    """The best of a few rounds, in listings a second: the least disturbed by what else runs."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return count / min(times)


def main():
    pages = documents(int(sys.argv[1]) if len(sys.argv) > 1 else 8)
    start = time.perf_counter()
    tagger = Tagger.load()
    list(tagger.tag(pages[:1]))
    load = time.perf_counter() - start
    blank = spacy.blank("en")
    blank.add_pipe("sentencizer")
    blank_rate = best_rate(
        lambda: [sum(1 for _ in doc.sents) for doc in blank.pipe(page.text for page in pages)], len(pages)
    )
    rate = best_rate(lambda: sum(1 for _ in tagger.tag(pages)), len(pages))
    print(f"tagger {rate:,.0f} listings/s; blank spaCy {blank_rate:,.0f}/s; ratio {rate / blank_rate:.2f}")
    sentences = [sentence.text for page in pages for sentence in prose(readable(page.text))]
    figures = FigureReader()
    figure_rate = best_rate(lambda: sum(len(figures.figures(text)) for text in sentences), len(pages))
    print(f"of which figures alone {figure_rate:,.0f} listings/s; ratio to blank spaCy {figure_rate / blank_rate:.2f}")
    print(f"load and first listing {load:.2f} s (spaCy imported before); {len(pages):,} listings")


if __name__ == "__main__":
    main()
