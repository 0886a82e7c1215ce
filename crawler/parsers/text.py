"""HTML to running text: words as a reader sees them, blocks as paragraphs. No guess about what matters."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from lxml import etree
from parsel import Selector

BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "br", "caption", "dd", "details", "div", "dl", "dt", "fieldset",
        "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main",
        "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    }
)  # fmt: skip
SILENT = frozenset(
    {
        "script", "style", "template", "noscript", "svg", "math", "iframe", "object", "head", "title", "button",
        "select",
    }
)  # fmt: skip
LOOKS_LIKE_HTML = re.compile(
    r"</?(?:p|br|div|span|a|b|i|u|em|strong|ul|ol|li|h[1-6]|table|tr|td|th|img|figure|blockquote|section|sup|sub)\b[^<>]*>",
    re.I,
)
TAG_LIMIT_CHARACTERS = 64 * 2**10  # a longer tag stalls libxml2 for seconds to minutes; real pages stay far below
LONG_TAG = re.compile(rf"<[^<>]{{{TAG_LIMIT_CHARACTERS}}}")


class MarkupError(ValueError):
    """A page that is not parsed because parsing it would stall the crawl."""


def select(markup: str) -> Selector:
    """Parse HTML; MarkupError for a tag that is longer than any real page has."""
    if LONG_TAG.search(markup):
        raise MarkupError(f"a tag is longer than {TAG_LIMIT_CHARACTERS} characters")
    return Selector(text=markup or " ", type="html")


def drop_nodes(tree: Selector, selectors: Sequence[str]) -> None:
    """Remove the elements that the selectors match, keeping the text that follows them."""
    for selector in selectors:
        for node in tree.css(selector):
            if node.root.getparent() is not None:
                node.drop()


def text_of(nodes: Iterable[Selector]) -> str:
    """The text of elements (or of text and attribute matches), one paragraph a line."""
    return "\n".join(
        _element_text(node.root) if isinstance(node.root, etree._Element) else str(node.get()) for node in nodes
    )


def _element_text(root: etree._Element) -> str:
    pieces: list[str] = []
    silent_depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if event in ("start", "end") and tag in BLOCKS and not silent_depth:
            pieces.append("\n")
        if tag in SILENT:
            silent_depth += 1 if event == "start" else -1
        if silent_depth:
            continue
        if event == "start":
            pieces.append(_one_line(element.text))
        elif element is not root:
            pieces.append(_one_line(element.tail))
    return "".join(pieces)


def _one_line(text: str | None) -> str:
    """Line breaks inside a text node are spaces to a reader."""
    return re.sub(r"[\r\n\t]+", " ", text or "")


def markup_to_text(value: str, drop: Sequence[str] = ()) -> str:
    """A field that may hold HTML, entities or plain text, as text; plain text keeps its line breaks."""
    if LOOKS_LIKE_HTML.search(value):
        tree = select(f"<div>{value}</div>")
        drop_nodes(tree, drop)
        return text_of(tree.css("body"))
    return html.unescape(value)
