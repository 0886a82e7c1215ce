"""Records as bytes and back, so that a listing's counts are kept beside it and its text is read once."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np

from pipeline.resolve.counting import RUN_LENGTH_MAX, Array, Record
from pipeline.resolve.names import WRITINGS
from pipeline.resolve.rarity import Weighed

FORMAT = 2  # raised when the layout changes; part of what the stored records are known by
_HEAD = struct.Struct("<IIIQ")  # cells, figures, listings in the store when weighed (0: not weighed), title head
_LEVEL = 1  # zlib's fastest: the keys hardly shrink at any level
_CELLS: Sequence[tuple[str, type, int]] = (
    ("keys", np.int64, 1), ("count", np.uint8, 1), ("capitals", np.uint8, 1), ("in_title", np.uint8, 1),
    ("marked", np.uint8, 1), ("words", np.int32, RUN_LENGTH_MAX), ("writing", np.uint8, len(WRITINGS)),
)  # fmt: skip
_WEIGHTS: Sequence[tuple[str, type, int]] = (
    ("spread", np.int32, 1), ("nameness", np.float32, 1), ("placeness", np.float32, 1),
)  # fmt: skip


def pack(record: Record, weighed: Weighed | None = None) -> bytes:
    """A record, with its weights where it has been weighed, as bytes."""
    parts = [np.ascontiguousarray(getattr(record, name), dtype=kind).tobytes() for name, kind, _ in _CELLS]
    parts.append(record.figures.astype(np.int64).tobytes())
    if weighed is not None:
        parts += [np.ascontiguousarray(getattr(weighed, name), dtype=kind).tobytes() for name, kind, _ in _WEIGHTS]
        parts.append(weighed.figure_spread.astype(np.int32).tobytes())
    head = _HEAD.pack(len(record), len(record.figures), weighed.size if weighed else 0, record.title_head)
    return head + zlib.compress(b"".join(parts), _LEVEL)


def unpack(listing_id: str, mirror_key: str, copy_key: str, packed: bytes) -> Record:
    """The record of a listing; it has no terms in words."""
    return _Reader(packed).record(listing_id, mirror_key, copy_key)


def unpack_weighed(listing_id: str, mirror_key: str, copy_key: str, packed: bytes) -> Weighed:
    """The weighed record of a listing. Raises ValueError where it was packed without weights."""
    reader = _Reader(packed)
    if not reader.size:
        raise ValueError(f"the record of listing {listing_id} has no weights")
    record = reader.record(listing_id, mirror_key, copy_key)
    spread, nameness, placeness = (reader.take(kind, reader.cells * width) for _, kind, width in _WEIGHTS)
    return Weighed(
        record, spread.astype(np.int64), nameness.astype(np.float64), placeness.astype(np.float64),
        reader.take(np.int32, reader.figures).astype(np.int64), reader.size,
    )  # fmt: skip


class _Reader:
    def __init__(self, packed: bytes) -> None:
        self.cells, self.figures, self.size, self.title_head = _HEAD.unpack_from(packed)
        self._body = zlib.decompress(packed[_HEAD.size :])
        self._at = 0

    def take(self, kind: type, count: int) -> Array:
        found: Array = np.frombuffer(self._body, dtype=kind, count=count, offset=self._at)
        self._at += found.nbytes
        return found

    def record(self, listing_id: str, mirror_key: str, copy_key: str) -> Record:
        columns: list[Array] = []
        for _, kind, width in _CELLS:
            column = self.take(kind, self.cells * width)
            columns.append(column.reshape(self.cells, width) if width > 1 else column)
        keys, count, capitals, in_title, marked, words, writing = columns
        figures = self.take(np.int64, self.figures)
        return Record(
            listing_id, mirror_key, copy_key, keys, count, capitals, in_title, marked, words, writing, figures,
            self.title_head,
        )  # fmt: skip
