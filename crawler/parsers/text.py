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
TAG_LIMIT = 40_000  # start and end tags; chosen: a page of 38,000 tags was read in 2 seconds, one of 58,000 in 4
# In one tag, or before the next ">" of a script. Of 181 news pages 13 had more than 250 there, none more than 1,000
# (tests/benchmarks/bench_extraction.py); libxml2 takes 7 ms for so many, 9 seconds for 100,000: the square.
ATTRIBUTE_LIMIT = 2_000
PAGE_ATTRIBUTE_LIMIT = 100_000  # in a page; chosen: 2 million of them took 21 seconds
SCAN_FACTOR = 3  # characters looked at, for each in the page; only tags inside of quotes are looked at twice
TAG_START = re.compile(r"<[A-Za-z/]")
# One attribute as HTML's tokenizer reads it: quotes count after an equals sign only. Every part is possessive.
ATTRIBUTE = r"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"?+|'[^']*+'?+|[^\s>]*+))?+"""
TAG = re.compile(rf"</?[A-Za-z][^\s/>]*+(?P<attributes>(?:{ATTRIBUTE}){{0,{ATTRIBUTE_LIMIT}}}+)(?P<more>{ATTRIBUTE})?")
ONE_ATTRIBUTE = re.compile(ATTRIBUTE)


class MarkupError(ValueError):
    """A page that is not parsed because parsing it would stall the crawl."""


def select(markup: str) -> Selector:
    """Parse HTML; MarkupError for a page that no parser reads in reasonable time."""
    check_effort(markup)
    return Selector(text=markup or " ", type="html")


def check_effort(markup: str) -> None:
    """Raise MarkupError for more tags, or more attributes in one tag, than any real page has.

    Looks at every place where a tag may begin, those inside of quotes, scripts and comments too: whatever a parser
    takes for a tag has been looked at.
    """
    allowance, attributes = SCAN_FACTOR * len(markup), 0
    for number, start in enumerate(TAG_START.finditer(markup)):
        if number >= TAG_LIMIT:
            raise MarkupError(f"the page has more than {TAG_LIMIT} tags")
        tag = TAG.match(markup, start.start())
        if tag is None:
            continue
        if tag["more"]:
            raise MarkupError(f"a tag has more than {ATTRIBUTE_LIMIT} attributes")
        allowance -= tag.end() - tag.start()
        if allowance < 0:
            raise MarkupError("tags inside of tags, without end")
        attributes += len(ONE_ATTRIBUTE.findall(tag["attributes"]))
        if attributes > PAGE_ATTRIBUTE_LIMIT:
            raise MarkupError(f"the page has more than {PAGE_ATTRIBUTE_LIMIT} attributes")


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
