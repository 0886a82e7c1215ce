"""Main texts on a public benchmark of article extraction, beside trafilatura's own on the same pages.

python tests/benchmarks/bench_extraction.py FOLDER, a checkout of scrapinghub/article-extraction-benchmark (MIT; 181
pages of news with the article's text marked by hand; nothing of it is here). For each page the runs of four words that
text and truth share are counted; precision and recall are means over pages, F1 is of those means.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections import Counter
from pathlib import Path

import trafilatura

from crawler.charsets import find_charset
from crawler.loaders import clean_text
from crawler.parsers.html import parse_page

RUN = 4  # words, as in the benchmark's own measure


def runs(text: str) -> Counter[tuple[str, ...]]:
    words = re.findall(r"\w+", text)
    size = min(RUN, len(words))
    return Counter(tuple(words[at : at + size]) for at in range(len(words) - size + 1)) if words else Counter()


def scores(text: str, truth: str) -> tuple[float, float]:
    """Precision and recall of one page."""
    found, wanted = runs(text), runs(truth)
    shared = (found & wanted).total()
    return (shared / found.total() if found else 1.0), (shared / wanted.total() if wanted else 1.0)


def told(name: str, pages: list[tuple[float, float]]) -> None:
    precision, recall = (sum(page[part] for page in pages) / len(pages) for part in (0, 1))
    f1 = 2 * precision * recall / (precision + recall)
    print(f"{name:36} F1 {f1:.3f}, precision {precision:.3f}, recall {recall:.3f}, {len(pages)} pages")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    truths = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    theirs, ours = [], []
    for name, known in sorted(truths.items()):
        body = gzip.decompress((folder / "html" / f"{name}.html.gz").read_bytes())
        markup = body.decode(find_charset(body, None).name, "replace")
        theirs.append(scores(trafilatura.extract(markup, include_comments=False) or "", known["articleBody"]))
        url = known.get("url") or "https://publisher.example/"
        try:
            text = clean_text(parse_page(markup, url).text)
        except ValueError:
            text = ""  # a page that the parser refuses
        ours.append(scores(text, known["articleBody"]))
    told("trafilatura.extract", theirs)
    told("ours (crawler.parsers.html)", ours)


if __name__ == "__main__":
    main()
