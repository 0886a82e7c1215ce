"""One document read: its sentences, which of them are prose, and the taxonomy's phrases in them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nlp.annotations import Document
from nlp.language import Sentence, readable, sentences
from nlp.matchers import TITLE, Hit, Phrases, starts_of
from nlp.passages import main_passage
from nlp.prefilters import folded, holds

# Menus, buttons and headings are shorter; of the 3,346 sentences in train + single 19 are.
MIN_PROSE_WORDS = 5
MIN_CLOSED_WORDS = 3  # enough when the sentence is closed by a full stop
_FURNITURE = re.compile(
    r"\b(we use (essential |necessary )?cookies|this (web)?site uses cookies|accept (all )?cookies"
    r"|cookie (settings|preferences)"
    r"|all rights reserved|skip to (main )?content|sign up (to|for) (our|the) (newsletter|mailing list|bulletin)"
    r"|subscribe to our|follow us on|share this (page|article|story)|back to top|registered (office|charity|company) n"
    r"|registered in england|read more about our|javascript|your browser|privacy (policy|notice)"
    r"|terms (and|&) conditions"
    r"|log ?in to your|©|copyright 20\d\d)",
    re.IGNORECASE,
)
# One of these stands wherever the expression above finds anything.
_FURNITURE_PARTS = (
    *("cookie", "rights reserved", "skip to ", "sign up to ", "sign up for ", "subscribe to our", "follow us on"),
    *("share this ", "back to top", "registered office", "registered charity", "registered company", "registered in e"),
    *("read more about our", "javascript", "your browser", "privacy policy", "privacy notice", "terms and conditions"),
    *("terms & conditions", "login to your", "log in to your", "©", "copyright 20"),
)
_CLOSED = re.compile(r"[.!?][\"'”’)\]]*$")


@dataclass(frozen=True, slots=True)
class Reading:
    """A document with what was found in it. Hits carry a sentence's number, or TITLE; only prose counts for tags."""

    document: Document
    title: str
    text: str
    sentences: tuple[Sentence, ...]
    hits: tuple[Hit, ...]


def is_prose(sentence: str) -> bool:
    """Whether a sentence says something of its own: no menu entry, heading, banner or footer."""
    words = sentence.count(" ") + sentence.count("\n") + 1
    long_enough = words >= MIN_PROSE_WORDS or (words >= MIN_CLOSED_WORDS and _CLOSED.search(sentence) is not None)
    return long_enough and not (holds(folded(sentence), _FURNITURE_PARTS) and _FURNITURE.search(sentence))


def prose(text: str, title: str = "") -> tuple[Sentence, ...]:
    """The prose sentences of a readable text in order, each once; all its sentences when none is prose.

    Of a long page only the main passage is read, as its title and its own words show it.
    """
    every = sentences(text)
    # A banner or teaser that a page repeats is read once.
    own = _once(within(every, main_passage(title, text)))
    return tuple([sentence for sentence in own if is_prose(sentence.text)] or _once(every))


def _once(pieces: Iterable[Sentence]) -> list[Sentence]:
    """Each sentence where it stands first."""
    first: dict[str, Sentence] = {}
    for sentence in pieces:
        first.setdefault(sentence.text, sentence)
    return list(first.values())


def within(pieces: Iterable[Sentence], stretches: Sequence[tuple[int, int]]) -> list[Sentence]:
    """The sentences that start in one of the stretches, which are in order and apart."""
    starts = [start for start, _ in stretches]
    places = ((sentence, bisect_right(starts, sentence.start) - 1) for sentence in pieces)
    return [sentence for sentence, place in places if place >= 0 and sentence.start < stretches[place][1]]


def read(document: Document, phrases: Phrases) -> Reading:
    """Read one document; hits in sentences that are no prose are dropped."""
    title, text = readable(document.title), readable(document.text)
    kept = prose(text, title)
    starts, ends = starts_of(kept), [sentence.end for sentence in kept]
    found = [
        hit for hit in phrases.find(text, starts) if kept and starts[hit.sentence] <= hit.start < ends[hit.sentence]
    ]
    return Reading(document, title, text, kept, (*phrases.find(title, [0], TITLE), *found))


def read_all(documents: Iterable[Document], phrases: Phrases) -> list[Reading]:
    """Read a batch of documents, order kept, in bounded memory."""
    documents = list(documents)
    phrases.prepare(len(documents))
    return [read(document, phrases) for document in documents]
