"""What facets cost, same texts, same run: `python tests/benchmarks/bench_facets.py [COPIES]`.

Reads the fitting corpus COPIES times (4 unless told), texts made to differ, without and with the facets' phrases in the
shared matcher, then finds the facet values; prints listings a second of each and the processor time a listing takes.
"""

import sys
import time

from bench_tagger import documents

from nlp.facet_data import load_facets
from nlp.facets import FacetTagger
from nlp.matchers import Phrases
from nlp.reading import read_all
from nlp.taxonomy_data import default_taxonomy

ROUNDS = 3


def best_seconds(action):
    """The least processor time of a few rounds: what else runs on the machine counts least there."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return min(times)


def main():
    pages = documents(int(sys.argv[1]) if len(sys.argv) > 1 else 4)
    start = time.process_time()
    facets = FacetTagger(load_facets(), default_taxonomy().regions)
    plain, full = Phrases(default_taxonomy()), Phrases(default_taxonomy(), facets.phrases)
    read_all(pages[:1], plain)
    before = time.process_time()
    read_all(pages[:1], full)
    load = time.process_time() - before
    readings = read_all(pages, full)
    steps = {
        "reading without facets' phrases": best_seconds(lambda: read_all(pages, plain)),
        "reading with them": best_seconds(lambda: read_all(pages, full)),
        "finding facet values": best_seconds(lambda: [facets.annotations(one) for one in readings]),
    }
    for name, seconds in steps.items():
        print(f"{name}: {len(pages) / seconds:,.0f} listings/s, {seconds / len(pages) * 1e6:,.0f} µs a listing")
    extra = steps["reading with them"] - steps["reading without facets' phrases"] + steps["finding facet values"]
    print(f"facets in all: {len(pages) / extra:,.0f} listings/s, {extra / len(pages) * 1e6:,.0f} µs a listing")
    print(f"vocabulary {before - start:.2f} s, its phrases into the matcher (first page read) {load:.2f} s")


if __name__ == "__main__":
    main()
