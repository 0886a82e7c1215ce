"""Numbers in English text: digits with separators, number words, mixed forms; and the tokens they are read from."""

from __future__ import annotations

import re

Value = int | float

# Beyond a quadrillion a run of digits is an identifier; it also keeps every value exact as a float.
MAX_DIGITS = 15
VALUE_DIGITS = 4  # a share in words has no more ("a third" is 0.3333)

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
UNITS = {word: value for value, word in enumerate(_SMALL.split())}
TENS = {w: 10 * v for v, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)}  # noqa: SIM905
SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
SHORT_SCALES = {"k": 10**3, "mn": 10**6, "bn": 10**9, "tn": 10**12}
PARTS = {
    "half": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fifth": 5, "fifths": 5, "sixth": 6, "sixths": 6,
    "seventh": 7, "eighth": 8, "eighths": 8, "ninth": 9, "tenth": 10, "tenths": 10,
}  # fmt: skip
SIGNS = {"½": 0.5, "¼": 0.25, "¾": 0.75, "⅓": 1 / 3, "⅔": 2 / 3}
WORDS = frozenset((*UNITS, *TENS, "hundred", "dozen", *SCALES))

# The most frequent first: words.
_TOKEN = re.compile(
    r"[^\W\d_]\w*(?:['’&]\w+)*"
    r"|\d{1,3}(?:,\d{3}){1,4}(?!\d)(?:\.\d+)?"  # 3,043,660
    r"|\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3}){1,4}(?!\d)(?:\.\d+)?"  # 718 000
    r"|\d+(?:[.·]\d+)*"
    r"|\S"
)
_SEPARATORS = re.compile(r"[, \u00a0\u2009\u202f]")


class Line:
    """A sentence as tokens: `words` in lower case, `raw` as written, with offsets; reading past either end gives ""."""

    __slots__ = ("ends", "raw", "size", "starts", "text", "words")

    def __init__(self, text: str) -> None:
        matches = list(_TOKEN.finditer(text))
        self.text = text
        self.raw = [match.group() for match in matches]
        self.words = [raw.lower() for raw in self.raw]
        self.starts = [match.start() for match in matches]
        self.ends = [match.end() for match in matches]
        self.size = len(matches)

    def word(self, place: int) -> str:
        """The token in lower case, or "" beyond the ends."""
        return self.words[place] if 0 <= place < self.size else ""

    def joined(self, place: int) -> bool:
        """Whether no space parts token `place` from the one before it."""
        return 0 < place < self.size and self.ends[place - 1] == self.starts[place]

    def span(self, first: int, last: int) -> str:
        """The text of the tokens first to last (exclusive), "" when there are none."""
        return self.text[self.starts[first] : self.ends[last - 1]] if first < last else ""

    def is_digits(self, place: int) -> bool:
        """Whether the token starts with a digit from 0 to 9."""
        return "0" <= self.word(place)[:1] <= "9"


def digit_value(token: str) -> Value | None:
    """The value of digits with separators, or None for dates, versions, phone numbers and identifiers."""
    plain = _SEPARATORS.sub("", token).replace("·", ".")
    whole, _, part = plain.partition(".")
    if not plain.isascii() or "." in part or len(plain) > MAX_DIGITS or (len(whole) > 1 and whole[0] == "0"):
        return None
    return float(plain) if part else int(whole)


def number_at(line: Line, place: int) -> tuple[Value, int] | None:
    """The number that starts at token `place`, and the token after it; None when there is none."""
    if line.is_digits(place):
        value = digit_value(line.words[place])
        return None if value is None else _scaled(line, *_mixed(line, value, place + 1))
    if line.word(place) in SIGNS:
        return SIGNS[line.words[place]], place + 1
    if line.word(place) in ("a", "half"):
        return _article(line, place)
    return _cardinal(line, place)


def _mixed(line: Line, value: Value, place: int) -> tuple[Value, int]:
    """Digits with the sign of a fraction written on them, or "and a half" after them."""
    if line.joined(place) and line.word(place) in SIGNS:
        return value + SIGNS[line.words[place]], place + 1
    if line.words[place : place + 3] == ["and", "a", "half"]:
        return value + 0.5, place + 3
    return value, place


def _scaled(line: Line, value: Value, place: int) -> tuple[Value, int]:
    """The value times a scale word that follows ("1.5 million", "10k")."""
    word = line.word(place)
    if word in SCALES:
        return exact(value * SCALES[word]), place + 1
    if line.joined(place) and word in SHORT_SCALES and (word != "k" or line.raw[place] == "k"):
        return exact(value * SHORT_SCALES[word]), place + 1
    return value, place


def exact(value: Value) -> Value:
    """Whole numbers as int, others without the noise of binary fractions."""
    value = round(value, 6)
    return int(value) if value == int(value) else value


def _article(line: Line, place: int) -> tuple[Value, int] | None:
    """ "a million", "a hundred", "a dozen", "half a million"."""
    half = line.words[place] == "half"
    at = place + 1 if half else place
    word = line.word(at + 1)
    if line.word(at) != "a" or word not in (*SCALES, "hundred", "dozen"):
        return None
    value = 12 if word == "dozen" else SCALES.get(word, 100)
    return (exact(value / 2) if half else value), at + 2


def _below_hundred(line: Line, place: int) -> tuple[int, int] | None:
    word = line.word(place)
    if word in UNITS:
        return UNITS[word], place + 1
    if word not in TENS:
        return None
    at = place + 2 if line.word(place + 1) == "-" and line.joined(place + 1) else place + 1
    unit = UNITS.get(line.word(at), 0)
    return (TENS[word] + unit, at + 1) if 0 < unit < 10 else (TENS[word], place + 1)


def _below_thousand(line: Line, place: int) -> tuple[int, int] | None:
    found = _below_hundred(line, place)
    if found is None or line.word(found[1]) != "hundred":
        return found
    value, place = found[0] * 100, found[1] + 1
    rest = _below_hundred(line, place + 1 if line.word(place) == "and" else place)
    return (value + rest[0], rest[1]) if rest else (value, place)


def _cardinal(line: Line, place: int) -> tuple[Value, int] | None:
    """A number in words: "twenty-four", "two hundred and five", "two and a half million", "three thousand and ten"."""
    found = _below_thousand(line, place)
    if found is None:
        return None
    if line.words[found[1] : found[1] + 3] == ["and", "a", "half"]:
        return _scaled(line, found[0] + 0.5, found[1] + 3)
    total, end, below = 0, found[1], 10**MAX_DIGITS
    while found is not None:
        value, place = found
        scale = SCALES.get(line.word(place), 1)
        if scale >= below:
            break
        total, below, end = total + value * scale, scale, place if scale == 1 else place + 1
        found = None if scale == 1 else _below_thousand(line, end + 1 if line.word(end) == "and" else end)
    return total, end


def parse_number(text: str) -> Value | None:
    """The number that the whole text is, or None."""
    line = Line(text.strip())
    found = number_at(line, 0)
    return found[0] if found and found[1] == line.size else None
