"""Which characters a page's bytes are, by evidence before what is declared. Pure.

A byte order mark, then UTF-8 or UTF-16 where the bytes are valid as such (other text hardly ever is), then what the
server or the page declares, then a guess. The last two can be wrong, which is said.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass

from charset_normalizer import from_bytes
from w3lib.encoding import html_body_declared_encoding, read_bom, resolve_encoding

GUESSED_BYTES = 50_000  # looked at for a guess; chosen, a quarter of a second
NULLS_MIN = 0.2  # of the bytes, in UTF-16 text of mostly Latin letters


@dataclass(frozen=True, slots=True)
class Charset:
    """A codec's name, and whether nothing but a declaration that the bytes contradict, or a guess, speaks for it."""

    name: str
    doubtful: bool = False


def find_charset(body: bytes, declared: str | None) -> Charset:
    """The charset of a page; declared: what its Content-Type header says."""
    marked, _ = read_bom(body)
    if marked:
        return Charset(marked)
    if _is_valid(body, "utf-8"):
        return Charset("utf-8")
    wide = _wide(body)
    if wide:
        return Charset(wide)
    for name in _known((declared, html_body_declared_encoding(body[:4096]))):
        if _is_valid(body, name):
            return Charset(name, doubtful=_is_contradicted(body, name))
    best = from_bytes(body[:GUESSED_BYTES]).best()
    return Charset(best.encoding if best else "cp1252", doubtful=True)


def _known(names: Iterable[str | None]) -> Iterable[str]:
    """Codecs for these labels, as the web means them: ISO-8859-1 is Windows' cp1252."""
    for name in names:
        found = resolve_encoding(name) if name else None
        if found and found not in ("utf-8", "ascii"):
            yield found


def _is_valid(body: bytes, name: str) -> bool:
    try:
        decoded = body.decode(name)
    except (UnicodeDecodeError, LookupError):
        return False
    return "\x00" not in decoded


def _wide(body: bytes) -> str | None:
    """UTF-16 without a byte order mark, by where its zero bytes are."""
    sample = body[:4096]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) < NULLS_MIN * len(sample):
        return None
    name = "utf-16-le" if odd > even else "utf-16-be"
    return name if _is_valid(body[: len(body) // 2 * 2], name) else None


def _is_contradicted(body: bytes, name: str) -> bool:
    """Whether a guess by the bytes gives another text than what is declared."""
    sample = body[:GUESSED_BYTES]
    best = from_bytes(sample).best()
    if best is None or codecs.lookup(best.encoding).name == codecs.lookup(name).name:
        return False
    return bool(sample.decode(best.encoding, "replace") != sample.decode(name, "replace"))
