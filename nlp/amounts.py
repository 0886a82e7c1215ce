"""Amounts in a sentence: quantities joined to ranges and changes, shares and multiples in words, bounds before them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nlp.exclusions import Exclusions
from nlp.figure_terms import COUNT, Direction, Lexicon
from nlp.numbers import PARTS, SCALES, SIGNS, VALUE_DIGITS, WORDS, Line, Value, exact, number_at
from nlp.quantities import CURRENCIES, HYPHENS, LAST_SMALL_WORD, STOPS, Quantity, QuantityReader

MAX_BOUNDS = 3  # "an average of just over"
CHANGE_REACH = 6  # tokens between the old state and "to" ("from 59% at baseline to 12%")
OF_REACH = 6  # tokens between a count and the total that names what is counted ("29 of the city's 35 practices")
ELLIPSIS_REACH = 12  # tokens back to the amount whose unit a bare number shares
WHOLE_PERCENT = 100
OLD_STATE_REACH = 4  # amounts back from "up from" to the one it belongs to
MULTIPLES: dict[str, tuple[float, str, Direction]] = {
    **dict.fromkeys(("doubled", "doubling", "doubles"), (2, "times", "up")),
    **dict.fromkeys(("tripled", "tripling", "trebled", "trebling"), (3, "times", "up")),
    **dict.fromkeys(("quadrupled", "quadrupling"), (4, "times", "up")),
    **dict.fromkeys(("halved", "halving", "halve", "halves"), (0.5, "ratio", "down")),
}
_FOLDS = {
    f"{word}fold": n for n, word in enumerate("two three four five six seven eight nine ten".split(), start=2)
}  # noqa: SIM905 - words read better than a list of strings
_SHARE_LEADS = frozenset("by in nearly over almost than about around roughly just only under and of".split())  # noqa: SIM905
_SHARE_FOLLOWS = frozenset(
    "of the their its all were are have had was is said had will would could fewer less more lower higher".split()  # noqa: SIM905
)
_DETERMINERS = frozenset("the their its that his her our your".split())  # noqa: SIM905
_ELLIPSIS_LEADS = frozenset("and versus vs than against with but ,".split())  # noqa: SIM905
_DAY_LEADS = frozenset("in within for over of than to by from takes took lasts".split())  # noqa: SIM905
_AUXILIARIES = frozenset("had have were was are did has will".split())  # noqa: SIM905
# Words with which an amount may begin, or that stand in one that begins with "a".
NUMBER_WORDS = frozenset((*WORDS, *MULTIPLES, *_FOLDS, *PARTS, "fold", "double", "twice", "decade"))
_STARTS = frozenset((*NUMBER_WORDS, *SIGNS, *CURRENCIES))
_AFTER_ARTICLE = frozenset((*SCALES, *PARTS, "hundred", "dozen"))


Number = tuple[Value, int]  # a value and the token after it


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount: tokens first to end state it, to tail with its noun; lead is where its bound begins.

    high is a range's upper end, origin the state before a change; direction is set when the words themselves have one.
    """

    value: Value
    unit: str
    lead: int
    first: int
    end: int
    tail: int
    bound: str | None = None
    high: Value | None = None
    origin: Value | None = None
    direction: Direction | None = None


class AmountReader:
    """Reads the amounts of a sentence in order."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._quantities, self._exclusions = QuantityReader(lexicon), Exclusions(lexicon)

    def amounts(self, line: Line) -> list[Amount]:
        """Every amount that is a figure, in the order of place; time grows with the sentence's length."""
        found: list[Amount] = []
        after = 0
        for place in _starts(line):
            if place < after:
                continue
            amount, after = self._amount(line, place, found)
            if amount is not None and not self._is_old_state(line, amount, found):
                found.append(amount)
        return found

    def _amount(self, line: Line, place: int, found: list[Amount]) -> tuple[Amount | None, int]:
        """The amount at a token, or None, and the token to go on from."""
        number = number_at(line, place)
        amount = self._multiple(line, place, number) or self._ratio(line, place, number)
        if amount is None and not line.is_digits(place):
            amount = self._part(line, place, number)
        if amount is not None:
            return amount, amount.end
        quantity = self._quantities.read(line, place)
        if quantity is None:
            return None, place + 1
        amount, after = self._joined(line, quantity, found)
        return amount, max(after, place + 1)

    def lead(self, line: Line, first: int) -> tuple[int, str | None]:
        """Where the words that bound a number at `first` begin ("more than", "an average of about"), and the bound."""
        bound: str | None = None
        for _ in range(MAX_BOUNDS):
            length = self._bound_length(line, first)
            if not length:
                break
            said = self._lexicon.bounds[tuple(line.words[first - length : first])]
            bound = bound or said
            first -= length
        return first, None if bound == "none" else bound

    def _bound_length(self, line: Line, first: int) -> int:
        for length in range(min(self._lexicon.longest_bound, first), 0, -1):
            if tuple(line.words[first - length : first]) in self._lexicon.bounds:
                return length
        return 0

    # ---- multiples and shares in words

    def _made(self, line: Line, value: Value, unit: str, first: int, end: int, way: Direction | None = None) -> Amount:
        lead, bound = self.lead(line, first)
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
        compared = following in ("as", "the", "that", "those", "what") or (following.isalpha() and following not in STOPS)
        if compared or isinstance(value, float):
            return self._made(line, value, "times", place, end + 1, "up" if following == "as" else None)
        return None

    def _ratio(self, line: Line, place: int, first: Number | None) -> Amount | None:
        """ "one in five", "nine out of ten", "1 in every 20", both numbers bare."""
        if first is None or line.word(place - 1) in CURRENCIES or (
            line.joined(place) and line.word(place - 1) in (".", ":", "/")
        ):
            return None
        part, at = first
        named = self._named_words(line, part, at)
        at += named
        if line.word(at) == "in":
            at += 2 if line.word(at + 1) == "every" else 1
        elif line.words[at : at + 2] == ["out", "of"]:
            at += 2
        else:
            return None
        whole = number_at(line, at)
        if whole is None or not 0 < part < whole[0] or self._is_year(line, at, whole[0]):
            return None
        if line.word(whole[1]) in ("%", "per", "percent", *HYPHENS):
            return None
        if named and getattr(self._quantities.read(line, at), "unit", None) is not None:
            return None
        return self._made(line, _share(part / whole[0]), "ratio", place, whole[1])

    def _named_words(self, line: Line, part: Value, at: int) -> int:
        """How many words name what is counted: "one person in 50", "one GP appointment in four", "two patients in ten"."""
        if part > LAST_SMALL_WORD or line.word(at) in STOPS or not line.word(at)[:1].isalpha():
            return 0
        if line.word(at + 1) == "in":
            known = self._lexicon.plural.get(line.word(at))
            return 1 if part == 1 or known in ("people", "patients") else 0
        return 2 if part == 1 and line.word(at + 2) == "in" and line.word(at + 1).isalpha() else 0

    @staticmethod
    def _is_year(line: Line, place: int, value: Value) -> bool:
        return len(line.word(place)) == 4 and line.is_digits(place) and 1900 <= value <= 2099

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
        following = line.word(at + 1)
        if number[0] == 1 and following[:1].isalpha() and following not in _SHARE_FOLLOWS and not self._moves(following):
            return None
        return self._made(line, _share(number[0] / PARTS[word]), "ratio", place, at + 1)

    def _moves(self, word: str) -> bool:
        return word in self._lexicon.nouns or word in self._lexicon.compare or word in ("to", "and", "on", "from")

    # ---- quantities

    def _joined(self, line: Line, quantity: Quantity, found: list[Amount]) -> tuple[Amount | None, int]:
        """A quantity alone, as a range, or as a change from one state to another."""
        lead, bound = self.lead(line, quantity.first)
        changed = line.word(lead - 1) == "from"
        other = self._second(line, quantity, changed)
        if other is None:
            unit = self._unit(line, quantity, found, lead)
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
        unit = two.unit or one.unit or (COUNT if line.word(lead - 1) == "from" else None)
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
        agree = one.unit is None or other.unit is None or one.unit == other.unit
        return other if agree else None

    def _after_bound(self, line: Line, at: int) -> int:
        """Past the words between "to" and its number ("to just", "to about")."""
        while line.word(at) in ("just", "about", "around", "only", "nearly", "almost", "over", "under"):
            at += 1
        return at

    def _separator(self, line: Line, one: Quantity, changed: bool) -> int | None:
        """Where the second number starts, or None: after "-", "to", "or", "and" (between), or further on after "from"."""
        for at in (one.end, one.tail):
            word = line.word(at)
            if word in HYPHENS and line.joined(at) == line.joined(at + 1):
                return at + 1
            if word == "to" or (word == "or" and one.unit is None and one.value <= LAST_SMALL_WORD):
                return at + 1
            if word == "and" and line.word(one.first - 1) == "between":
                return at + 1
        if not changed:
            return None
        for at in range(one.end, min(one.end + CHANGE_REACH, line.size)):
            if line.words[at] == "to":
                return at + 1
            if line.words[at] in (",", ";", "(", "."):
                break
        return None

    def _unit(self, line: Line, quantity: Quantity, found: list[Amount], lead: int) -> str | None:
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
        if following == "of":
            return self._total(line, quantity)
        before = line.word(lead - 1)
        if "population" in (before, line.word(lead - 2) if before == "of" else ""):
            return "people"
        return self._elliptical(line, quantity, found, before)

    def _elliptical(self, line: Line, quantity: Quantity, found: list[Amount], before: str) -> str | None:
        """A bare number's unit from the amounts before it; plain digits that count something unnamed are a count."""
        following = line.word(quantity.end)
        if before == "within":
            found = [one for one in found if self._is_time(one.unit)]
        near = bool(found) and quantity.first - found[-1].tail <= ELLIPSIS_REACH
        old = before == "from" and line.word(quantity.first - 2) in ("up", "down")
        inherits = old or before in ("by", "to", "within") or (
            quantity.in_digits and (following in ("more", "fewer") or (near and before in _ELLIPSIS_LEADS))
        )
        if inherits and found and following not in HYPHENS:
            return self._shared(quantity, found)
        counts = quantity.in_digits and (following in _AUXILIARIES or following.endswith("ed") or self._is_bracketed(line, quantity, found))
        return COUNT if counts else None

    def _shared(self, quantity: Quantity, found: list[Amount]) -> str:
        """The last amount's unit; a number too large for a share has that of the last count."""
        if found[-1].unit not in ("%", "ratio") or quantity.value <= WHOLE_PERCENT:
            return found[-1].unit
        counted = [one.unit for one in found if self._lexicon.kinds[one.unit] == "counted"]
        return counted[-1] if counted else COUNT

    def _is_length(self, line: Line, quantity: Quantity, lead: int) -> bool:
        """Whether "one" opens a length of time; "might one day" does not."""
        some_day = quantity.unit == "days" and not line.joined(quantity.end)
        return self._is_time(quantity.unit) and (not some_day or lead < quantity.first or line.word(lead - 1) in _DAY_LEADS)

    def _is_time(self, unit: str | None) -> bool:
        return unit is not None and self._lexicon.kinds[unit] == "time"

    @staticmethod
    def _near_people(found: list[Amount]) -> str:
        return found[-1].unit if found and found[-1].unit in ("patients", "staff") else "people"

    @staticmethod
    def _is_bracketed(line: Line, quantity: Quantity, found: list[Amount]) -> bool:
        """ "47% of hips (22)": the amount of a share."""
        held = line.word(quantity.first - 1) == "(" and line.word(quantity.end) == ")"
        return held and bool(found) and found[-1].unit == "%"

    def _total(self, line: Line, quantity: Quantity) -> str | None:
        """ "29 of the city's 35 practices": the unit of the total."""
        for at in range(quantity.end + 1, min(quantity.end + OF_REACH, line.size)):
            if line.is_digits(at) or line.words[at] in WORDS:
                total = self._quantities.read(line, at)
                return None if total is None else total.unit
        return None

    def _is_old_state(self, line: Line, amount: Amount, found: list[Amount]) -> bool:
        """ "Nine in ten, up from one in five": joins an old state to the last amount of its unit."""
        before = line.words[max(0, amount.lead - 2) : amount.lead]
        if len(before) < 2 or before[1] != "from" or before[0] not in ("up", "down") or amount.origin is not None:
            return False
        for place in reversed(range(max(0, len(found) - OLD_STATE_REACH), len(found))):
            if found[place].unit == amount.unit and found[place].origin is None:
                way: Direction = "up" if before[0] == "up" else "down"
                found[place] = replace(found[place], origin=amount.value, direction=way)
                return True
        return False


def _starts(line: Line) -> list[int]:
    """The tokens at which an amount may begin."""
    words = line.words
    return [
        place
        for place, word in enumerate(words)
        if "0" <= word[0] <= "9" or word in _STARTS or (word == "a" and line.word(place + 1) in _AFTER_ARTICLE)
    ]


def _share(value: float) -> Value:
    return round(value, VALUE_DIGITS)
