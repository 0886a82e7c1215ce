"""One number with its unit or counted noun, read from a sentence's tokens."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nlp.quantities.numbers import SCALES, SHORT_SCALES, UNITS, Line, Value, exact, number_at
from nlp.quantities.terms import COUNT, Lexicon

CURRENCIES = {"£": "GBP", "$": "USD", "€": "EUR"}
MAX_NOUN_TOKENS = 9  # from a number to the end of its noun phrase
LAST_SMALL_WORD = 10  # words up to ten count only nouns that have a unit of their own
CARBON_REACH = 12  # tokens back to "carbon" or "CO2" that make tonnes those of greenhouse gas
_GASES = ("co2", "co₂", "carbon", "greenhouse", "ghg")
HYPHENS = ("-", "–", "‑")

# Words that no noun phrase runs across.
STOPS = frozenset(
    (  # noqa: SIM905 - words read better than a list of strings
        "a about above across after against all along also although among and any are around as at be because been "
        "before being below between both but by can could did do does during each every for from had has have he her "
        "here his how i if in into is it its just may might must nor not now of off on once onto or our out over per "
        "she should since so than that the their them then there these they this those through throughout to too "
        "under until up upon was we were what when where whether which while who whom whose why will with within "
        "without would yet you your via including said says"
    ).split()
)
_JOINERS = frozenset(("and", "or", ",", "&", "/", "(", ")"))
_APOSTROPHES = ("'", "’")
_GLUE = frozenset((*HYPHENS, "’", "'", "‘", '"', "“", "”"))
# Ends of words that look plural and are not.
_SINGULAR_ENDS = ("ss", "us", "is", "'s", "’s", "ous", "ways")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number from token `first`; `end` is the token after number and sign, `tail` after its unit or noun.

    noun is the place of the unit's or counted noun's first token; unit is None for a bare number.
    """

    value: Value
    scale: int
    unit: str | None
    first: int
    end: int
    tail: int
    in_digits: bool
    is_singular: bool = False


class QuantityReader:
    """Reads quantities with a vocabulary of units."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def read(self, line: Line, place: int, number: tuple[Value, int] | None = None) -> Quantity | None:
        """The quantity that starts at token `place`: "£1.4 billion", "12-week", "252 GP practices", a bare "3".

        `number`: the number there when it was read before, as `number_at` gives it.
        """
        currency = CURRENCIES.get(line.word(place))
        found = number_at(line, place + 1) if currency else number or number_at(line, place)
        if found is None:
            return None
        value, end = found
        scale = _scale(line.word(end - 1))
        if currency:
            return self._money(line, place, value, scale, end, currency)
        digits = line.is_digits(place)
        for reader in (self._share, self._suffix, self._noun):
            found_unit = reader(line, end, value, digits)
            if found_unit is not None:
                factor, unit, after, singular = found_unit
                code, after = _carbon(line, unit, after)
                end = end if reader == self._noun else after
                return Quantity(exact(value * factor), scale * factor, code, place, end, after, digits, singular)
        return Quantity(value, scale, None, place, end, end, digits)

    def noun_unit(self, line: Line, place: int) -> str | None:
        """The unit of the noun phrase from token `place` ("the slots"); None when there is no plural."""
        at = place + 1 if line.word(place) in ("the", "its", "their", "our", "all", "these", "those") else place
        found = self._walk(line, at, True)
        return None if found is None else found[0]

    def million_of(self, line: Line, money: Quantity, other: Quantity) -> Quantity:
        """The other end of "£15-20m", whose m is a million and no metre."""
        if self._lexicon.kinds.get(money.unit or "") != "money":
            return other
        if other.unit == "m":
            return replace(other, value=other.value * 10**6, scale=10**6, unit=money.unit)
        if other.unit is None and line.word(other.end) == "m":
            end = other.end + 1
            return replace(other, value=other.value * 10**6, scale=10**6, unit=money.unit, end=end, tail=end)
        return other

    def _money(self, line: Line, place: int, value: Value, scale: int, end: int, currency: str) -> Quantity:
        """£13m: an m right after an amount of money is a million."""
        if line.word(end) == "m":
            value, scale, end = exact(value * 10**6), 10**6, end + 1
        return Quantity(value, scale, currency, place, end, end, True)

    def _share(self, line: Line, end: int, value: Value, digits: bool) -> tuple[int, str, int, bool] | None:
        word, following = line.word(end), line.word(end + 1)
        if word == "percentage" and following in ("points", "point"):
            return 1, "points", end + 2, False
        if word in ("%", "percent") or (word == "per" and following == "cent"):
            after = end + 1 + (word == "per")
            points = line.word(after) in ("points", "point")
            return (1, "points", after + 1, False) if points else (1, "%", after, False)
        return None

    def _suffix(self, line: Line, end: int, value: Value, digits: bool) -> tuple[int, str, int, bool] | None:
        """Letters written on the digits, case as given; a lone m before a counted noun is a million."""
        code = self._lexicon.terms.suffixes.get(line.raw[end]) if end < line.size and digits else None
        if code is None or not line.joined(end):
            return None
        if code == "m":
            noun = self._noun(line, end + 1, value, digits)
            if noun is not None and self._lexicon.kinds[noun[1]] == "counted":
                return 10**6, noun[1], noun[2], False
        return 1, code, end + 1, False

    def _noun(self, line: Line, end: int, value: Value, digits: bool) -> tuple[int, str, int, bool] | None:
        """The unit or counted noun after a number: a measure right on it ("12-week"), or the first known plural."""
        hyphen = line.word(end) in HYPHENS and line.joined(end) and line.joined(end + 1)
        at = end + 1 if hyphen else end
        direct = self._direct(line, at, value, digits, hyphen)
        if direct is not None or hyphen:
            return direct
        may_count = digits or value > LAST_SMALL_WORD
        found = self._walk(line, at, may_count)
        return None if found is None or (found[0] == COUNT and not may_count) else (1, *found, False)

    def _direct(
        self, line: Line, at: int, value: Value, digits: bool, hyphen: bool
    ) -> tuple[int, str, int, bool] | None:
        """A singular form right after the number: hyphened, after one, or a measure after digits ("120 bed home")."""
        code = self._lexicon.singular.get(line.word(at))
        if code is None or (line.word(at) == "bedded" and not hyphen):
            return None
        kind = self._lexicon.kinds[code]
        counted = kind == "counted"
        if line.word(at + 1) in ("days", "nights", "day") and code == "beds":
            return 1, "bed days", at + 2, False
        if (hyphen and not counted) or (value == 1 and (kind == "time" or (digits and counted))):
            return 1, code, at + 1, True
        return (1, code, at + 1, True) if digits and not counted else None

    def _walk(self, line: Line, at: int, may_count: bool) -> tuple[str, int] | None:
        """Unit and end of the noun phrase from token `at`: its first known plural, else any plural that counts."""
        plain: int | None = None
        broken = False
        for place in range(at, min(at + MAX_NOUN_TOKENS, line.size)):
            known = self._known(line, place)
            if known is not None:
                return self._last_of_compound(line, *known)
            if plain is not None or not self._goes_on(line, at, place):
                break
            word = line.words[place]
            broken = broken or (word in _JOINERS and word != ",")
            if not broken and looks_plural(word) and word not in self._lexicon.change and not _owns(line, place):
                plain = place + 1
        return (COUNT, plain) if plain is not None and may_count else None

    @staticmethod
    def _goes_on(line: Line, at: int, place: int) -> bool:
        """Whether a phrase without its noun yet runs on across this token: a word of its own, a comma, "and"."""
        word = line.words[place]
        if word in (",", ")"):
            return place > at and line.word(place + 1) not in (*STOPS, *_JOINERS)
        if word in _JOINERS or word in _GLUE:
            return True
        return word not in STOPS and word[0].isalpha() and word not in UNITS

    def _known(self, line: Line, place: int) -> tuple[str, int] | None:
        """Unit and end of the known plural or phrase at token `place`."""
        for words, code in self._lexicon.phrases.get(line.words[place], ()):
            if tuple(line.words[place : place + len(words)]) == words:
                return code, place + len(words)
        known = self._lexicon.plural.get(line.words[place])
        if known is None or _owns(line, place):
            return None  # "citizens' juries"
        return known, place + 1

    def _last_of_compound(self, line: Line, code: str, end: int) -> tuple[str, int]:
        """ "100 staff hours": the last known plural of those that follow each other."""
        counted = self._lexicon.kinds[code] == "counted"
        following = self._known(line, end) if counted and end < line.size else None
        return (code, end) if following is None else following


def _owns(line: Line, place: int) -> bool:
    """Whether an apostrophe is written on the token's end."""
    return line.word(place + 1) in _APOSTROPHES and line.joined(place + 1)


def _carbon(line: Line, code: str, after: int) -> tuple[str, int]:
    """Tonnes and kilograms of greenhouse gas: "10 tonnes of CO2e", "a carbon saving of 3 tonnes"."""
    if code not in ("tonnes", "kg"):
        return code, after
    at = after + 1 if line.word(after) == "of" else after
    if line.word(at).startswith(_GASES):
        return f"{code} CO2e", at + 1
    before = line.words[max(0, after - CARBON_REACH) : after]
    return (f"{code} CO2e", after) if any(word.startswith(_GASES) for word in before) else (code, after)


def looks_plural(word: str) -> bool:
    """Whether a lower-case word ends as plurals do."""
    return len(word) > 3 and word.endswith("s") and not word.endswith(_SINGULAR_ENDS)


def _scale(word: str) -> int:
    return SCALES.get(word) or SHORT_SCALES.get(word) or 1
