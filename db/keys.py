"""Identifiers made from content, so that every run over the same pages ends in the same rows, in any order."""

from __future__ import annotations

import hashlib

ID_HEX_DIGITS = 16  # 64 bits: at a million rows the chance of any collision is 3 in 100 million
SEARCH_KEY_BITS = 53  # the largest integer that JSON readers hold exactly


def digest(*parts: str) -> str:
    """SHA-256 of the parts, as 64 hexadecimal digits; parts are kept apart, so ("ab", "c") differs from ("a", "bc")."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def listing_id(source: str, url: str) -> str:
    """The id of the listing that `source` shows at the canonical address `url`."""
    return digest("listing", source, url)[:ID_HEX_DIGITS]


def search_key(row_id: str) -> int:
    """The full-text index's row number for the row with this id."""
    return int.from_bytes(hashlib.sha256(row_id.encode()).digest()[:8]) >> (64 - SEARCH_KEY_BITS)
