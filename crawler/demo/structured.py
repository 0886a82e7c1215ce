"""Structured data (JSON-LD) that some demo pages carry, and its safe place in HTML."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup

from crawler.demo.catalogue import Record
from crawler.demo.wording import excerpt, modified

CONTEXT = "https://schema.org"
# JSON inside a script element must not close it or open a comment.
SCRIPT_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}


def script(value: Any) -> Markup:
    """A JSON-LD script element that no text in `value` can leave."""
    body = json.dumps(value, ensure_ascii=True).translate(SCRIPT_ESCAPES)
    return Markup('<script type="application/ld+json">{}</script>').format(Markup(body))  # noqa: S704  escaped above


def yoast_graph(record: Record) -> dict[str, Any]:
    """The graph that a WordPress plugin writes: page, crumbs, site and organisation, each pointing at the others."""
    address = urlsplit(record.url)
    home = f"{address.scheme}://{address.netloc}/"
    page: dict[str, Any] = {
        "@type": ["WebPage", "ItemPage"],
        "@id": record.url,
        "url": record.url,
        "name": f"{record.title} - {record.publisher}",
        "isPartOf": {"@id": f"{home}#website"},
        "dateModified": modified(record).isoformat(),
        "description": excerpt(record.text),
        "breadcrumb": {"@id": f"{record.url}#breadcrumb"},
        "inLanguage": "en-GB",
    }
    article = {"@type": "Article", "@id": f"{record.url}#article", "isPartOf": {"@id": record.url}}
    article |= {"headline": record.title, "mainEntityOfPage": {"@id": record.url}}
    crumbs = [
        {"@type": "ListItem", "position": 1, "name": "Home", "item": home},
        {"@type": "ListItem", "position": 2, "name": record.title},
    ]
    graph: list[dict[str, Any]] = [
        page | _published(record),
        article | _published(record) | {"publisher": {"@id": f"{home}#organization"}},
        {"@type": "BreadcrumbList", "@id": f"{record.url}#breadcrumb", "itemListElement": crumbs},
        {"@type": "WebSite", "@id": f"{home}#website", "url": home, "name": record.publisher},
        {"@type": "Organization", "@id": f"{home}#organization", "name": record.publisher, "url": home},
    ]
    return {"@context": CONTEXT, "@graph": graph}


def scholarly_article(record: Record) -> dict[str, Any]:
    """The paper as a journal's platform describes it."""
    value = {
        "@context": CONTEXT,
        "@type": "ScholarlyArticle",
        "url": record.url,
        "headline": record.title,
        "identifier": record.id,
        "isPartOf": {"@type": "Periodical", "name": record.publisher},
        "abstract": excerpt(record.text),
    }
    return value | _published(record)


def article(record: Record) -> dict[str, Any]:
    """The post as a company's site describes it."""
    value = {
        "@context": CONTEXT,
        "@type": "Article",
        "mainEntityOfPage": record.url,
        "headline": record.title,
        "description": excerpt(record.text),
        "publisher": {"@type": "Organization", "name": record.publisher},
    }
    return value | _published(record)


def _published(record: Record) -> dict[str, str]:
    """datePublished as far as it is known (2024 and 2024-05 are ISO 8601 dates too); nothing where it is not."""
    return {"datePublished": record.published} if record.published else {}
