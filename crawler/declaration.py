"""The parts of a source file: field rules, the settings of each discovery method, and the types they share."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

import cssselect
import jmespath
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from crawler.hosts import HostError, endpoint_of, is_loopback, parse_host

CONTACT = re.compile(r"^(https?://[^\s/]+\.[^\s]+|[^@\s]+@[^@\s]+\.[^@\s]+)$")

FieldName = Literal["title", "text", "url", "publisher", "region", "published", "record_id"]
DiscoveryKind = Literal["index", "sitemap", "feed", "wordpress", "api", "table"]


def _selector(value: str) -> str:
    try:
        cssselect.parse(value)
    except cssselect.SelectorError as error:
        raise ValueError(f"{value!r} is no CSS selector ({error})") from None
    return value


def _expression(value: str) -> str:
    try:
        jmespath.compile(value)
    except jmespath.exceptions.JMESPathError as error:
        raise ValueError(f"{value!r} is no JMESPath expression ({str(error).splitlines()[0]})") from None
    return value


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"{value!r} is no regular expression ({error})") from None
    return value


def _address(value: str) -> str:
    try:
        endpoint_of(value)
    except HostError as error:
        raise ValueError(str(error)) from None
    return value


def _host(value: str) -> str:
    try:
        host, port = parse_host(value)
    except HostError as error:
        raise ValueError(str(error)) from None
    if is_loopback(host) and port is None:
        raise ValueError(f"the loopback host {value!r} must name its port, for example {value}:8770")
    return value


def _contact(value: str) -> str:
    if not CONTACT.match(value):
        raise ValueError(f"{value!r} is neither an e-mail address nor an http(s) address")
    return value


Words = Annotated[str, Field(min_length=1, max_length=300)]
Selector = Annotated[str, AfterValidator(_selector)]
Expression = Annotated[str, AfterValidator(_expression)]
Pattern = Annotated[str, AfterValidator(_pattern)]
Address = Annotated[str, AfterValidator(_address)]
Host = Annotated[str, AfterValidator(_host)]
Contact = Annotated[str, AfterValidator(_contact)]


class Strict(BaseModel):
    """A part of a source file: unknown keys are refused, nothing is changed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class FieldRule(Strict):
    """Where one field is found: exactly one of css (in a page), jmespath (in a record), column, const (always this).

    A css rule may end in ::text or ::attr(name); otherwise the text of the first match is taken. column is a column of
    a table, or a list of them whose values become paragraphs.
    """

    css: Selector | None = None
    """CSS selector in a page; may end in ::text or ::attr(name)."""
    jmespath: Expression | None = None
    """JMESPath in a record of an API, a WordPress post or a feed entry."""
    column: Words | tuple[Words, ...] | None = None
    """Column of a table, or several whose values become paragraphs."""
    const: Words | None = None
    """Always this value."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [name for name in ("css", "jmespath", "column", "const") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("give exactly one of: css, jmespath, column, const")
        return self


class IndexSection(Strict):
    """Pages of links: `link` selects those to listings, `next` the one to the following page (href, or ::attr())."""

    link: Selector
    """CSS selector of the links to listings."""
    next: Selector | None = None
    """CSS selector of the link to the following page; may end in ::attr(name)."""


class SitemapSection(Strict):
    """Sitemaps and sitemap indexes: a listing's address matches `match` (searched, not anchored) and not `exclude`."""

    match: Pattern = ""
    """Regular expression that a listing's address matches (searched, not anchored)."""
    exclude: Pattern | None = None
    """Regular expression that no listing's address matches."""


class FeedSection(Strict):
    """RSS and Atom. With `follow`, each entry's page is read; `page_parameter` counts pages up until a 404."""

    follow: bool = False
    """Whether each entry's page is read."""
    page_parameter: Words | None = None
    """Query parameter that counts pages up until a 404."""


class WordPressSection(Strict):
    """The REST API of WordPress; the start address is the collection, for example .../wp-json/wp/v2/posts."""

    page_size: int = Field(default=100, ge=1, le=100)
    """Posts to a page; WordPress refuses more than 100."""


class Paging(Strict):
    """How an API is paged: by a number, an offset, a token, or an address of the next page in answer or header."""

    by: Literal["page", "offset", "next", "token", "link", "none"]
    """page: a number counted up; offset: records skipped; next: the answer holds the next address; token: it holds what
    the next page is asked for with; link: the header Link names the next address; none."""
    parameter: Words | None = None
    """Query parameter of the number, offset or token."""
    size_parameter: Words | None = None
    """Query parameter of the page size, where it is asked for."""
    size: int = Field(default=100, ge=1, le=10_000)
    """Records to a page."""
    first: int = Field(default=1, ge=0)
    """Number of the first page."""
    total: Expression | None = None
    """JMESPath of the number of all records."""
    next: Expression | None = None
    """JMESPath of the next page's address."""
    token: Expression | None = None
    """JMESPath of the token; without one the page is the last."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.by in ("page", "offset") and self.parameter is None:
            raise ValueError(f"paging by {self.by} needs the key: parameter")
        if self.by == "next" and self.next is None:
            raise ValueError("paging by next needs the key: next")
        if self.by == "token" and (self.parameter is None or self.token is None):
            raise ValueError("paging by token needs the keys: parameter, token")
        return self


class ApiSection(Strict):
    """A JSON API: `records` finds the list; with `link`, the page at that address is read for each record."""

    records: Expression
    """JMESPath of the list of records in the answer."""
    link: Expression | None = None
    """JMESPath, in a record, of the page that is read for it."""
    accept: Words | None = None
    """Accept header, where the interface wants one."""
    paging: Paging = Paging(by="none")
    """How further pages are asked for."""
    empty_status: int | None = Field(default=None, ge=400, le=499)
    """The status with which the interface says that there are no records: openFDA's 404."""


class TableSection(Strict):
    """A table of listings, one a row, at the start address or in `file` (a path from the source file's folder on).

    `format` is found by the content unless it is given. `records` finds the list in a JSON file, `sheet` is a sheet of
    a workbook (default: the first), `member` a file inside a zip file, `delimiter` what parts a CSV file's columns.
    """

    file: Words | None = None
    """Path of a file on this machine, from the source file's folder on, in place of the start address."""
    format: Literal["auto", "csv", "json", "jsonl", "xlsx"] = "auto"
    """Found by the content unless given."""
    records: Expression = "@"
    """JMESPath of the list of records in a JSON file."""
    sheet: Words | None = None
    """Sheet of a workbook; the first unless given."""
    member: Words | None = None
    """File inside a zip file, where it has several tables."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    """What parts the columns of a CSV file; found unless given."""
