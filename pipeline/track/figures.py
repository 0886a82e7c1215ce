"""Figures of two versions of a text: which stayed, which say another number now, which were added or dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nlp.annotations import Annotation, Evidence
from pipeline.track.revision import Revision, Words, likeness, masked, words_of

# A figure is the same one with another number from this likeness of the sentences (numbers masked) on; with the same
# measure and population a looser one will do. Chosen.
SAME_SENTENCE = 0.6
SAME_MEASURE = 0.35
SIGNS = {"GBP": "£", "USD": "$", "EUR": "€"}
SHOWN_DIGITS = 12  # enough for billions to the penny; no rounding of what a page says

Value = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class FigureChange:
    """A figure that changed, was added or was dropped; detail has it in words, and its parts before and after."""

    kind: Literal["changed", "added", "dropped"]
    before: Evidence | None
    after: Evidence | None
    detail: Mapping[str, Any]


def figure_changes(before: Sequence[Annotation], after: Sequence[Annotation], revision: Revision) -> list[FigureChange]:
    """What became of the figures; one that is stated again in other words, with the same number, is no change."""
    old, new = _without_shared(before, after)
    pairs = _paired(old, new)
    changes = [_changed(one, other) for one, other in pairs]
    known = {id(one) for pair in pairs for one in pair}
    changes += [
        FigureChange("added", revision.before_of(one.evidence.text), one.evidence, _alone("after", one))
        for one in new
        if id(one) not in known
    ]
    changes += [
        FigureChange("dropped", one.evidence, revision.after_of(one.evidence.text), _alone("before", one))
        for one in old
        if id(one) not in known
    ]
    return changes


def _value(figure: Annotation) -> Value:
    return tuple(figure.detail.get(name) for name in ("value", "high", "from", "unit"))


def _without_shared(
    before: Sequence[Annotation], after: Sequence[Annotation]
) -> tuple[list[Annotation], list[Annotation]]:
    """The figures whose value stands in one version more often than in the other; shared sentences go first."""
    return _surplus(before, after), _surplus(after, before)


def _surplus(these: Sequence[Annotation], those: Sequence[Annotation]) -> list[Annotation]:
    spare = Counter(map(_value, those))
    there = {words_of(one.evidence.text) for one in those}
    found = []
    for one in sorted(these, key=lambda one: words_of(one.evidence.text) not in there):
        if spare[_value(one)]:
            spare[_value(one)] -= 1
        else:
            found.append(one)
    return sorted(found, key=lambda one: (one.evidence.start, one.code))


def _paired(old: Sequence[Annotation], new: Sequence[Annotation]) -> list[tuple[Annotation, Annotation]]:
    """Figures that are one with another number: the most alike first, each once."""
    plain = {id(one): masked(one.evidence.text) for one in (*old, *new)}
    scored = sorted(
        (
            (-score, place, other)
            for place, one in enumerate(old)
            for other, two in enumerate(new)
            if (score := _sameness(one, two, plain[id(one)], plain[id(two)]))
        ),
    )
    used: tuple[set[int], set[int]] = set(), set()
    pairs = []
    for _, place, other in scored:
        if place not in used[0] and other not in used[1]:
            used[0].add(place)
            used[1].add(other)
            pairs.append((old[place], new[other]))
    return sorted(pairs, key=lambda pair: pair[1].evidence.start)


def _sameness(one: Annotation, other: Annotation, words: Words, others: Words) -> float:
    """How surely two figures are one with another number, 0 for not at all: same unit, alike in words or in measure."""
    if one.detail.get("unit") != other.detail.get("unit"):
        return 0.0
    score = likeness(words, others)
    measures = [str(figure.detail.get("measure") or "").casefold() for figure in (one, other)]
    people = [figure.detail.get("population") for figure in (one, other)]
    is_same_measure = bool(measures[0]) and measures[0] == measures[1] and people[0] == people[1]
    floor = SAME_MEASURE if is_same_measure else SAME_SENTENCE
    return score + is_same_measure if score >= floor else 0.0


def _changed(one: Annotation, other: Annotation) -> FigureChange:
    said = _measure(other) or _measure(one)
    words = f"{in_words(one.detail)} to {in_words(other.detail)}{said}"
    detail = {"before": dict(one.detail), "after": dict(other.detail), "change": words}
    return FigureChange("changed", one.evidence, other.evidence, detail)


def _alone(side: str, figure: Annotation) -> dict[str, Any]:
    return {side: dict(figure.detail), "change": f"{in_words(figure.detail)}{_measure(figure)}"}


def _measure(figure: Annotation) -> str:
    said = figure.detail.get("measure") or figure.detail.get("population")
    return f" ({said})" if said else ""


def in_words(detail: Mapping[str, Any]) -> str:
    """A figure for people: "27 %", "£1,200,000", "10 to 15 %", "from 18 to 6 weeks"."""
    first, last = detail["value"], detail.get("high")
    numbers = [first] if last is None else [first, last]
    if detail.get("from") is not None:
        numbers = [detail["from"], *numbers]
    unit = str(detail.get("unit") or "")
    sign = SIGNS.get(unit, "")
    said = " to ".join(f"{sign}{_number(one)}" for one in numbers)
    opening = "from " if detail.get("from") is not None else f"{detail['bound']} " if detail.get("bound") else ""
    return f"{opening}{said}{'' if sign or not unit else f' {unit}'}"


def _number(value: float) -> str:
    return f"{value:,.{SHOWN_DIGITS}f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
