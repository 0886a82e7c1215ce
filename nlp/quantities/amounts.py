"""Amounts in a sentence: quantities alone or joined to ranges and changes, bare numbers given their unit, shares."""

from __future__ import annotations

from dataclasses import replace

from nlp.quantities.bounds import Amount, Bounds
from nlp.quantities.exclusions import Exclusions
from nlp.quantities.numbers import WORDS, Line, exact, number_at
from nlp.quantities.quantity import HYPHENS, LAST_SMALL_WORD, Quantity, QuantityReader
from nlp.quantities.shares import ShareReader, starts
from nlp.quantities.terms import COUNT, Direction, Lexicon

CHANGE_REACH = 6  # tokens between the old state and "to" ("from 59% at baseline to 12%")
OF_REACH = 6  # tokens between a count and the total that names what is counted ("29 of the city's 35 practices")
ELLIPSIS_REACH = 12  # tokens back to the amount whose unit a bare number shares
WHOLE_PERCENT = 100
AMOUNTS_REACH = 4  # amounts back to the one that an old state ("up from 50") or a bare number belongs to
_ELLIPSIS_LEADS = frozenset("and versus vs than against with but , from of have has had".split())  # noqa: SIM905
_AGE_BOUNDS = frozenset(("over", "under", "above", "below"))
_DAY_LEADS = frozenset("in within for over of than to by from takes took lasts".split())  # noqa: SIM905
_AUXILIARIES = frozenset("had have were was are did has will".split())  # noqa: SIM905


class AmountReader:
    """Reads the amounts of a sentence in order."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._quantities, self._exclusions, self._bounds = QuantityReader(lexicon), Exclusions(lexicon), Bounds(lexicon)
        self._shares = ShareReader(lexicon, self._quantities, self._bounds)

    def amounts(self, line: Line) -> list[Amount]:
        """Every amount that is a figure, in the order of place; time grows with the sentence's length."""
        found: list[Amount] = []
        after = 0
        for place in starts(line):
            if place < after:
                continue
            amount, after = self._amount(line, place, found)
            if amount is not None and not self._is_old_state(line, amount, found):
                found.append(amount)
        return found

    def _amount(self, line: Line, place: int, found: list[Amount]) -> tuple[Amount | None, int]:
        """The amount at a token, or None, and the token to go on from."""
        number = number_at(line, place)
        amount = self._shares.read(line, place, number)
        if amount is not None:
            return amount, amount.end
        quantity = self._quantities.read(line, place, number)
        if quantity is None:
            return None, place + 1
        amount, after = self._joined(line, quantity, found)
        return amount, max(after, place + 1)

    def _joined(self, line: Line, quantity: Quantity, found: list[Amount]) -> tuple[Amount | None, int]:
        """A quantity alone, as a range, or as a change from one state to another."""
        lead, bound = self._bounds.lead(line, quantity.first)
        changed = line.word(lead - 1) == "from"
        other = self._second(line, quantity, changed)
        if other is None:
            unit = self._unit(line, quantity, found, lead, bound)
            if unit is None or self._exclusions.barred(line, quantity, lead):
                return None, quantity.end
            if bound == "at least" and self._is_time(unit) and line.word(quantity.first - 1) == "over":
                bound = None  # "over three years" is a length of time
            return self._alone(quantity, unit, lead, bound), quantity.end
        return self._pair(line, quantity, other, lead, bound)

    @staticmethod
    def _alone(quantity: Quantity, unit: str, lead: int, bound: str | None) -> Amount:
        return Amount(quantity.value, unit, lead, quantity.first, quantity.end, quantity.tail, bound)

    def _pair(
        self, line: Line, one: Quantity, two: Quantity, lead: int, bound: str | None
    ) -> tuple[Amount | None, int]:
        """Two quantities as one amount; barred as a whole when either is."""
        unit = two.unit or one.unit or (COUNT if line.word(lead - 1) == "from" and one.in_digits else None)
        shared = one if one.unit else replace(one, unit=two.unit)
        barred = self._exclusions.barred(line, shared, lead) or self._exclusions.barred(line, two, lead)
        if unit is None or barred:
            return None, two.end
        low = one.value
        if one.scale == 1 and two.scale > 1 and exact(low * two.scale) <= two.value:
            low = exact(low * two.scale)
        tail = max(two.tail, two.end)
        if line.word(lead - 1) == "from" and not self._ranges(line, lead):
            return Amount(two.value, unit, lead - 1, one.first, two.end, tail, bound, origin=low), two.end
        lead = lead - 1 if line.word(lead - 1) == "between" else lead
        if two.value <= low:
            return None, one.end
        return Amount(low, unit, lead, one.first, two.end, tail, bound, high=two.value), two.end

    @staticmethod
    def _ranges(line: Line, lead: int) -> bool:
        return line.word(lead - 2) in ("range", "ranges", "ranged", "ranging", "varied", "varies", "varying")

    def _second(self, line: Line, one: Quantity, changed: bool) -> Quantity | None:
        """The other end of a range or change; units must agree where both have one."""
        at = self._separator(line, one, changed)
        if at is None:
            return None
        other = self._quantities.read(line, self._after_bound(line, at))
        if other is None:
            return None
        other = self._quantities.million_of(line, one, other)
        agree = one.unit is None or other.unit is None or one.unit == other.unit
        return other if agree else None

    def _after_bound(self, line: Line, at: int) -> int:
        """Past the words between "to" and its number ("to just", "to about")."""
        while line.word(at) in ("just", "about", "around", "only", "nearly", "almost", "over", "under"):
            at += 1
        return at

    def _separator(self, line: Line, one: Quantity, changed: bool) -> int | None:
        """Where the second number starts, or None: after "-", "to", "or", "and" (between), or further on (from)."""
        for at in (one.end, one.tail):
            if self._parts_range(line, one, at):
                return at + 1
        if not changed:
            return None
        for at in range(one.end, min(one.end + CHANGE_REACH, line.size)):
            if line.words[at] == "to":
                return at + 1
            if line.words[at] in (",", ";", "(", "."):
                break
        return None

    @staticmethod
    def _parts_range(line: Line, one: Quantity, at: int) -> bool:
        """Whether the token parts the ends of a range whose first end is `one`."""
        word = line.word(at)
        if word in HYPHENS:
            return line.joined(at) == line.joined(at + 1)
        if word == "or":
            return one.unit is None and one.value <= LAST_SMALL_WORD
        return word == "to" or (word == "and" and line.word(one.first - 1) == "between")

    def _unit(self, line: Line, quantity: Quantity, found: list[Amount], lead: int, bound: str | None) -> str | None:
        """The quantity's own unit, or for a bare number the unit that the sentence gives it elsewhere."""
        if quantity.value == 1 and not quantity.in_digits and not self._is_length(line, quantity, lead):
            return None
        if quantity.unit is not None:
            return quantity.unit
        if quantity.in_digits and line.word(quantity.first - 1) in ("=", ":") and line.word(quantity.first - 2) == "n":
            return self._near_people(found)
        following = line.word(quantity.end)
        if following == "who":
            return None if line.word(quantity.first - 1) in ("over", "under", "above", "below") else "people"
        if following == "per" and line.is_digits(quantity.end + 1):
            return COUNT
        if following == "of":
            return self._total(line, quantity)
        before = line.word(lead - 1)
        if "population" in (before, line.word(lead - 2) if before == "of" else ""):
            return "people"
        return self._elliptical(line, quantity, found, before, bound)

    def _elliptical(
        self, line: Line, quantity: Quantity, found: list[Amount], before: str, bound: str | None
    ) -> str | None:
        """A bare number's unit from the amounts before it; what counts something unnamed is a count."""
        following = line.word(quantity.end)
        if before == "within":
            found = [one for one in found[-AMOUNTS_REACH:] if self._is_time(one.unit)]
        if found and following not in HYPHENS and self._inherits(line, quantity, found, before, bound):
            return self._shared(quantity, found)
        large = quantity.scale > 1 and bound is not None  # "more than a million a year"
        counts = (quantity.in_digits or quantity.value > LAST_SMALL_WORD) and (
            following in _AUXILIARIES or following.endswith("ed") or self._is_bracketed(line, quantity, found)
        )
        return COUNT if counts or large else None

    @staticmethod
    def _inherits(line: Line, quantity: Quantity, found: list[Amount], before: str, bound: str | None) -> bool:
        """Whether a bare number stands where the noun of an earlier amount is left out."""
        following = line.word(quantity.end)
        near = quantity.first - found[-1].tail <= ELLIPSIS_REACH
        if before in ("by", "to", "within") or (before == "from" and line.word(quantity.first - 2) in ("up", "down")):
            return True
        if not quantity.in_digits:  # "eight took part and five finished"
            large = quantity.scale > 1 and bound is not None
            finished = before in ("and", ",") and following.endswith("ed")
            return large or (near and (finished or before == "than"))
        if following in ("more", "fewer"):
            return True
        # "people over 65, and half of those over 80" are ages
        bounded = bound is not None or before in _ELLIPSIS_LEADS
        return near and bounded and line.word(quantity.first - 1) not in _AGE_BOUNDS

    def _shared(self, quantity: Quantity, found: list[Amount]) -> str:
        """The last amount's unit; a number too large for a share has that of the last count."""
        most = {"%": WHOLE_PERCENT, "ratio": 1}.get(found[-1].unit)
        if most is None or quantity.value <= most:
            return found[-1].unit
        counted = [one.unit for one in found[-AMOUNTS_REACH:] if self._lexicon.kinds[one.unit] == "counted"]
        return counted[-1] if counted else COUNT

    def _is_length(self, line: Line, quantity: Quantity, lead: int) -> bool:
        """Whether "one" opens a length of time; "might one day" does not."""
        some_day = quantity.unit == "days" and not line.joined(quantity.end)
        return self._is_time(quantity.unit) and (
            not some_day or lead < quantity.first or line.word(lead - 1) in _DAY_LEADS
        )

    def _is_time(self, unit: str | None) -> bool:
        return unit is not None and self._lexicon.kinds[unit] == "time"

    @staticmethod
    def _near_people(found: list[Amount]) -> str:
        return found[-1].unit if found and found[-1].unit in ("patients", "staff") else "people"

    @staticmethod
    def _is_bracketed(line: Line, quantity: Quantity, found: list[Amount]) -> bool:
        """ "47% of hips (22)", "163 (80.3%)": the amount of a share."""
        end = quantity.end
        if line.word(end) == "(" and line.is_digits(end + 1) and line.word(end + 2) == "%":
            return True
        held = line.word(quantity.first - 1) == "(" and line.word(quantity.end) == ")"
        return held and bool(found) and found[-1].unit == "%"

    def _total(self, line: Line, quantity: Quantity) -> str | None:
        """ "29 of the city's 35 practices": the unit of the total."""
        for at in range(quantity.end + 1, min(quantity.end + OF_REACH, line.size)):
            if line.is_digits(at) or line.words[at] in WORDS:
                total = self._quantities.read(line, at)
                return None if total is None else total.unit or (COUNT if quantity.in_digits else None)
        known = self._quantities.noun_unit(line, quantity.end + 1)
        return known if quantity.in_digits or quantity.scale > 1 else None

    def _is_old_state(self, line: Line, amount: Amount, found: list[Amount]) -> bool:
        """ "Nine in ten, up from one in five": joins an old state to the last amount of its unit."""
        before = line.words[max(0, amount.lead - 2) : amount.lead]
        if len(before) < 2 or before[1] != "from" or before[0] not in ("up", "down") or amount.origin is not None:
            return False
        for place in reversed(range(max(0, len(found) - AMOUNTS_REACH), len(found))):
            if found[place].unit == amount.unit and found[place].origin is None:
                way: Direction = "up" if before[0] == "up" else "down"
                found[place] = replace(found[place], origin=amount.value, direction=way)
                return True
        return False
