"""schema.org data in a page (JSON-LD, microdata) to facts."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from crawler.items import Facts

log = logging.getLogger(__name__)

ARTICLE_TYPES = frozenset(
    {
        "Article", "NewsArticle", "BlogPosting", "Report", "ScholarlyArticle", "MedicalScholarlyArticle", "TechArticle",
        "AdvertiserContentArticle", "CreativeWork", "Product", "Service", "SoftwareApplication", "MedicalDevice",
        "ResearchProject", "Project", "Grant", "MonetaryGrant", "HowTo",
    }
)  # fmt: skip


def find_facts(markup: str, url: str) -> Facts:
    """Facts of the first article-like thing in the page's JSON-LD, else in its microdata; empty where there is none."""
    try:
        return _article_facts(markup, url)
    except RecursionError as error:
        log.warning("%s: structured data is nested too deeply: %s", url, error)
        return Facts()


def _article_facts(markup: str, url: str) -> Facts:
    for syntax in ("application/ld+json", "itemtype"):
        if syntax in markup:
            things = list(_flatten(_extract(markup, url, syntax)))
            article = next((thing for thing in things if _types(thing) & ARTICLE_TYPES), None)
            if article:
                return _facts(article, {str(thing["@id"]): thing for thing in things if "@id" in thing})
    return Facts()


def _extract(markup: str, url: str, syntax: str) -> list[Any]:
    """Raw items; broken JSON in a page is the page's problem, so it is logged and counts as none."""
    try:
        if syntax == "itemtype":
            from extruct.w3cmicrodata import MicrodataExtractor

            return [_plain(item) for item in MicrodataExtractor().extract(markup, base_url=url)]
        from extruct.jsonld import JsonLdExtractor

        return list(JsonLdExtractor().extract(markup, base_url=url))
    except (ValueError, RecursionError, AttributeError, TypeError) as error:
        log.warning("%s: structured data cannot be read: %s", url, error)
        return []


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """A microdata item in the shape of a JSON-LD one."""
    values = dict(item.get("properties", {}))
    kind = item.get("type")
    kinds = [kind] if isinstance(kind, str) else list(kind or [])
    plain = {name: _plain(value) if isinstance(value, dict) else value for name, value in values.items()}
    return {**plain, "@type": [str(name).rpartition("/")[2] for name in kinds]}


def _flatten(items: list[Any]) -> Iterator[dict[str, Any]]:
    """Every thing, those inside a @graph included."""
    for item in items:
        if isinstance(item, list):
            yield from _flatten(item)
        elif isinstance(item, dict):
            yield item
            graph = item.get("@graph")
            yield from _flatten(graph if isinstance(graph, list) else [])


def _types(thing: Mapping[str, Any]) -> set[str]:
    kind = thing.get("@type")
    return {str(name).rpartition("/")[2] for name in (kind if isinstance(kind, list) else [kind])}


def _facts(article: Mapping[str, Any], by_id: Mapping[str, dict[str, Any]]) -> Facts:
    """The facts of one thing; references by @id are looked up in the same page."""
    return Facts(
        title=_string(article.get("headline")) or _string(article.get("name")),
        url=_string(article.get("url")) or _identifier(article.get("mainEntityOfPage")),
        publisher=_name(article.get("publisher"), by_id),
        published=_string(article.get("datePublished")),
        extra={"type": min(_types(article) & ARTICLE_TYPES)},
    )


def _string(value: object) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("@value")
    return value if isinstance(value, str) else None


def _identifier(value: object) -> str | None:
    return _string(value.get("@id")) if isinstance(value, dict) else _string(value)


def _name(value: object, by_id: Mapping[str, dict[str, Any]]) -> str | None:
    """The name of an organisation given as text, as an object, or as a reference."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        return _string(value.get("name")) or _string(by_id.get(str(value.get("@id")), {}).get("name"))
    return value if isinstance(value, str) else None
