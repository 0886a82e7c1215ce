"""An address that is data itself, a JSON answer, a table or a feed, as a declaration with guesses. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from w3lib.url import add_or_replace_parameter

from crawler.declaration import TableSection
from crawler.looks import OK, Fetch, Page, Survey, SurveyError
from crawler.parsers.faults import PARSER_FAULTS
from crawler.parsers.feed import parse_feed
from crawler.parsers.record import RecordError, read_json, records_in
from crawler.parsers.table import read_table

# Words in the names of a record's keys, the most telling first, for guesses that the declaration says are guesses.
KEY_WORDS: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "headline", "name"),
    "url": ("url", "link", "href", "website", "datasource"),
    "record_id": ("identifier", "reference", "ref", "id"),
    "published": ("published", "publication", "date", "awarddate", "created", "start"),
}
PARAMETERS = (("page", "page"), ("offset", "offset"), ("offset", "start"), ("offset", "skip"), ("page", "p"))
TEXT_MIN = 200  # characters in the middle text; shorter ones are teasers; chosen
TOTALS = ("total", "totalSize", "total_count", "totalCount", "count", "nhits", "resultCount", "totalResults")


async def of_json(page: Page, fetch: Fetch) -> Survey:
    """A JSON answer: the longest list of objects in it, and how it is paged; SurveyError without one."""
    document = read_json(page.body)
    if isinstance(document, list) and document and isinstance(document[0], dict) and "rendered" in str(document[0]):
        return wordpress_at(page.url.split("?")[0], document, page)
    path, records = _largest_list(document)
    if not records:
        raise SurveyError(f"{page.url} is JSON without a list of records")
    flat = [_flat(record) for record in records]
    made = Survey(
        "api", page.url, {"records": path or "@"}, _guess_fields(flat, "jmespath"), count=len(records), page=page
    )
    made.found.append(f"a JSON list of {len(records)} records at {path or 'the top'}")
    made.section |= await _paging(document, records, made, fetch)
    if "text" not in made.fields and "url" in made.fields:
        made.section["link"] = made.fields["url"]["jmespath"]
        made.fields = {}
        made.found.append("its records hold no text, so the page of each is read")
        return made
    return _with_guesses(made)


async def _paging(
    document: Any, records: Sequence[Mapping[str, Any]], made: Survey, fetch: Fetch
) -> dict[str, dict[str, Any]]:
    """The paging: the next page's address in the answer, or a parameter that gives others; else to be decided."""
    known = document if isinstance(document, dict) else {}
    for expression, value in (("next", known.get("next")), ("links.next", known.get("links"))):
        address = value.get("next") if isinstance(value, dict) else value
        if isinstance(address, str) and address.startswith(("http", "/")):
            return {"paging": {"by": "next", "next": expression}}
    total = next((name for name in TOTALS if isinstance(known.get(name), int)), None)
    if total and known[total] <= made.count:
        return {}
    for by, parameter in PARAMETERS:
        position = 2 if by == "page" else made.count
        answer = await fetch(add_or_replace_parameter(made.start, parameter, str(position)))
        others = _records_of(answer, made.section["records"])
        if others and others[0] not in records:
            made.found.append(f"further pages by the parameter {parameter}")
            paging = {"by": by, "parameter": parameter, "size": made.count}
            return {"paging": {**paging, "total": total} if total else paging}
    of_all = f"; the answer says {total}: {known[total]}" if total else ""
    made.undecided.append(f"api.paging: how further pages are asked for (by page, offset or next), if any{of_all}")
    return {}


def _records_of(answer: Page | None, expression: str) -> list[dict[str, Any]]:
    if answer is None or answer.status != OK:
        return []
    try:
        return records_in(read_json(answer.body), expression)
    except RecordError:
        return []


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record's values by JMESPath, those of objects in it too, one level down."""
    flat: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            flat |= {f"{_step(key)}.{_step(inner)}": one for inner, one in value.items() if not isinstance(one, dict)}
        else:
            flat[_step(key)] = value
    return flat


def _step(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z_]\w*", key) else f'"{key}"'


def of_table(page: Page) -> Survey:
    """A table, each row a listing; SurveyError without rows."""
    rows = read_table(page.body, TableSection())
    if not rows:
        raise SurveyError(f"{page.url} is a table without rows")
    made = Survey("table", page.url, {}, _guess_fields(rows, "column"), count=len(rows), page=page)
    made.found.append(f"a table of {len(rows)} rows")
    return _with_guesses(made)


def _guess_fields(records: Sequence[Mapping[str, Any]], rule: str) -> dict[str, Any]:
    """Field -> rule: the text by its length, the others by the words in the names of keys."""
    keys = {key: None for record in records[:50] for key, value in record.items() if isinstance(value, str | int)}
    lengths = {key: _middle_length(records, key) for key in keys}
    chosen: dict[str, str] = {}
    if lengths and max(lengths.values()) >= TEXT_MIN:
        chosen["text"] = max(lengths, key=lambda key: lengths[key])
    for name, words in KEY_WORDS.items():
        free = [key for key in keys if key not in chosen.values()]
        for found in ([key for key in free if _speaks_of(key, word)] for word in words):
            if found:
                chosen[name] = min(found, key=len)
                break
    return {name: {rule: chosen[name]} for name in ("title", "text", "url", "record_id", "published") if name in chosen}


def _speaks_of(key: str, word: str) -> bool:
    said = re.sub(r"[\W_]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key)).casefold()
    return word in said.split() or said.replace(" ", "").endswith(word)


def _middle_length(records: Sequence[Mapping[str, Any]], key: str) -> int:
    lengths = sorted(len(str(record.get(key) or "")) for record in records)
    return lengths[len(lengths) // 2]


def _with_guesses(made: Survey) -> Survey:
    if made.fields:
        made.undecided.append(f"fields: guessed by the names of keys, look at each: {', '.join(made.fields)}")
    if not made.fields.get("text"):
        made.undecided.append(f"fields.text: no key holds {TEXT_MIN} characters or more; a listing needs a text")
    missing = [name for name in ("title",) if name not in made.fields]
    made.undecided += [f"fields.{name}: no key looks like it; a listing needs one" for name in missing]
    return made


def _largest_list(document: Any, path: str = "", depth: int = 3) -> tuple[str, list[dict[str, Any]]]:
    """The longest list of objects, and where it stands as a JMESPath."""
    if isinstance(document, list):
        return path, [one for one in document if isinstance(one, dict)]
    best: tuple[str, list[dict[str, Any]]] = (path, [])
    if isinstance(document, dict) and depth:
        for key, value in document.items():
            found = _largest_list(value, f"{path}.{_step(key)}" if path else _step(key), depth - 1)
            best = max(best, found, key=lambda one: len(one[1]))
    return best


def is_feed(page: Page) -> bool:
    """Whether the page is a feed with entries."""
    try:
        return bool(parse_feed(page.body, page.url, page.kind, {}).entries) and b"<html" not in page.body[:500].lower()
    except PARSER_FAULTS:  # a FeedError is one
        return False


def of_feed(page: Page, url: str) -> Survey:
    """A feed at this address, whose entries are followed where they are short."""
    feed = parse_feed(page.body, url, page.kind, {})
    texts = sorted(len(entry.facts.text or "") for entry in feed.entries)
    made = Survey("feed", url, count=len(feed.entries), page=page)
    made.found.append(f"a feed of {len(feed.entries)} entries")
    if texts[len(texts) // 2] < 500:  # a teaser; chosen
        made.section = {"follow": True}
        made.details = [entry.link for entry in feed.entries if entry.link]
        made.found.append("its entries are short, so each entry's page is read")
    made.undecided.append("a feed holds the newest entries only; look for a sitemap or a list of everything")
    return made


def wordpress_at(collection: str, posts: Sequence[Any], page: Page | None) -> Survey:
    """WordPress's collection at this address; page is its first answer."""
    total = (page.headers.get("x-wp-total") if page else None) or ""
    made = Survey("wordpress", collection, count=int(total) if total.isdigit() else len(posts), page=page)
    made.found.append(f"WordPress's REST interface with {made.count} posts")
    return made
