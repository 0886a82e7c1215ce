"""One HTML page to facts: declared rules first, then structured data, meta elements, the page itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from lxml import etree
from parsel import Selector

from crawler.declaration import FieldName, FieldRule
from crawler.items import Facts
from crawler.parsers.structured_data import find_facts
from crawler.parsers.text import drop_nodes, select, text_of

LATEST_DATE = "2100-12-31"  # htmldate would otherwise take today, and the same page could read differently tomorrow
META_DATES = (
    "meta[property='article:published_time']::attr(content)",
    "meta[name='citation_publication_date']::attr(content)",
    "meta[name='DC.date.issued' i]::attr(content)",
    "meta[name='DC.date' i]::attr(content)",
    "meta[name='date' i]::attr(content)",
    "article time[datetime]::attr(datetime)",
    "main time[datetime]::attr(datetime)",
)
META_PUBLISHERS = (
    "meta[name='publisher' i]::attr(content)",
    "meta[name='citation_publisher']::attr(content)",
    "meta[name='DC.publisher' i]::attr(content)",
)
TITLES = ("article h1", "main h1", "h1", "meta[property='og:title']::attr(content)", "title")
ADDRESSES = ("link[rel='canonical']::attr(href)", "meta[property='og:url']::attr(content)")
BODIES = ("article", "main", "body")


def parse_page(
    markup: str,
    url: str,
    rules: Mapping[FieldName, FieldRule] | None = None,
    drop: Sequence[str] = (),
    *,
    find_dates: bool = False,
) -> Facts:
    """Facts of the page at `url`. `drop` selects what is removed before the text is read.

    With find_dates, a page without a date in its metadata is searched for one (htmldate). MarkupError for a page that
    would stall the parser.
    """
    tree = select(markup)
    facts = _declared(tree, rules or {})
    structured = find_facts(markup, url)
    facts = facts.filled_from(structured.filled_from(_from_elements(tree), first={"url"}))
    if find_dates and not facts.published:
        facts = facts.filled_from(Facts(published=_search_date(markup, url)))
    drop_nodes(tree, drop)
    return facts.filled_from(Facts(text=_text(tree, (rules or {}).get("text"))))


def _declared(tree: Selector, rules: Mapping[FieldName, FieldRule]) -> Facts:
    """What the rules for this page find, the text apart; rules for records are not for pages."""
    values: dict[str, Any] = {}
    for name, rule in rules.items():
        if name != "text":
            values[name] = rule.const or (first_match(tree, rule.css) if rule.css else None)
    return Facts(**values)


def first_match(tree: Selector, *selectors: str) -> str | None:
    """The text of the first match of the first selector that gives any."""
    for selector in selectors:
        for node in tree.css(selector)[:1]:
            text = text_of([node]).strip()
            if text:
                return text
    return None


def _from_elements(tree: Selector) -> Facts:
    return Facts(
        title=first_match(tree, *TITLES),
        url=first_match(tree, *ADDRESSES),
        publisher=first_match(tree, *META_PUBLISHERS),
        published=first_match(tree, *META_DATES),
    )


def _text(tree: Selector, rule: FieldRule | None) -> str | None:
    """The text where the declaration says it stands, else where it is found."""
    if rule is not None and rule.css is not None:
        return text_of(tree.css(rule.css))
    return _main_text(tree)


def _main_text(tree: Selector) -> str | None:
    """The main text as trafilatura finds it; where it finds none, all text of the article, main or body element."""
    import trafilatura

    root = deepcopy(tree.root)
    etree.strip_tags(root, etree.Comment, etree.ProcessingInstruction)  # trafilatura loses the text after them
    found = trafilatura.extract(
        root, include_comments=False, include_tables=True, include_formatting=False, with_metadata=False
    )
    if found:
        return str(found)
    return next((text_of(nodes) for body in BODIES if (nodes := tree.css(body)[:1])), None)


def _search_date(markup: str, url: str) -> str | None:
    from htmldate import find_date

    found = find_date(markup, url=url, original_date=True, max_date=LATEST_DATE)
    return str(found) if found else None
