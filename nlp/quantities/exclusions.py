"""Numbers that are no figures: dates, times of day, ages, places in time, names, ranks, statistics, frequencies."""

from __future__ import annotations

import re

from nlp.quantities.numbers import SHORT_SCALES, WORDS, Line
from nlp.quantities.quantity import CURRENCIES, HYPHENS, Quantity
from nlp.quantities.terms import COUNT, Lexicon

# Four digits in this span without a comma are read as a year.
FIRST_YEAR, LAST_YEAR = 1900, 2099
EMERGENCY_NUMBERS = frozenset((101, 111, 112, 119, 999))
CI_REACH = 4  # tokens between "CI" or "SD" and the last number that belongs to it
GESTATION_REACH = 4

MONTHS = frozenset(
    (  # noqa: SIM905 - words read better than a list of strings
        "january february march april may june july august september october november december "
        "jan feb mar apr jun jul aug sep sept oct nov dec"
    ).split()
)
_YEAR_LEADS = frozenset("in since by until from during before after of early late mid to and between".split())  # noqa: SIM905
_STATISTICS = frozenset(("ci", "cis", "interval", "intervals", "iqr", "sd", "±", "se"))
_AGE_LEADS = frozenset(("aged", "age", "ages"))
_AGE_ENDS = frozenset(("over", "above", "older", "under", "younger", "below"))
_PEOPLE = frozenset("people adults women men children girls boys patients those babies infants anyone".split())  # noqa: SIM905
_GESTATION = frozenset(("gestation", "gestational", "pregnant", "pregnancy"))
_GESTATION_LEADS = frozenset("before at after under than between by until from to beyond".split())  # noqa: SIM905
_BIRTH = frozenset(("born", "birth", "births", "preterm", "prematurely", "delivery"))
_EMERGENCY_LEADS = frozenset("nhs call calls calling dial the via to through ring and or".split())  # noqa: SIM905
_EMERGENCY_NOUNS = frozenset(("call", "calls", "service", "services", "online", "provider", "providers"))
_CLOCK = re.compile(r"[0-2]?\d\.[0-5]\d")
_CLOCK_LEADS = frozenset(("from", "at", "to", "until", "till", "and", "between"))
_OPENING = frozenset("a per each every".split())  # noqa: SIM905
_OPEN = frozenset(("open", "opens", "opened", "closes"))
HOURS_OF_DAY = 24
_SCALE_LETTERS = frozenset(("m", *SHORT_SCALES))
_OPEN_LEFT = frozenset("([{\"'“‘~><≥≤+=≈—…")


class Exclusions:
    """Decides which quantities are no figures; `lead` is the first token of what is said before the number."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._terms, self._kinds = lexicon.terms, lexicon.kinds

    def barred(self, line: Line, quantity: Quantity, lead: int) -> bool:
        """Whether a quantity, read with its neighbours, is no figure."""
        if line.joined(quantity.tail) and line.word(quantity.tail) == "/":  # 27 kg/m²
            return True
        if _in_name(line, quantity) or _in_statistics(line, quantity, lead):
            return True
        share = quantity.unit is not None and self._kinds[quantity.unit] in ("share", "money")
        if share:
            return False
        if line.word(quantity.first - 1) == "per":  # 4.2 per 1,000 births
            return True
        return (
            _in_date(line, quantity, lead)
            or _at_time(line, quantity, lead)
            or _is_emergency_number(line, quantity, lead)
            or _by_digits(line, quantity, lead)
            or self._named(line, quantity, lead)
            or self._aged(line, quantity, lead)
            or self._timed(line, quantity, lead)
        )

    def _named(self, line: Line, quantity: Quantity, lead: int) -> bool:
        """Band 7, type 2, Phase 3: the word before makes it a name, unless the number opens its own phrase."""
        before = line.word(quantity.first - 1)
        if before == "." and line.word(quantity.first - 2) in ("no", "fig", "vol", "p", "tel"):
            return True
        if before in ("and", "or", ",", *HYPHENS) and line.is_digits(quantity.first - 2):
            before = line.word(quantity.first - 3)  # Phase 3 and 4
        return before in self._terms.names and (quantity.in_digits or before not in ("year", "no", "top"))

    def _aged(self, line: Line, quantity: Quantity, lead: int) -> bool:
        start = lead - 1 if line.word(lead - 1) in ("between", "from", "of", "was", "is") else lead
        before, after = line.word(start - 1), quantity.tail
        if before in _AGE_LEADS or line.word(lead - 1) in _AGE_LEADS:
            return True
        if line.words[after : after + 2] == ["of", "age"] or line.word(after) in ("old", "olds"):
            return True
        if line.word(after) in HYPHENS and line.word(after + 1) in ("old", "olds"):
            return True
        if line.word(after) in ("and", "or") and line.word(after + 1) in _AGE_ENDS:
            return quantity.unit in (None, "years", "months")
        return (
            quantity.unit in (None, "years")
            and line.word(lead - 1) in ("of", "from")
            and line.word(lead - 2) in _PEOPLE
        )

    def _timed(self, line: Line, quantity: Quantity, lead: int) -> bool:
        """A place in time, opening hours, a frequency, a gestation, or the name of a standard or plan."""
        unit, after = quantity.unit, quantity.tail
        if line.word(quantity.end) in ("times", "nights", "time") and line.word(quantity.end + 1) in _OPENING:
            return True
        if _opening_hours(line, quantity):
            return True
        if unit is None or self._kinds[unit] != "time":
            return False
        before = line.word(_before_pair(line, lead))
        if before in self._terms.before_place:
            return True
        if line.word(after) in self._terms.after_place and before != "for":
            return True
        if line.word(after) == "in" and line.word(after + 1) == ",":
            return True
        return _gestation(line, quantity, lead) or self._standard(line, quantity)

    def _standard(self, line: Line, quantity: Quantity) -> bool:
        """ "30-day mortality", "four-hour target", "10-Year Plan"."""
        singular = quantity.is_singular and quantity.value != 1
        named = singular and line.raw[quantity.tail - 1][:1].isupper()
        return named or (quantity.is_singular and line.word(quantity.tail) in self._terms.endpoints)


def _before_pair(line: Line, lead: int) -> int:
    """The place before a number or before the "8 and" that it is joined to."""
    return lead - 3 if line.word(lead - 1) in ("and", "or") and line.is_digits(lead - 2) else lead - 1


def _in_name(line: Line, quantity: Quantity) -> bool:
    """Letters, slashes or colons written on the number: COVID-19, 24/7, 3D, 5:00, SW1A 1AA."""
    first, end = quantity.first, quantity.end
    if line.joined(first) and not _opens(line, first):
        return True
    if not line.joined(end) or line.word(end - 1) in ("%", "percent"):
        return False
    word = line.word(end)
    if word in ("/", ":", ".", "+") and line.is_digits(end + 1) and line.joined(end + 1):
        return True
    return (word[:1].isalpha() and line.is_digits(end - 1)) or (word in HYPHENS and line.word(end + 1) in ("7", "7s"))


def _opens(line: Line, first: int) -> bool:
    """Whether what is written right before the number may stand before a number of its own."""
    before = line.word(first - 1)
    if before == "+" and line.is_digits(first - 2) and line.joined(first - 1):
        return False  # 36+6 weeks
    if before in CURRENCIES or before in _OPEN_LEFT:
        return True
    if before not in HYPHENS:
        return False
    if not line.joined(first - 1):
        return True
    earlier = line.word(first - 2)
    if earlier in _SCALE_LETTERS and line.is_digits(first - 3):  # £3m-£5m
        return True
    return line.is_digits(first - 2) or earlier in WORDS or earlier in CURRENCIES or not earlier[:1].isalpha()


def _in_statistics(line: Line, quantity: Quantity, lead: int) -> bool:
    """Confidence intervals and their levels, p values, standard deviations."""
    end = quantity.end
    if line.word(end) in ("ci", "confidence", "credible", "cis", "prediction"):
        return True
    if line.word(lead - 1) in ("p", "=") and line.word(quantity.first - 1) in ("<", "=", ">", "≤"):
        return "p" in (line.word(lead - 1), line.word(lead - 2))
    before = line.words[max(0, quantity.first - CI_REACH) : quantity.first]
    return not _STATISTICS.isdisjoint(before) and "," not in before[-1:]


def _in_date(line: Line, quantity: Quantity, lead: int) -> bool:
    """A year, or a day next to a month's name."""
    first, end = quantity.first, quantity.end
    if not quantity.in_digits:
        return False
    if any(line.raw[at][:1].isupper() and line.words[at] in MONTHS for at in (first - 1, end) if 0 <= at < line.size):
        return True
    if line.word(end) == "of" and line.word(end + 1) in MONTHS:
        return True
    adjacent = quantity.tail == end + 1 and quantity.unit not in (None, COUNT)
    return is_year(line, first) and (not adjacent or line.word(first - 1) in _YEAR_LEADS)


def is_year(line: Line, place: int) -> bool:
    """Whether the token is four digits between the first and the last year."""
    word = line.word(place)
    return len(word) == 4 and word.isdecimal() and FIRST_YEAR <= int(word) <= LAST_YEAR


def _at_time(line: Line, quantity: Quantity, lead: int) -> bool:
    end = quantity.end
    if quantity.unit is None and _CLOCK.fullmatch(line.word(quantity.first)) and line.word(lead - 1) in _CLOCK_LEADS:
        return True
    return line.word(end) in ("am", "pm", "o'clock", "noon") or line.words[end : end + 3] in (
        ["p", ".", "m"],
        ["a", ".", "m"],
    )


def _is_emergency_number(line: Line, quantity: Quantity, lead: int) -> bool:
    if quantity.value not in EMERGENCY_NUMBERS or not quantity.in_digits:
        return False
    return line.word(quantity.first - 1) in _EMERGENCY_LEADS or line.word(quantity.end) in _EMERGENCY_NOUNS


def _by_digits(line: Line, quantity: Quantity, lead: int) -> bool:
    """Numbers side by side are telephone numbers, codes or tables; a year may stand next to one."""
    first, end = quantity.first, quantity.end
    follows = quantity.in_digits and line.is_digits(end) and not line.joined(end)
    return follows or (line.is_digits(first) and line.is_digits(first - 1) and not is_year(line, first - 1))


def _opening_hours(line: Line, quantity: Quantity) -> bool:
    """24-hour care, 24 hours a day, five days a week, a seven-day service."""
    value, unit, after = quantity.value, quantity.unit, quantity.tail
    if unit == "days" and line.word(after) in _OPENING and line.word(after + 1) in ("week", "month"):
        return True
    opens = not _OPEN.isdisjoint(line.words[max(0, quantity.first - 3) : quantity.first])
    if opens and unit in ("hours", None) and value <= HOURS_OF_DAY:
        return True
    if value == HOURS_OF_DAY and unit == "hours":
        return quantity.is_singular or line.word(after) in _OPENING
    return value == 7 and unit == "days" and line.word(after) in ("service", "services", "working")


def _gestation(line: Line, quantity: Quantity, lead: int) -> bool:
    after = line.words[quantity.tail : quantity.tail + GESTATION_REACH]
    if not _GESTATION.isdisjoint(after):
        return True
    before = line.words[max(0, lead - GESTATION_REACH) : lead]
    near = not _BIRTH.isdisjoint((*before, *after[:2]))
    return near and quantity.unit in ("weeks", "days") and line.word(lead - 1) in _GESTATION_LEADS | _BIRTH
