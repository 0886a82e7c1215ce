"""What passes between the demo site's server and its renderers: requests, responses, shelves of records."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from crawler.demo.catalogue import Record
from crawler.demo.wording import UNDATED_MODIFIED, modified

JSON_TYPE = "application/json; charset=UTF-8"
HTML_TYPE = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked: path below the source's prefix (with its leading slash), unquoted; query's last values."""

    path: str
    query: Mapping[str, str]
    base_url: str


@dataclass(frozen=True, slots=True)
class Response:
    """What the server sends; modified becomes Last-Modified (None: neither it nor an ETag is sent)."""

    body: bytes
    content_type: str
    modified: datetime | None = None
    status: HTTPStatus = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Shelf:
    """One source's records, in the order in which it lists them (newest first, undated ones last)."""

    source: str
    records: Sequence[Record]

    @property
    def prefix(self) -> str:
        """The path below which the source lives."""
        return f"/{self.source}"

    @cached_property
    def by_id(self) -> dict[str, Record]:
        """The records by id."""
        return {record.id: record for record in self.records}

    @cached_property
    def modified(self) -> datetime:
        """When any of the records last changed."""
        return max((modified(record) for record in self.records), default=UNDATED_MODIFIED)

    def page(self, number: int, size: int) -> Sequence[Record]:
        """The records of page `number` (from 1); empty past the end."""
        return self.records[(number - 1) * size : number * size]

    def page_count(self, size: int) -> int:
        """How many pages of `size` there are; an empty shelf has one."""
        return max(1, -(-len(self.records) // size))


Handler = Callable[[Request, Shelf], Response | None]
"""Answers a request to one source; None where it has no such page."""


def segment(record: Record) -> str:
    """The record's id as one segment of a path."""
    return quote(record.id, safe="")


def json_response(
    value: Any, when: datetime | None, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response:
    """The value as ASCII JSON (other characters escaped, so that even lone surrogates travel)."""
    body = json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    return Response(body, JSON_TYPE, when, status, headers or {})


def whole_number(text: str | None, default: int, low: int, high: int) -> int | None:
    """The number in a query value, the default where there is none, None where it is no number from low to high."""
    if text is None:
        return default
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        return None
    return int(text) if low <= int(text) <= high else None
