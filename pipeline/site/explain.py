"""Why listings were joined, as a list of plain statements."""

from __future__ import annotations

from collections.abc import Iterator

ITEMS_LIMIT = 20  # statements shown; the whole is in the JSON
NUMBERS = ("matched",)  # keys whose value is a listing's number, which says nothing to a reader


def statements(detail: object) -> list[str]:
    """The match detail, whatever its shape, as short lines: lists and nested facts are opened, keys read as words.

    >>> statements({"reasons": ["same title"], "title_similarity": 0.9312})
    ['same title', 'title similarity: 0.93']
    """
    return list(_lines(detail))[:ITEMS_LIMIT]


def _lines(detail: object, name: str = "") -> Iterator[str]:
    if isinstance(detail, dict):
        for key, value in detail.items():
            if key not in NUMBERS:
                yield from _lines(value, _joined(name, str(key)))
    elif isinstance(detail, list):
        for value in detail:
            yield from _lines(value, "" if name in ("reasons", "why") else name)
    elif detail not in (None, "", False):
        text = f"{detail:.2f}" if isinstance(detail, float) else str(detail)
        yield name if detail is True else f"{name}: {text}" if name and name not in ("reason", "why") else text


def _joined(outer: str, key: str) -> str:
    return f"{outer} {key}".strip().replace("_", " ")
