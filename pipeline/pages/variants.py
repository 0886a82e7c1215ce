"""The labelled examples with their texts as pages: which variants there are, and their labels carried over."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from nlp.annotations import Document
from nlp.corpus_data import Example
from pipeline.pages.surrounded import LENGTHS_WORDS, opening, surrounded

PLAIN = "plain"
OPENING_WORDS = 50  # a feed's summary: title and opening
MEASURING_BOILERPLATE = "measuring"


@dataclass(frozen=True, slots=True)
class Variant:
    """Examples in one form; lost_quotes counts the annotators' quotes that are no stretch of the new text."""

    name: str
    examples: Sequence[Example]
    lost_quotes: int = 0


def rendered_variants(examples: Sequence[Example]) -> list[Variant]:
    """The examples that are records of the demo site: plain, and as its pages are read in each manner."""
    from pipeline.pages.rendered import MANNERS, rendered_documents

    ids = {example.document.id for example in examples}
    pages = {manner: rendered_documents(ids, manner) for manner in MANNERS}
    shown = [example for example in examples if all(example.document.id in found for found in pages.values())]
    forms = [variant(manner, shown, partial(_found, found)) for manner, found in pages.items()]
    return [Variant(PLAIN, shown), *forms]


def long_variants(examples: Sequence[Example], boilerplate: str = MEASURING_BOILERPLATE) -> list[Variant]:
    """The examples plain, and among boilerplate at each length."""
    forms = [
        variant(f"{words}-words", examples, partial(surrounded, words=words, boilerplate=boilerplate))
        for words in LENGTHS_WORDS
    ]
    return [Variant(PLAIN, examples), *forms]


def short_variants(examples: Sequence[Example]) -> list[Variant]:
    """The examples plain, and with their first words alone."""
    return [Variant(PLAIN, examples), variant("short", examples, partial(opening, words=OPENING_WORDS))]


def _found(pages: Mapping[str, Document], document: Document) -> Document:
    return pages[document.id]


VARIANTS: Mapping[str, Callable[[Sequence[Example]], list[Variant]]] = {
    "rendered": rendered_variants,
    "long": long_variants,
    "short": short_variants,
}


def variant(name: str, examples: Sequence[Example], change: Callable[[Document], Document]) -> Variant:
    """The examples with their documents changed and their quotes found again in the new texts."""
    changed = [relabelled(example, change(example.document)) for example in examples]
    lost = sum(
        quote not in example.document.text for example in changed for many in example.quotes.values() for quote in many
    )
    return Variant(name, changed, lost)


def relabelled(example: Example, document: Document) -> Example:
    """The example with another document. A quote that its text lacks, white space aside, stays as it was."""
    quotes = {
        code: tuple(found_again(quote, document.text) or quote for quote in many)
        for code, many in example.quotes.items()
    }
    return replace(example, document=document, quotes=quotes)


def found_again(quote: str, text: str) -> str | None:
    """The stretch of the text that has the quote's words, with whatever white space; None when there is none."""
    found = re.search(r"\s+".join(map(re.escape, quote.split())), text)
    return found.group() if found else None
