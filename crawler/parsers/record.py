"""JSON records to facts, by JMESPath."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import jmespath

from crawler.declaration import FieldName, FieldRule
from crawler.items import Facts
from crawler.parsers.faults import PARSER_FAULTS, explain
from crawler.parsers.text import markup_to_text

DEPTH_LIMIT = 8  # lists in lists; chosen, far below where Python stops recursing
LEFTOVER_LIMIT = 20  # keys; enough for the widest API we know once its long texts are mapped
LEFTOVER_CHARACTERS = 120  # a label or a code; longer is a teaser of the text
T = TypeVar("T")
ROOT_KEY = re.compile(r'"([^"]+)"|([A-Za-z_]\w*)')


class RecordError(ValueError):
    """An answer whose structure is not the declared one; the message says what was expected."""


def read_json(body: bytes) -> Any:
    """Parse a JSON answer; RecordError when it is none."""
    try:
        return json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"the answer is not JSON: {error}") from None


def _refuse(constant: str) -> None:
    """NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(f"{constant} is no value of JSON")


def records_in(document: Any, expression: str) -> list[dict[str, Any]]:
    """The list of records that `expression` finds; RecordError where it finds no list of objects.

    A single object in the place of the list is a list of one: some interfaces collapse it.
    """
    found = search(document, expression)
    if isinstance(found, dict) and expression != "@":
        found = [found]
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        raise RecordError(f"{expression!r} finds no list of records in the answer")
    return found


def search(document: Any, expression: str) -> Any:
    """What a JMESPath expression finds, None when it does not apply."""
    try:
        return _compiled(expression).search(document)
    except jmespath.exceptions.JMESPathError:
        return None


@lru_cache(maxsize=256)
def _compiled(expression: str) -> Any:
    return jmespath.compile(expression)


def parse_each(records: Iterable[Any], parse: Callable[[Any], T]) -> tuple[list[T], list[str]]:
    """What `parse` makes of each record, and why it could make nothing of some."""
    parsed: list[T] = []
    problems: list[str] = []
    for number, record in enumerate(records, start=1):
        try:
            parsed.append(parse(record))
        except PARSER_FAULTS as fault:
            problems.append(f"record {number} of this page: {explain(fault)}")
    return parsed, problems


def parse_record(
    record: Mapping[str, Any],
    rules: Mapping[FieldName, FieldRule],
    drop: Sequence[str] = (),
    ignore: Iterable[str] = (),
) -> Facts:
    """Facts of one record. HTML in a field becomes text, without what `drop` selects.

    Short values that no rule maps go to extra, those under the keys in `ignore` apart.
    """
    values: dict[str, Any] = {}
    mapped = set(ignore)
    for name, rule in rules.items():
        if rule.jmespath:
            mapped |= {a or b for a, b in ROOT_KEY.findall(rule.jmespath)}
            values[name] = _as_text(search(record, rule.jmespath), drop, DEPTH_LIMIT)
        elif rule.column:
            columns = (rule.column,) if isinstance(rule.column, str) else rule.column
            mapped |= set(columns)
            values[name] = _as_text([record.get(column) for column in columns], drop, DEPTH_LIMIT)
        else:
            values[name] = rule.const
    return Facts(**values, extra=_leftovers(record, mapped))


def _as_text(value: object, drop: Sequence[str], depth: int) -> str | None:
    """A value as text, lists as paragraphs; what is nested deeper than `depth`, and what is no number, is nothing."""
    if isinstance(value, list):
        parts = [_as_text(part, drop, depth - 1) for part in value] if depth else []
        return "\n\n".join(part for part in parts if part) or None
    if isinstance(value, bool) or value is None or isinstance(value, dict):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return markup_to_text(value, drop) if isinstance(value, str) else str(value)


def _leftovers(record: Mapping[str, Any], mapped: set[str]) -> dict[str, object]:
    """Unmapped scalars, by key; long texts are left out."""
    kept = {
        key: value
        for key, value in sorted(record.items())
        if key not in mapped
        and isinstance(value, str | int | float)
        and value != ""
        and len(str(value)) <= LEFTOVER_CHARACTERS
    }
    return dict(list(kept.items())[:LEFTOVER_LIMIT])
