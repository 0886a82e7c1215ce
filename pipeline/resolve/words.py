"""Text to words in their normal form, with what their writing says: capital, acronym, start of a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9@&+'’]*(?:[-./–][A-Za-z0-9@&+'’]+)*")
JOINT = re.compile(r"[-./–]")
# Coarser than nlp.language's sentences, on purpose: what is counted here is words between stops. A colon starts a new
# capital as a full stop does, a break after "Dr." only costs a run of words, and the model was fitted to these counts.
SENTENCE_END = re.compile(r"(?<=[.!?:;])\s+|\n+")
FIGURE = re.compile(
    r"(?<![A-Za-z0-9])[£$€]?\d[\d,]*(?:\.\d+)?(?:\s?(?:%|per cent|million|billion|m\b|bn\b|k\b))?", re.I
)
YEAR = re.compile(r"(?:19|20)\d\d")
FIGURE_DIGITS_MIN = 2  # "7" and "3" are everywhere; a two-digit figure is already rare enough to be weighed by rarity
PLURAL_LETTERS_MIN = 5  # shorter words lose too much: "ones", "gas", "kiss"
WORDS_KEPT = 100_000  # words kept as read, since most words of a text were met before; about 40 MB

_STOPWORDS = """
    a an the and or of to in on for at by with from as is are was were be been being it its this that these those
    their his her they them he she who which what when where how why than then so such into out up down over under
    about after before between during through not no nor can could will would should may might must has have had do
    does did more most less least very also other another each every all any both few many much some own same only
    just but if while because until against per via among within without across our we us you your i my there here
    new now one two three four five six seven eight nine ten first second third use used uses using make makes made
    help helps helping help include includes including
"""
STOPWORDS = frozenset(_STOPWORDS.split())


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text: its normal form, and how it was written.

    parts holds the forms of a hyphenated word's pieces ("PREP-WELL": form "prepwell", parts "prep" and "well").
    """

    raw: str
    form: str
    parts: tuple[str, ...]
    starts_sentence: bool
    is_capital: bool
    is_marked: bool

    @property
    def is_content(self) -> bool:
        """Whether the word says something: no stop word, no lone letter, no bare number."""
        return len(self.form) > 1 and self.form not in STOPWORDS and not self.form.isdigit()


def normal_form(word: str) -> str:
    """Lower case without possessive and plural ending: "Trusts'" and "trust" are one word."""
    form = word.lower().replace("’", "'").removesuffix("'s").strip("'")
    if len(form) < PLURAL_LETTERS_MIN or form.endswith(("ss", "us", "is")):
        return form
    if form.endswith("ies"):
        return form[:-3] + "y"
    return form.removesuffix("s")


@lru_cache(maxsize=WORDS_KEPT)
def _read(raw: str, starts_sentence: bool) -> Word:
    pieces = [normal_form(piece) for piece in JOINT.split(raw) if piece]
    has_inner_capital = any(letter.isupper() for letter in raw[1:])
    has_digit = any(letter.isdigit() for letter in raw) and any(letter.isalpha() for letter in raw)
    return Word(
        raw=raw,
        form="".join(pieces),
        parts=tuple(pieces) if len(pieces) > 1 else (),
        starts_sentence=starts_sentence,
        is_capital=raw[0].isupper(),
        is_marked=has_inner_capital or has_digit,  # acronym, camel case, or letters with digits: written as a name
    )


def sentences(text: str) -> Iterator[list[Word]]:
    """The words of each sentence of a text, empty sentences left out."""
    for sentence in SENTENCE_END.split(text):
        found = WORD.findall(sentence)
        if found:
            yield [_read(raw, place == 0) for place, raw in enumerate(found)]


def figures(text: str) -> set[str]:
    """The figures of a text in one writing: "£1.4 billion" and "1.4bn" are both 1.4bn; years are left out."""
    found = set()
    for match in FIGURE.finditer(text):
        figure = re.sub(r"[,\s£$€]", "", match.group().lower())
        for written, short in (("percent", "%"), ("million", "m"), ("billion", "bn")):
            figure = figure.replace(written, short)
        if not YEAR.fullmatch(figure) and sum(letter.isdigit() for letter in figure) >= FIGURE_DIGITS_MIN:
            found.add(figure)
    return found


def as_written(term: str, text: Iterable[list[Word]]) -> str:
    """A term of normal forms as sentences first write it: "isle wight" is "Isle of Wight"; else the term itself."""
    forms = term.split()
    for sentence in text:
        content = [place for place, word in enumerate(sentence) if word.is_content]
        found = [sentence[place].form for place in content]
        for start in range(len(content) - len(forms) + 1):
            if found[start : start + len(forms)] == forms:
                return " ".join(word.raw for word in sentence[content[start] : content[start + len(forms) - 1] + 1])
        parted = next((word.raw for word in sentence if term in word.parts), None)
        if parted:
            return parted
    return term
