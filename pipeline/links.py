"""Which crawled addresses become links, on the site and in exports."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from urllib.parse import urlsplit

LINK_REL = "noopener noreferrer nofollow"
ADDRESSES_KEPT = 10_000  # judged once for all lists of a few thousand innovations; about 2 MB
LINK_SCHEMES = ("http", "https")
UNSEEN = "\u2065\ufffe\uffff"  # unassigned, and shown as nothing
HIDDEN_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}  # control, direction-changing, private and line characters


def safe_link(address: object) -> str | None:
    """The address if it may be linked: http or https, a host, no user name, no space or unseen character; else None."""
    return _judged(address) if isinstance(address, str) else None


@lru_cache(maxsize=ADDRESSES_KEPT)
def _judged(address: str) -> str | None:
    if any(c.isspace() or c in UNSEEN or unicodedata.category(c) in HIDDEN_CATEGORIES for c in address):
        return None
    try:
        parts = urlsplit(address)
        usable = bool(parts.hostname) and parts.username is None and parts.password is None
    except ValueError:
        return None
    return address if usable and parts.scheme.lower() in LINK_SCHEMES and "\\" not in address else None
