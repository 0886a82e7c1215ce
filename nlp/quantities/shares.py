"""Shares and multiples in words: "one in five", "a third", "halved", "doubled", "four times better"."""

from __future__ import annotations

from nlp.quantities.bounds import Amount, Bounds
from nlp.quantities.exclusions import is_year
from nlp.quantities.numbers import PARTS, SCALES, SIGNS, UNITS, VALUE_DIGITS, WORDS, Line, Value, number_at
from nlp.quantities.quantity import CURRENCIES, HYPHENS, LAST_SMALL_WORD, STOPS, QuantityReader
from nlp.quantities.terms import Direction, Lexicon

LEAST_ODDS = 60  # 1:59 may be a time of day
MULTIPLES: dict[str, tuple[float, str, Direction]] = {
    **dict.fromkeys(("doubled", "doubling", "doubles"), (2, "times", "up")),
    **dict.fromkeys(("tripled", "tripling", "trebled", "trebling"), (3, "times", "up")),
    **dict.fromkeys(("quadrupled", "quadrupling"), (4, "times", "up")),
    **dict.fromkeys(("halved", "halving", "halve", "halves"), (0.5, "ratio", "down")),
}
_FOLDS = {f"{word}fold": value for word, value in UNITS.items() if 1 < value <= LAST_SMALL_WORD}
_SHARE_LEADS = frozenset("by in nearly over almost than about around roughly just only under and of".split())  # noqa: SIM905
_SHARE_FOLLOWS = frozenset(
    "of the their its all were are have had was is said had will would could fewer less more lower higher".split()  # noqa: SIM905
)
_DETERMINERS = frozenset("the their its that his her our your".split())  # noqa: SIM905
# Words with which an amount may begin, or that stand in one that begins with "a".
NUMBER_WORDS = frozenset((*WORDS, *MULTIPLES, *_FOLDS, *PARTS, "fold", "double", "twice", "decade"))
_STARTS = frozenset((*NUMBER_WORDS, *SIGNS, *CURRENCIES))
_AFTER_ARTICLE = frozenset((*SCALES, *PARTS, "hundred", "dozen"))
Number = tuple[Value, int]  # a value and the token after it


def starts(line: Line) -> list[int]:
    """The tokens at which an amount may begin."""
    words = line.words
    return [
        place
        for place, word in enumerate(words)
        if "0" <= word[0] <= "9" or word in _STARTS or (word == "a" and line.word(place + 1) in _AFTER_ARTICLE)
    ]


class ShareReader:
    """Reads shares and multiples that start at a token."""

    def __init__(self, lexicon: Lexicon, quantities: QuantityReader, bounds: Bounds) -> None:
        self._lexicon, self._quantities, self._bounds = lexicon, quantities, bounds

    def read(self, line: Line, place: int, number: Number | None) -> Amount | None:
        """The share or multiple at a token, given the plain number there."""
        amount = self._multiple(line, place, number) or self._ratio(line, place, number)
        return amount or (None if line.is_digits(place) else self._part(line, place, number))

    def _made(self, line: Line, value: Value, unit: str, first: int, end: int, way: Direction | None = None) -> Amount:
        lead, bound = self._bounds.lead(line, first)
        return Amount(value, unit, lead, first, end, end, bound, direction=way)

    def _multiple(self, line: Line, place: int, number: Number | None) -> Amount | None:
        """Doubled, halved, twice as likely, double the number, eightfold, 10-fold, four times better."""
        word, following = line.words[place], line.word(place + 1)
        if word in MULTIPLES and (word != "halves" or following in _DETERMINERS):
            value, unit, way = MULTIPLES[word]
            return self._made(line, value, unit, place, place + 1, way)
        if word in _FOLDS:
            return self._made(line, _FOLDS[word], "times", place, place + 1, "up")
        if (word == "twice" and following in ("as", "the")) or (word == "double" and self._doubles(line, place)):
            return self._made(line, 2, "times", place, place + 1, "up")
        return None if number is None else self._times(line, place, number)

    @staticmethod
    def _doubles(line: Line, place: int) -> bool:
        return line.word(place + 1) in _DETERMINERS or line.word(place - 1) in ("to", "will", "could", "would", "than")

    def _times(self, line: Line, place: int, number: Number) -> Amount | None:
        value, end = number
        at = end + 1 if line.word(end) in HYPHENS else end
        if line.word(at) == "fold":
            return self._made(line, value, "times", place, at + 1, "up")
        if line.word(end) != "times":
            return None
        following = line.word(end + 1)
        if following in self._lexicon.compare:
            return self._made(line, value, "times", place, end + 1, self._lexicon.compare[following])
        compared = following in ("as", "the", "that", "those", "what") or (
            following.isalpha() and following not in STOPS
        )
        if compared or isinstance(value, float):
            return self._made(line, value, "times", place, end + 1, "up" if following == "as" else None)
        return None

    def _ratio(self, line: Line, place: int, first: Number | None) -> Amount | None:
        """ "one in five", "nine out of ten", "1 in every 20", both numbers bare."""
        if (
            first is None
            or line.word(place - 1) in CURRENCIES
            or (line.joined(place) and line.word(place - 1) in (".", ":", "/"))
        ):
            return None
        part, at = first
        if line.word(at) == ":" and part == 1 and line.joined(at):
            return self._odds(line, place, at + 1)
        named = self._named_words(line, part, at)
        at += named
        if line.word(at) == "in":
            at += 2 if line.word(at + 1) == "every" else 1
        elif line.words[at : at + 2] == ["out", "of"]:
            at += 2
        else:
            return None
        whole = number_at(line, at)
        if (
            whole is None
            or not 0 < part <= whole[0]
            or (part == whole[0] and line.word(at - 1) != "of")
            or is_year(line, at)
        ):
            return None
        if line.word(whole[1]) in ("%", "per", "percent", *HYPHENS):
            return None
        if named and getattr(self._quantities.read(line, at), "unit", None) is not None:
            return None
        return self._made(line, _share(part / whole[0]), "ratio", place, whole[1])

    def _odds(self, line: Line, place: int, at: int) -> Amount | None:
        """ "1:250"; "1:1" and times of day are none."""
        whole = number_at(line, at)
        if whole is None or whole[0] < LEAST_ODDS or not line.joined(at):
            return None
        return self._made(line, _share(1 / whole[0]), "ratio", place, whole[1])

    def _named_words(self, line: Line, part: Value, at: int) -> int:
        """How many words name what is counted: "one person in 50", "one GP appointment in four"."""
        if part > LAST_SMALL_WORD or line.word(at) in STOPS or not line.word(at)[:1].isalpha():
            return 0
        if line.word(at + 1) == "in":
            known = self._lexicon.plural.get(line.word(at))
            return 1 if part == 1 or known in ("people", "patients") else 0
        return 2 if part == 1 and line.word(at + 2) == "in" and line.word(at + 1).isalpha() else 0

    def _part(self, line: Line, place: int, number: Number | None) -> Amount | None:
        """ "half of", "a third", "two-thirds", "three quarters"; "half an hour" and "a decade" are times."""
        word, following = line.words[place], line.word(place + 1)
        if word == "decade":
            return self._decade(line, place)
        if word == "half" and following in ("an", "a"):
            unit = self._lexicon.singular.get(line.word(place + 2))
            if unit in ("hours", "minutes", "days"):
                return self._made(line, 0.5, unit, place, place + 3)
            return None
        if word == "half":
            accepted = line.word(place - 1) in _SHARE_LEADS or following in _SHARE_FOLLOWS
            barred = line.joined(place) or line.word(place - 1) == "a" or following in HYPHENS
            return self._made(line, 0.5, "ratio", place, place + 1) if accepted and not barred else None
        return self._fraction(line, place, number)

    def _decade(self, line: Line, place: int) -> Amount | None:
        within = line.word(place - 1) == "a" and line.word(place - 2) in ("within", "over", "than", "for")
        return self._made(line, 10, "years", place, place + 1) if within else None

    def _fraction(self, line: Line, place: int, number: Number | None) -> Amount | None:
        number = (1, place + 1) if line.words[place] == "a" else number
        if number is None or number[0] > LAST_SMALL_WORD:
            return None
        at = number[1] + 1 if line.word(number[1]) in HYPHENS else number[1]
        word = line.word(at)
        if word not in PARTS or word == "half" or (word.endswith("s") != (number[0] > 1)):
            return None
        if number[0] == 1 and not self._may_follow(line.word(at + 1)):
            return None
        return self._made(line, _share(number[0] / PARTS[word]), "ratio", place, at + 1)

    def _may_follow(self, word: str) -> bool:
        """Whether a word leaves "a third" a share; before a noun it is an ordinal."""
        if not word[:1].isalpha() or word in _SHARE_FOLLOWS:
            return True
        return word in self._lexicon.nouns or word in self._lexicon.compare or word in ("to", "and", "on", "from")


def _share(value: float) -> Value:
    return round(value, VALUE_DIGITS)
