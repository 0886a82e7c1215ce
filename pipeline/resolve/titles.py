"""What a title says, word by word: its words in order, the codes and the numbers among them."""

from __future__ import annotations

import re
from functools import lru_cache

from pipeline.resolve.words import JOINT, STOPWORDS, WORD, WORDS_KEPT, normal_form

CODE_LENGTH_MIN = 4  # "kdl32m4000", "79g00007"; a shorter word with digits is a version or a size: "cs3", "3u"
CODE_DIGITS_MIN = 5  # a bare number of so many digits is an article's number, no quantity
APART = re.compile("[/–]")
DIGITS = re.compile(r"\d+(?:\.\d+)?")
VERSION = re.compile(rf"v?({DIGITS.pattern})", re.I)


def title_words(title: str) -> list[str]:
    """The words of a title in their normal forms, in order, without stop words."""
    return [word for raw in WORD.findall(title) for word in _forms(raw)]


def is_code(word: str) -> bool:
    """Whether a word in its normal form is a model's or an article's number."""
    if word.isdigit():
        return len(word) >= CODE_DIGITS_MIN
    has_both = any(letter.isdigit() for letter in word) and any(letter.isalpha() for letter in word)
    return has_both and len(word) >= CODE_LENGTH_MIN


def numbers_in(word: str) -> list[str]:
    """The numbers in a word that is no code: "cs3", "3rd" and "3" all have the number 3."""
    return [] if is_code(word) else [_number(found) for found in DIGITS.findall(word)]


@lru_cache(maxsize=WORDS_KEPT)
def _forms(raw: str) -> tuple[str, ...]:
    """A written word's forms: "win/mac" is two words, "lc-32d64u" is one, "v6.0" is "6"."""
    if version := VERSION.fullmatch(raw):
        return (_number(version.group(1)),)
    parts = ("".join(normal_form(piece) for piece in JOINT.split(part)) for part in APART.split(raw))
    return tuple(part for part in parts if part and part not in STOPWORDS)


def _number(digits: str) -> str:
    """A number without what may be left out in writing it: "06.0" is "6"."""
    whole, _, part = digits.partition(".")
    whole, part = whole.lstrip("0") or "0", part.rstrip("0")
    return f"{whole}.{part}" if part else whole
