"""Which crawled addresses become links."""

from __future__ import annotations

import unicodedata
from urllib.parse import urlsplit

LINK_REL = "noopener noreferrer nofollow"
LINK_SCHEMES = ("http", "https")
HIDDEN_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}  # control, direction-changing, private and line characters


def safe_link(address: object) -> str | None:
    """The address if it may be linked: http or https, a host, no user name, no space or unseen character; else None."""
    if not isinstance(address, str) or any(
        c.isspace() or unicodedata.category(c) in HIDDEN_CATEGORIES for c in address
    ):
        return None
    try:
        parts = urlsplit(address)
        usable = bool(parts.hostname) and parts.username is None and parts.password is None
    except ValueError:
        return None
    return address if usable and parts.scheme.lower() in LINK_SCHEMES and "\\" not in address else None
