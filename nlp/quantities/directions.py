"""Which way a sentence says that an amount moved, and the word that says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nlp.quantities.bounds import Amount
from nlp.quantities.numbers import Line
from nlp.quantities.quantity import STOPS
from nlp.quantities.terms import Direction, Lexicon

LEFT_REACH = 12  # tokens from "by" or "to" back to the verb of the change
OBJECT_REACH = 4  # tokens between a verb of saving and its amount ("saved the NHS £5 million")
RIGHT_REACH = 10  # tokens on to the participle of a passive ("could be avoided")
AFTER_REACH = 3  # tokens from an amount to the comparative or noun of change after it
_CLAUSE_ENDS = frozenset((",", ";", ":", ".", "(", ")", "which", "that", "who", "while", "but", "and"))
_BE = frozenset("be been being is are was were".split())  # noqa: SIM905 - words read better than a list of strings
_OBJECTS = frozenset("the a an each every its their our them us it you".split())  # noqa: SIM905
_OBJECT_STOPS = STOPS - _OBJECTS
_PAYER_STOPS = frozenset("by at for with to from than cost costs costing worth spent which that who but".split())  # noqa: SIM905
_PASSIVES = frozenset("saved avoided prevented freed released averted".split())  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class Movement:
    """A direction and the token that says it (None when nothing does); saves when the amount is what is saved."""

    direction: Direction
    word: int | None = None
    saves: bool = False


STILL = Movement("none")


class Directions:
    """Finds the movement of each amount of a sentence."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def movements(self, line: Line, amounts: Sequence[Amount]) -> list[Movement]:
        """One movement an amount, in order; what is joined by "and" shares it."""
        found: list[Movement] = []
        for place, amount in enumerate(amounts):
            movement = self._own(line, amount)
            if movement is STILL and place and self._continues(line, amounts[place - 1], amount):
                movement = found[-1]
            found.append(movement)
        return found

    def _own(self, line: Line, amount: Amount) -> Movement:
        if amount.direction is not None:
            return Movement(amount.direction, amount.first)
        if amount.origin is not None:
            return self._between_states(line, amount)
        if amount.unit == "times":
            return self._before(line, amount) or STILL
        return self._after(line, amount) or self._before(line, amount) or self._passive(line, amount) or STILL

    def _between_states(self, line: Line, amount: Amount) -> Movement:
        assert amount.origin is not None
        if amount.value == amount.origin:
            return STILL
        word = self._change_before(line, amount.lead)
        return Movement("up" if amount.value > amount.origin else "down", word)

    def _after(self, line: Line, amount: Amount) -> Movement | None:
        """ "ten fewer years", "20 % more", "a 30 % reduction", "7.5 years sooner", "19 % cost savings"."""
        if line.word(amount.tail) in ("up", "down") and line.word(amount.tail + 1) in ("on", "from", ",", "."):
            return Movement("up" if line.word(amount.tail) == "up" else "down", amount.tail)
        if line.word(amount.tail) == "of" and line.word(amount.tail + 2) in ("loss", "reduction", "growth", "gain"):
            return Movement(self._lexicon.nouns[line.word(amount.tail + 2)], amount.tail + 2)  # 15kg of weight loss
        words, counted = self._lexicon, self._lexicon.kinds[amount.unit] == "counted"
        ends = (amount.end, amount.tail) if amount.tail != amount.end else (amount.end,)
        for end in ends:
            # "the three-year programme cut costs" holds no noun of change
            reach = 1 if self._lexicon.kinds[amount.unit] == "time" else AFTER_REACH
            for at in range(end, min(end + reach, line.size)):
                word = line.words[at]
                if (
                    word in words.compare
                    and line.raw[at].islower()
                    and not self._bounds(line, at)
                    and not self._of_pace(line, amount, word)
                ):
                    return Movement(words.compare[word], at)
                if word in words.nouns and not counted and line.word(amount.lead - 1) not in ("by", "to"):
                    return Movement(words.nouns[word], at, word in words.saving)
                if not self._modifies(line, at, amount):
                    break
        return None

    def _compares(self, line: Line, at: int, amount: Amount) -> bool:
        """Whether a token compares; a capital makes it a name ("Greater Manchester")."""
        word = line.raw[at]
        return word in self._lexicon.compare and not self._bounds(line, at) and not self._of_pace(line, amount, word)

    def _of_pace(self, line: Line, amount: Amount, word: str) -> bool:
        """ "grew 60 % faster": the verb says the direction."""
        return word in ("faster", "slower", "quicker") and line.word(amount.lead - 1) in self._lexicon.change

    @staticmethod
    def _modifies(line: Line, at: int, amount: Amount) -> bool:
        """Whether the search may go on past this token: inside the amount's noun phrase, or a word of one."""
        word = line.words[at]
        return at < amount.tail or (word.isalpha() and word not in _CLAUSE_ENDS and word not in _OBJECT_STOPS)

    def _bounds(self, line: Line, at: int) -> bool:
        """ "100 or more", "less than", "more than": a bound on an amount."""
        return line.word(at - 1) == "or" or (line.word(at + 1) == "than" and line.is_digits(at + 2))

    def _before(self, line: Line, amount: Amount) -> Movement | None:
        """ "fell by", "rose to", "a reduction of", "up 20 %", "saved the NHS £5 million"."""
        words, at = self._lexicon, amount.lead - 1
        word = line.word(at)
        if word in ("by", "to"):
            near = word == "to" and amount.tail > amount.end and words.kinds[amount.unit] == "counted"
            place = self._change_before(line, at, OBJECT_REACH if near else LEFT_REACH)
            if place is None:
                return None
            return Movement(self._way(line.words[place]), place, word == "by" and line.words[place] in words.saving)
        if word == "of":
            at -= 1
            noun = line.word(at)
            return Movement(words.nouns[noun], at, noun in words.saving) if noun in words.nouns else None
        if word in ("up", "down") and line.word(at - 1) in words.terms.particle_verbs:
            return None
        if word in words.change:
            # "raised £45m" is money found, not money grown
            found_money = words.kinds[amount.unit] == "money" and words.change[word] == "up"
            return None if found_money else Movement(words.change[word], at, word in words.saving)
        money = words.kinds[amount.unit] == "money"
        return self._object(line, at) or (self._payer(line, at) if money else None)

    def _object(self, line: Line, at: int) -> Movement | None:
        """An amount that is the object of a verb of saving, with whom it is saved for between."""
        for place in range(at, max(at - OBJECT_REACH, -1), -1):
            word = line.words[place]
            if word in self._lexicon.saving and self._moves(line, place):
                return Movement("down", place, True)
            if word in self._lexicon.compare and place == at:
                return Movement(self._lexicon.compare[word], place)
            if word in _OBJECT_STOPS or word in _CLAUSE_ENDS or not word[0].isalpha():
                return None
        return None

    def _payer(self, line: Line, at: int) -> Movement | None:
        """ "saved the health and care system in England £12m": money may stand further from its verb."""
        for place in range(at, max(at - LEFT_REACH, -1), -1):
            if line.words[place] in self._lexicon.saving and self._moves(line, place):
                return Movement("down", place, True)
            if line.words[place] in _PAYER_STOPS or not line.words[place][0].isalpha():
                return None
        return None

    def _moves(self, line: Line, place: int) -> bool:
        """Whether a word says a change; a capital inside the sentence makes it a name ("CVD Prevent")."""
        word = line.words[place]
        known = word in self._lexicon.change or word in self._lexicon.nouns
        return known and (place == 0 or line.raw[place][0].islower())

    def _way(self, word: str) -> Direction:
        return self._lexicon.change.get(word) or self._lexicon.nouns[word]

    def _change_before(self, line: Line, at: int, reach: int = LEFT_REACH) -> int | None:
        """The place of the nearest change word before token `at`, within the sentence's part and reach."""
        for place in range(at - 1, max(at - reach, 0) - 1, -1):
            word = line.words[place]
            if self._moves(line, place):
                # "reduced falls by": the verb, not its object
                return place - 1 if line.word(place - 1) in self._lexicon.change else place
            if word in (";", ".", ":"):
                return None
        return None

    def _passive(self, line: Line, amount: Amount) -> Movement | None:
        """ "7,000 lives a year could be saved", "20 % of admissions can be avoided"."""
        for place in range(amount.tail, min(amount.tail + RIGHT_REACH, line.size)):
            word = line.words[place]
            if word in _PASSIVES:
                verb = line.word(place - 1) in _BE or place == amount.tail
                counted = self._lexicon.kinds[amount.unit] in ("counted", "share")
                return Movement("down", place, not counted) if verb else None
            if word in _CLAUSE_ENDS:
                return None
        return None

    @staticmethod
    def _continues(line: Line, earlier: Amount, amount: Amount) -> bool:
        """Whether nothing but "and" or a comma stands between two amounts."""
        between = line.words[earlier.tail : amount.lead]
        parallel = line.word(earlier.end) in _OBJECT_STOPS and line.word(earlier.end) == line.word(amount.end)
        if parallel and earlier.unit == amount.unit and between[-1:] in (["and"], [","]):
            return True
        return between in (["and"], [","], ["or"], [",", "and"], ["and", "by"])
