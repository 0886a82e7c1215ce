"""Text cut into marked and unmarked pieces, so that a template can escape each and nothing is marked by markup."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable
from dataclasses import dataclass

HIT_START, HIT_END = "\x02", "\x03"  # control characters that FTS5 puts around a hit; never shown


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text, text[start:end], with the anchor that links to it and the labels of the tags it carries."""

    start: int
    end: int
    anchor: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text under the same spans: those that cover it, begin in it, and end with it."""

    text: str
    covered: bool
    opens: tuple[Span, ...] = ()
    closes: tuple[Span, ...] = ()


def mark(text: str, spans: Iterable[Span]) -> list[Piece]:
    """Cut `text` at the borders of the spans, which may overlap; the pieces joined give back the text exactly.

    A span that does not lie within the text is left out.
    """
    inside = [span for span in spans if 0 <= span.start < span.end <= len(text)]
    borders = sorted({0, len(text), *(span.start for span in inside), *(span.end for span in inside)})
    return [
        Piece(
            text=text[start:end],
            covered=any(span.start <= start and end <= span.end for span in inside),
            opens=tuple(span for span in inside if span.start == start),
            closes=tuple(span for span in inside if span.end == end),
        )
        for start, end in itertools.pairwise(borders)
    ]


def passage(text: str, shown: Collection[str], width: int) -> str:
    """About `width` characters around the first hit, cut at words, with … where something is left out.

    `text` has its hits between HIT_START and HIT_END; lines that are `shown` beside it anyway are left out.
    """
    lines = [line for line in text.splitlines() if line.replace(HIT_START, "").replace(HIT_END, "") not in shown]
    joined = " ".join(lines or text.splitlines())
    start = max(joined.find(HIT_START) - width // 3, 0)
    start = joined.find(" ", start) + 1 if start else 0
    end = joined.rfind(" ", start, start + width) if start + width < len(joined) else len(joined)
    end = end if end > start else min(start + width, len(joined))
    return ("… " if start else "") + joined[start:end] + (" …" if end < len(joined) else "")


def marked_hits(snippet: str) -> list[Piece]:
    """The pieces of a snippet whose hits stand between HIT_START and HIT_END; stray marks are dropped."""
    pieces = []
    for position, part in enumerate(snippet.split(HIT_START)):
        hit, closed, rest = part.partition(HIT_END)
        if position == 0 or not closed:
            pieces.append(Piece(part.replace(HIT_END, ""), covered=False))
            continue
        pieces += [Piece(hit, covered=True), Piece(rest.replace(HIT_END, ""), covered=False)]
    return [piece for piece in pieces if piece.text]
