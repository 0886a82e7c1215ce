"""A look at one live source, without storing listings: python -m crawler.live_check SOURCE --sources DIR.

Prints one JSON object: status (ok, warning or failed), message, and what was found.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crawler.looks import OK, Fetch, Page
from crawler.parsers.faults import PARSER_FAULTS, explain
from crawler.probe import ProbeError, probe
from crawler.saved import Reading, read_page
from crawler.source import Source, load_source
from crawler.spiders.navigation import SourceSpider
from crawler.spiders.registry import spider_class

DETAILS_LOOKED_AT = 2


def check(source: Source) -> dict[str, Any]:
    """Ask for the start address and two listings, as a crawl would, and say what came."""
    begun = time.monotonic()
    try:
        status, message = probe(source, lambda fetch: _look(source, fetch))
    except ProbeError as error:
        status, message = "failed", str(error)
    except PARSER_FAULTS as fault:
        status, message = "failed", explain(fault)
    return {"source": source.name, "status": status, "message": message, "seconds": round(time.monotonic() - begun, 1)}


async def _look(source: Source, fetch: Fetch) -> tuple[str, str]:
    from crawler.pipelines import memory_store

    spider: SourceSpider = spider_class(source.discovery)(source=source, store=memory_store(source))
    address = spider.first_addresses[0]
    page = await fetch(address)
    if page is None or page.status != OK:
        return "failed", f"{address} answered {page.status if page else 'nothing'}"
    found = read_page(source, page, "discovery")
    if found.following and not found.links and not found.listings:  # a sitemap of sitemaps
        part = await fetch(found.following[0])
        found = read_page(source, part, "discovery") if part is not None and part.status == OK else found
    if not found.links and not found.listings:
        return "failed", f"{address} names no listing; look at the section {source.discovery}"
    return await _details(source, found, fetch)


async def _details(source: Source, found: Reading, fetch: Fetch) -> tuple[str, str]:
    listings = list(found.listings[:DETAILS_LOOKED_AT])
    for link in found.links[:DETAILS_LOOKED_AT]:
        page = await fetch(link)
        if page is None or page.status != OK:
            return "failed", f"{link} answered {page.status if page else 'nothing'}"
        listings += _read(source, page)
    whole = [one for one in listings if one.title and one.text not in ("", one.title)]
    told = f"{len(found.listings) or len(found.links)} listings on the first page"
    if len(whole) < len(listings) or not whole:
        return "failed", f"{told}, but {len(listings) - len(whole)} of {len(listings)} looked at lack a title or a text"
    told += f", such as {whole[0].title!r} ({len(whole[0].text)} characters, {whole[0].published or 'no date'})"
    return ("warning" if found.problems else "ok"), "; ".join([told, *found.problems[:2]])


def _read(source: Source, page: Page) -> list[Any]:
    return read_page(source, page, "detail").listings


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, print, and return the exit code: 0, or 1 where the source failed."""
    parser = argparse.ArgumentParser(prog="python -m crawler.live_check", description="Look at one live source.")
    parser.add_argument("source", metavar="SOURCE")
    parser.add_argument("--sources", type=Path, required=True, metavar="DIR")
    parser.add_argument("--loopback-port", type=int, metavar="PORT")
    options = parser.parse_args(arguments)
    found = check(load_source(options.sources / f"{options.source}.yml", options.loopback_port))
    print(json.dumps(found))  # noqa: T201
    return int(found["status"] == "failed")


if __name__ == "__main__":
    sys.exit(main())
