"""New source files and what is read with them: sources add, sources parse."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from crawler.hosts import HostError, endpoint_of, is_loopback
from crawler.items import Listing
from crawler.looks import OK, Fetch, Page, Survey
from crawler.parsers.faults import PARSER_FAULTS, explain
from crawler.probe import ProbeError, probe
from crawler.saved import Reading, Role, read_page, save_case
from crawler.source import Source, SourceError, load_source
from crawler.survey import survey
from pipeline.console import Console
from pipeline.errors import RequestError
from pipeline.sources import PAGES_FOLDER

SOURCE_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
DETAILS_LOOKED_AT = 3
FLOOR_SHARE = 0.7  # of the listings counted now: below it, something is broken; chosen
SHOWN_CHARACTERS = 300
ORDER = ("name", "title", "publisher", "licence", "home", "discovery", "start_urls", "hosts", "frequency", "enabled",
         "verified", "floor", "complete", "contact", "fields")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """A survey with the pages that it rests on."""

    survey: Survey
    details: list[Page]


def add_source(folder: Path, name: str, url: str, contact: str | None, console: Console) -> int:
    """Look at a site, write its declaration and test cases, and say what a person has to look at. Returns 0.

    RequestError for a bad name or address, a file that is there already, or a site of which nothing can be made.
    """
    path = folder / f"{name}.yml"
    if not SOURCE_NAME.fullmatch(name):
        raise RequestError(
            f"a source's name is of small letters, digits and hyphens, like nhs-trust-leeds; not {name!r}"
        )
    if path.exists():
        raise RequestError(f"{path} is there already; see it with: horizon sources show {name} --sources {folder}")
    look = _look(url, contact)
    values = _declaration(name, url, contact, look)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(_as_yaml(values, look.survey), encoding="utf-8")
    try:
        source = load_source(path)
    except SourceError as error:
        path.unlink()
        raise RequestError(f"no declaration could be made of {url}: {error}") from None
    readings = _save(folder / PAGES_FOLDER / name, source, look)
    _tell(console, path, look, readings)
    return 0


def _look(url: str, contact: str | None) -> Look:
    """Ask the site. The provisional source says which host may be reached and how fast."""
    try:
        host, port = endpoint_of(url)
    except HostError as error:
        raise RequestError(str(error)) from None
    if not is_loopback(host) and contact is None:
        raise RequestError("asking a site needs a contact address for its owners: --contact, or set HORIZON_CONTACT")
    values = {"name": "look", "title": "look", "publisher": "look", "licence": "look", "home": url, "enabled": False}
    values |= {"discovery": "sitemap", "start_urls": [url], "hosts": [f"{host}:{port}" if port else host], "floor": 1}
    provisional = Source.model_validate({**values, "frequency": "weekly", "verified": "never", "contact": contact})

    async def plan(fetch: Fetch) -> Look:
        found = await survey(url, fetch)
        spread = found.details[:: max(1, len(found.details) // DETAILS_LOOKED_AT)][:DETAILS_LOOKED_AT]
        pages = [await fetch(address) for address in spread]
        return Look(found, [page for page in pages if page is not None and page.status == OK])

    try:
        return probe(provisional, plan)
    except PARSER_FAULTS as error:  # a SurveyError is one
        raise RequestError(f"nothing could be made of {url}: {error}") from None
    except ProbeError as error:
        raise RequestError(f"nothing could be made of {url}: {error}") from None


def _declaration(name: str, url: str, contact: str | None, look: Look) -> dict[str, Any]:
    found = look.survey
    host = urlsplit(url).netloc
    title = " ".join((found.title or found.publisher or host).split())[:200] or host
    values: dict[str, Any] = {
        "name": name, "title": title, "publisher": " ".join((found.publisher or title).split()),
        "licence": "not known yet", "home": url, "discovery": found.discovery, "start_urls": [found.start],
        "hosts": sorted({host, urlsplit(found.start).netloc}), "frequency": "weekly", "enabled": False,
        "verified": "never", "floor": max(1, int(found.count * FLOOR_SHARE)),
    }  # fmt: skip
    values |= {"contact": contact} if contact else {}
    values |= {"fields": found.fields} if found.fields else {}
    return {**values, found.discovery: found.section} if found.section else values


def _as_yaml(values: dict[str, Any], found: Survey) -> str:
    notes = [*(f"Found: {one}." for one in found.found), *(f"To be decided: {one}." for one in found.undecided)]
    notes.append("To be decided: licence, and whether the terms of the site allow it to be read.")
    ordered = {name: values[name] for name in (*ORDER, *values) if name in values}
    lines = yaml.safe_dump(ordered, sort_keys=False, allow_unicode=True, width=110)
    return "".join(f"# {note}\n" for note in notes) + lines


def _save(folder: Path, source: Source, look: Look) -> list[tuple[Page, Role, Reading | str]]:
    """Save the pages looked at as test cases; with each what is read of it, or why nothing is."""
    chosen: list[tuple[Page, Role]] = [(page, "detail") for page in look.details]
    if look.survey.page is not None and look.survey.page.url.split("?")[0] == look.survey.start.split("?")[0]:
        chosen.insert(0, (look.survey.page, "discovery"))
    saved: list[tuple[Page, Role, Reading | str]] = []
    for number, (page, role) in enumerate(chosen, start=1):
        try:
            saved.append((page, role, save_case(folder / f"{number}-{role}", source, page, role)))
        except PARSER_FAULTS as fault:
            saved.append((page, role, explain(fault)))
    return saved


def _tell(console: Console, path: Path, look: Look, readings: Sequence[tuple[Page, Role, Reading | str]]) -> None:
    found, name = look.survey, path.stem
    lines = [f"wrote {path}", *(f"found: {one}" for one in found.found)]
    for page, role, reading in readings:
        lines.append(f"read {page.url}: {_in_words(reading, role)}")
    lines += [f"to be decided: {one}" for one in (*found.undecided, "licence, and whether the site's terms allow it")]
    lines.append(f"next: look at {path}, then horizon sources parse {name} --sources {path.parent}")
    lines.append(f"then set enabled: true in it, and: horizon run {name} --sources {path.parent}")
    result = {"file": str(path), "found": found.found, "undecided": found.undecided, "discovery": found.discovery}
    console.result(result, lines)


def _in_words(reading: Reading | str, role: Role) -> str:
    if isinstance(reading, str):
        return f"nothing could be read: {reading}"
    if role == "detail":
        one = reading.listings[0]
        return f"{one.title!r}, {len(one.text)} characters, {one.published or 'no date'}"
    return f"{len(reading.listings)} listings, {len(reading.links)} links to listings"


# --- parse


def parse_source(source: Source, what: str | None, role: Role | None, console: Console) -> int:
    """Show what would be stored of a page: of a file, an address, or the source's start address. Returns the exit code.

    RequestError where the page cannot be had.
    """
    page = _page_of(source, what)
    role = role or _role_of(source, page, what)
    try:
        reading = read_page(source, page, role)
    except PARSER_FAULTS as fault:
        console.say(f"{page.url}: {explain(fault)}")
        return 1
    lines = [f"{page.url}, read as a {role} page: {_in_words(reading, role)}"]
    lines += [line for listing in reading.listings[:3] for line in _shown(listing)]
    lines += [f"link: {one}" for one in reading.links[:3]] + [f"next page: {one}" for one in reading.following]
    lines += [f"problem: {one}" for one in reading.problems]
    console.result({"url": page.url, "role": role, **_counted(reading)}, lines)
    return 0


def _page_of(source: Source, what: str | None) -> Page:
    if what is not None and not what.startswith(("http://", "https://")):
        path = Path(what)
        if not path.is_file():
            raise RequestError(f"{what} is neither a file nor an http(s) address")
        return Page(source.start_urls[0], OK, path.read_bytes(), {})
    url = what or source.start_urls[0]

    async def plan(fetch: Fetch) -> Page | None:
        return await fetch(url)

    try:
        page = probe(source, plan)
    except ProbeError as error:
        raise RequestError(str(error)) from None
    if page is None or page.status != OK:
        raise RequestError(f"{url} answered {page.status if page else 'nothing'}")
    return page


def _role_of(source: Source, page: Page, what: str | None) -> Role:
    """A page of HTML is a listing's, unless it is the start address of an index; everything else names listings."""
    is_html = b"<html" in page.body[:2_000].lower()
    return "detail" if is_html and what is not None and what not in source.start_urls else "discovery"


def _shown(listing: Listing) -> list[str]:
    text = " ".join(listing.text.split())
    values = {"title": listing.title, "url": listing.url, "publisher": listing.publisher, "region": listing.region,
              "published": listing.published, "record_id": listing.record_id}  # fmt: skip
    lines = [f"  {name}: {value or '-'}" for name, value in values.items()]
    lines += [f"  extra.{name}: {value}" for name, value in listing.extra.items()]
    return [*lines, f"  text ({len(listing.text)} characters): {text[:SHOWN_CHARACTERS]}", ""]


def _counted(reading: Reading) -> dict[str, Any]:
    listings = [asdict(one) for one in reading.listings]
    return {"listings": listings, "links": reading.links, "following": reading.following, "problems": reading.problems}
