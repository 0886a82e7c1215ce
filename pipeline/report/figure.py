"""The flow as a figure: what stays goes down on the left, what leaves it stands on the right, as in PRISMA 2020."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# All in the units of the figure's viewBox, one of which is a CSS pixel at the figure's full width.
WIDTH, STAY_WIDTH, LEAVE_LEFT, LEAVE_WIDTH = 960, 340, 420, 540
LINE_HEIGHT, PADDING, GAP = 24, 12, 28
REASONS_MAX = 6  # of one box; the table beneath has them all
LINE_CHARACTERS = {"stay": 36, "leave": 58}  # fit the boxes at 16 units a line of text

KEPT = ("shortlisted", "watched", "passed on")
# What stays -> what leaves before the next that stays.
STEPS = (
    ("found", "listings found", ("gone again", "not yet tagged", "not an innovation", "not yet compared")),
    ("innovation listings", "listings about an innovation", ("duplicates",)),
    ("innovations", "innovations", ("not yet screened",)),
    ("screened", "innovations screened", ("rejected",)),
    ("kept", "innovations kept", ()),
)
WORDS = {"duplicates": "duplicates of another listing"}


@dataclass(slots=True)
class Box:
    """One box: its lines of text, the first of them in bold, and where it stands."""

    kind: str
    lines: list[str]
    top: int = 0
    left: int = 0
    width: int = 0
    rows: list[tuple[int, str]] = field(default_factory=list)  # height of each line's foot, its text

    @property
    def height(self) -> int:
        """From the upper edge to the lower."""
        return 2 * PADDING + LINE_HEIGHT * len(self.lines)

    @property
    def middle(self) -> int:
        """The height of its middle."""
        return self.top + self.height // 2

    def put(self, top: int) -> Box:
        """Stand it at this height."""
        self.top = top
        self.left, self.width = (0, STAY_WIDTH) if self.kind == "stay" else (LEAVE_LEFT, LEAVE_WIDTH)
        self.rows = [(top + PADDING + LINE_HEIGHT * place + 18, line) for place, line in enumerate(self.lines)]
        return self


@dataclass(frozen=True, slots=True)
class Figure:
    """Boxes and arrows; an arrow is (x1, y1, x2, y2)."""

    boxes: list[Box]
    arrows: list[tuple[int, int, int, int]]
    height: int
    width: int = WIDTH


def flow_figure(flow: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw the flow of one scope: its rows have step, reason and count."""
    totals = stays(flow)
    boxes: list[Box] = []
    arrows: list[tuple[int, int, int, int]] = []
    top, above = 0, None
    for step, words, leaving in STEPS:
        stay = Box("stay", [_line(totals[step], words, "stay"), *_kept(flow, step)]).put(top)
        if above is not None:
            arrows.append((STAY_WIDTH // 2, above.top + above.height, STAY_WIDTH // 2, stay.top))
        boxes.append(stay)
        above, lines = stay, [line for one in leaving for line in _leaving(flow, one)]
        if lines:
            leave = Box("leave", lines).put(top)
            arrows.append((STAY_WIDTH, stay.middle, LEAVE_LEFT, stay.middle))
            boxes.append(leave)
        top = max(box.top + box.height for box in boxes[-2:]) + GAP
    return Figure(boxes, arrows, top - GAP)


def stays(flow: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many stay at each of the STEPS."""
    count: dict[str, int] = {}
    for row in flow:
        count[row["step"]] = count.get(row["step"], 0) + row["count"]
    innovations = count.get("innovations", 0)
    return {
        "found": count.get("found", 0),
        "innovation listings": innovations + count.get("duplicates", 0),
        "innovations": innovations,
        "screened": innovations - count.get("not yet screened", 0),
        "kept": sum(count.get(step, 0) for step in KEPT),
    }


def _kept(flow: Sequence[Mapping[str, Any]], step: str) -> list[str]:
    """What became of those that were kept."""
    if step != "kept":
        return []
    return [f"{row['count']:,} {row['step']}" for row in flow if row["step"] in KEPT and row["count"]]


def _leaving(flow: Sequence[Mapping[str, Any]], step: str) -> list[str]:
    """The lines of what leaves at a step: how many, and for which reasons."""
    rows = [row for row in flow if row["step"] == step and row["count"]]
    if not rows:
        return []
    reasons = sorted((row for row in rows if row["reason"]), key=lambda row: (-row["count"], row["reason"]))
    shown = [_line(row["count"], row["reason"], "leave", "\u2003") for row in reasons[:REASONS_MAX]]
    rest = sum(row["count"] for row in reasons[REASONS_MAX:])
    more = [_line(rest, "for other reasons", "leave", "\u2003")] if rest else []
    return [_line(sum(row["count"] for row in rows), WORDS.get(step, step), "leave"), *shown, *more]


def _line(count: int, words: str, kind: str, indent: str = "") -> str:
    line = f"{indent}{count:,} {words}"
    return line if len(line) <= LINE_CHARACTERS[kind] else line[: LINE_CHARACTERS[kind] - 1] + "…"
