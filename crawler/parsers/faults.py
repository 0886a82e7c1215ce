"""What parsers and the libraries below them raise for a page that they cannot read."""

from __future__ import annotations

import zlib

from lxml import etree

# Named one by one, so that a stopped crawl or a failing database is never taken for a bad page. ValueError has our own
# errors and Unicode's below it, RuntimeError has RecursionError.
PARSER_FAULTS: tuple[type[Exception], ...] = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    etree.LxmlError,
    zlib.error,
)


def explain(fault: Exception) -> str:
    """A fault in words: our own errors say it themselves, others are named."""
    ours = type(fault).__module__.startswith("crawler.")
    return str(fault) if ours else f"the page cannot be read: {type(fault).__name__}: {fault}"
