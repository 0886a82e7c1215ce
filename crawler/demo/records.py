"""JSON interfaces in four manners: NICE's search, Opendatasoft's records, 360Giving's grants, GOV.UK's search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from crawler.demo.catalogue import Record
from crawler.demo.exchange import Request, Response, Shelf, json_response, segment, whole_number
from crawler.demo.pages import detail_page, network_name, page_for_people
from crawler.demo.wording import RETOLD_NOTE, excerpt, is_whole, paragraphs

NICE_SEARCH = "/api/search"
NICE_PAGE_SIZE_DEFAULT, NICE_PAGE_SIZE_MAX = 10, 9999  # 9999 is the largest that clients of the real one send
RECORDS_PATH = "/api/explore/v2.1/catalog/datasets/innovation-records/records"
RECORDS_LIMIT_DEFAULT, RECORDS_LIMIT_MAX = 10, 100  # Opendatasoft's own
RECORDS_REACH_MAX = 10_000  # offset + limit, Opendatasoft's own
GRANTS_PATH = "/api/v1/org/GB-DEMO-charities/grants_made/"
GRANTS_LIMIT_DEFAULT, GRANTS_LIMIT_MAX = 60, 1000
SEARCH_PATH = "/api/search.json"
PUBLICATIONS = "/government/publications/"
SEARCH_COUNT_DEFAULT, SEARCH_COUNT_MAX = 10, 1500  # GOV.UK's own
NUMBER_MAX = 999_999_999


def nice(request: Request, shelf: Shelf) -> Response | None:
    """A search that gives whole documents, a page at a time (`page` from 1, `ps` documents each)."""
    if request.path != NICE_SEARCH:
        return page_for_people(request, shelf)
    page = whole_number(request.query.get("page"), 1, 1, NUMBER_MAX)
    size = whole_number(request.query.get("ps"), NICE_PAGE_SIZE_DEFAULT, 1, NICE_PAGE_SIZE_MAX)
    if page is None or size is None:
        message = f"page must be 1 or more and ps 1 to {NICE_PAGE_SIZE_MAX}"
        return json_response({"failed": True, "errorMessage": message}, None, HTTPStatus.BAD_REQUEST)
    found = shelf.page(page, size)
    first = (page - 1) * size + 1 if found else 0
    value = {
        "failed": False,
        "resultCount": len(shelf.records),
        "pageSize": size,
        "firstResult": first,
        "lastResult": first + len(found) - 1 if found else 0,
        "documents": [_document(record) for record in found],
        "navigators": [],
        "pagerLinks": _pager(page, size, shelf),
    }
    return json_response(value, shelf.modified)


def _document(record: Record) -> dict[str, Any]:
    return {
        "id": record.id,
        "title": record.title,
        "url": record.url,
        "pathAndQuery": urlsplit(record.url).path,
        "publisher": record.publisher,
        "region": record.region,
        "publicationDate": f"{record.published}T00:00:00" if is_whole(record.published) else record.published,
        "teaser": excerpt(record.text),
        "bodyText": "\n\n".join(paragraphs(record.text)),
        "note": RETOLD_NOTE,
    }


def _pager(page: int, size: int, shelf: Shelf) -> dict[str, dict[str, str]]:
    """The pages before and after, as paths on the server, as far as there are any."""
    wanted = {"previous": page - 1, "next": page + 1}
    last = shelf.page_count(size)
    path = f"{shelf.prefix}{NICE_SEARCH}"
    return {
        name: {"url": f"{path}?{urlencode({'page': number, 'ps': size})}"}
        for name, number in wanted.items()
        if 1 <= number <= last
    }


def opendatasoft(request: Request, shelf: Shelf) -> Response | None:
    """A dataset's records (`limit` at most 100, `offset`), with Opendatasoft's errors."""
    if request.path != RECORDS_PATH:
        return page_for_people(request, shelf)
    unknown = sorted(set(request.query) - {"limit", "offset"})
    if unknown:
        return _parameter_error(f"Unknown API parameter: {unknown[0]}. Allowed are limit and offset.")
    limit = whole_number(request.query.get("limit"), RECORDS_LIMIT_DEFAULT, 0, RECORDS_LIMIT_MAX)
    if limit is None:
        found = request.query["limit"]
        expected = f"0 <= limit <= {RECORDS_LIMIT_MAX}"
        return _parameter_error(f"Invalid value for limit API parameter: {found} was found but {expected} is expected.")
    offset = whole_number(request.query.get("offset"), 0, 0, RECORDS_REACH_MAX - limit)
    if offset is None:
        found = request.query["offset"]
        expected = f"0 <= offset and offset + limit <= {RECORDS_REACH_MAX}"
        return _parameter_error(
            f"Invalid value for offset API parameter: {found} was found but {expected} is expected."
        )
    results = [_award(record) for record in shelf.records[offset : offset + limit]]
    return json_response({"total_count": len(shelf.records), "results": results}, shelf.modified)


def _award(record: Record) -> dict[str, Any]:
    return {
        "project_id": record.id,
        "project_title": record.title,
        "acronym": None,
        "funding_and_awards_link": record.url,
        "project_status": None,
        "publication_date": record.published,
        "plain_english_abstract": "\r\n\r\n".join(paragraphs(record.text)),
        "scientific_abstract": None,
        "contracted_organisation": record.publisher,
        "region": record.region,
        "region_name": network_name(record.region),
        "note": RETOLD_NOTE,
    }


def _parameter_error(message: str) -> Response:
    value = {"error_code": "InvalidRESTParameterError", "message": message}
    return json_response(value, None, HTTPStatus.BAD_REQUEST)


def grants(request: Request, shelf: Shelf) -> Response | None:
    """Grants in 360Giving's envelope (`limit`, `offset`; `next` and `previous` are whole addresses)."""
    if request.path != GRANTS_PATH:
        return page_for_people(request, shelf)
    limit = whole_number(request.query.get("limit"), GRANTS_LIMIT_DEFAULT, 1, GRANTS_LIMIT_MAX)
    offset = whole_number(request.query.get("offset"), 0, 0, NUMBER_MAX)
    if limit is None or offset is None:
        detail = f"limit must be 1 to {GRANTS_LIMIT_MAX} and offset 0 or more"
        return json_response({"detail": detail}, None, HTTPStatus.BAD_REQUEST)
    total = len(shelf.records)
    address = f"{request.base_url}{shelf.prefix}{GRANTS_PATH}"

    def link(start: int) -> str:
        return f"{address}?{urlencode({'limit': limit, 'offset': start})}"

    value = {
        "count": total,
        "next": link(offset + limit) if offset + limit < total else None,
        "previous": link(max(0, offset - limit)) if offset else None,
        "results": [_grant(record) for record in shelf.records[offset : offset + limit]],
    }
    return json_response(value, shelf.modified)


def _grant(record: Record) -> dict[str, Any]:
    """The record as a grant; optional fields are left out where nothing is known, as in 360Giving data."""
    data: dict[str, Any] = {
        "id": record.id,
        "title": record.title,
        "description": "\n\n".join(paragraphs(record.text)),
        "dataSource": record.url,
        "fundingOrganization": [{"id": f"GB-DEMO-{_slug(record.publisher)}", "name": record.publisher}],
        "note": RETOLD_NOTE,
    }
    if record.published:
        data["awardDate"] = record.published
    if record.region:
        place = {"name": network_name(record.region), "geoCode": record.region, "geoCodeType": "HIN"}
        data["beneficiaryLocation"] = [place]
    return {"grant_id": record.id, "data": data}


def _slug(name: str) -> str:
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name.casefold()).split())


def govuk(request: Request, shelf: Shelf) -> Response | None:
    """A search that gives links to pages on the same server (`count` results from `start`), and those pages."""
    if request.path != SEARCH_PATH:
        return detail_page(request, shelf, PUBLICATIONS) or page_for_people(request, shelf)
    count = whole_number(request.query.get("count"), SEARCH_COUNT_DEFAULT, 0, SEARCH_COUNT_MAX)
    start = whole_number(request.query.get("start"), 0, 0, NUMBER_MAX)
    if count is None or start is None:
        message = f"count must be 0 to {SEARCH_COUNT_MAX} and start 0 or more"
        return json_response({"error": message}, None, HTTPStatus.UNPROCESSABLE_ENTITY)
    fields = [name for name in request.query.get("fields", "").split(",") if name]
    value = {
        "results": _results(shelf.records[start : start + count], fields, shelf),
        "total": len(shelf.records),
        "start": start,
        "aggregates": {},
        "suggested_queries": [],
        "suggested_autocomplete": [],
    }
    return json_response(value, shelf.modified)


def _results(records: Sequence[Record], fields: Sequence[str], shelf: Shelf) -> list[Mapping[str, Any]]:
    results: list[Mapping[str, Any]] = []
    for record in records:
        path = f"{shelf.prefix}{PUBLICATIONS}{segment(record)}"
        result = {
            "title": record.title,
            "link": path,
            "description": excerpt(record.text),
            "public_timestamp": f"{record.published}T00:00:00Z" if is_whole(record.published) else None,
            "content_store_document_type": "publication",
            "format": "publication",
            "organisations": [{"title": record.publisher}],
            "index": "government",
            "es_score": None,
            "_id": path,
            "elasticsearch_type": "edition",
            "document_type": "edition",
        }
        results.append({name: value for name, value in result.items() if not fields or name in fields})
    return results
