"""Where the site's own files are, and the stylesheet's address, which changes when its content does."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
TEMPLATES = HERE / "templates"
STATIC = HERE / "static"
PLUGINS = HERE / "plugins"
STATIC_MOUNT = "static"
STYLESHEET = "site.css"


@cache
def stylesheet_address() -> str:
    """The stylesheet with a digest of its content, so that a browser may keep it."""
    digest = hashlib.sha256((STATIC / STYLESHEET).read_bytes()).hexdigest()[:10]
    return f"/{STATIC_MOUNT}/{STYLESHEET}?{digest}"
