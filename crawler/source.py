"""The typed model of a source file, and its strict reading."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, BaseModel, Field, PrivateAttr, ValidationError, model_validator

from crawler.crawl_hours import CrawlHours
from crawler.declaration import (
    Address,
    ApiSection,
    Contact,
    DiscoveryKind,
    FeedSection,
    FieldName,
    FieldRule,
    Host,
    IndexSection,
    Paging,
    Selector,
    SitemapSection,
    Strict,
    TableSection,
    WordPressSection,
    Words,
)
from crawler.hosts import Endpoint, endpoint_of, is_loopback, parse_host

REAL_HOST_DELAY_SECONDS = 3.0  # Heritrix's minimum between two requests to one host
PAGE_BUDGET = 5_000  # requests to one source in one crawl; chosen, several times the largest listing we know
LOOPBACK_PORT = re.compile(r"(?<![\w.])(127\.0\.0\.1|localhost|\[::1\]):\d+")
SECTIONS = ("index", "sitemap", "feed", "wordpress", "api", "table")
WITHOUT_SETTINGS = ("sitemap", "feed", "wordpress", "table")  # discovery methods whose settings all have defaults


def _hours(value: str) -> str:
    CrawlHours.read(value)
    return value


class Source(Strict):
    """One website, feed or API, as its file declares it."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    """The file's name without .yml: small letters, digits and hyphens."""
    title: Words
    """What people call the source."""
    publisher: Words
    """Who publishes the listings; a listing's own publisher goes before it."""
    licence: Words
    """Under which licence the texts are published, in words; where it is not known, say so."""
    terms: Address | None = None
    """Address of the licence or the terms of use."""
    home: Address
    """Address of the site's start page, for people."""
    discovery: DiscoveryKind
    """How listings are found; the section of the same name holds its settings."""
    start_urls: Annotated[tuple[Address, ...], Field(min_length=1)]
    """Where a crawl begins: the list, sitemap, feed, collection, interface or table."""
    hosts: Annotated[tuple[Host, ...], Field(min_length=1)]
    """The hosts that may be reached, and no others: host, or host:port."""
    frequency: Literal["hourly", "daily", "weekly", "monthly"]
    """How often `horizon run --due` crawls it."""
    enabled: bool
    """Whether it is crawled at all."""
    verified: Literal["never"] | date
    """When a crawl of the live site was last looked at by a person: a date, or never."""
    floor: int = Field(ge=1)
    """With fewer listings than this the crawl has failed, and nothing that was published is taken back."""
    ceiling: int | None = Field(default=None, ge=1)
    """More listings than this are a warning."""
    contact: Contact | None = None
    """E-mail or http(s) address for the site's owners, told with every request. An enabled source needs it."""
    delay_seconds: float | None = Field(default=None, ge=0, le=300)
    """Seconds between two requests; 3 for real hosts unless given. A longer Crawl-delay goes before it."""
    crawl_hours: Annotated[str, AfterValidator(_hours)] | None = None
    """Hours in London's time, such as "22:00-06:00", within which `horizon run --due` begins a crawl and outside of
    which none goes on: what is left is asked for within the next. Without them every hour is allowed."""
    busy_statuses: tuple[Annotated[int, Field(ge=400, le=599)], ...] = ()
    """Further statuses by which this site says that it is asked too often, such as Contracts Finder's 403."""
    page_budget: int = Field(default=PAGE_BUDGET, ge=1)
    """Requests in one crawl, at most."""
    complete: bool = False
    """Whether the discovery pages name every listing there is, so that one not named any more is gone."""
    find_dates: bool = False
    """Whether a page without a date in its metadata is searched for one."""
    drop: tuple[Selector, ...] = ()
    """CSS selectors of what is removed from a page before its text is read: menus, notes, related items."""
    fields: dict[FieldName, FieldRule] = Field(default_factory=dict)
    """Where a field is found, where the parsers' own ways do not find it."""
    index: IndexSection | None = None
    sitemap: SitemapSection | None = None
    feed: FeedSection | None = None
    wordpress: WordPressSection | None = None
    api: ApiSection | None = None
    table: TableSection | None = None
    _folder: Path = PrivateAttr(default=Path())

    def path_of(self, name: str) -> Path:
        """A file that the declaration names, beside it unless the name is a whole path."""
        return self._folder / name

    @property
    def endpoints(self) -> frozenset[Endpoint]:
        """The hosts that may be reached, as (host, port); port None stands for the scheme's own."""
        return frozenset(parse_host(host) for host in self.hosts)

    @property
    def is_loopback(self) -> bool:
        """Whether every host is this machine."""
        return all(is_loopback(host) for host, _ in self.endpoints)

    @property
    def delay(self) -> float:
        """Seconds between two requests."""
        if self.delay_seconds is not None:
            return self.delay_seconds
        return 0.0 if self.is_loopback else REAL_HOST_DELAY_SECONDS

    def may_be_asked(self, at: datetime) -> bool:
        """Whether this moment (with its time zone) is within the crawl hours."""
        return self.crawl_hours is None or CrawlHours.read(self.crawl_hours).seconds_left(at) > 0

    def seconds_allowed(self, at: datetime) -> float | None:
        """Seconds for which a crawl that begins at this moment may go on; None where the hours set no end to it.

        A crawl that somebody begins by name outside of the hours is that person's own decision.
        """
        return CrawlHours.read(self.crawl_hours).seconds_left(at) or None if self.crawl_hours else None

    def reading(self) -> str:
        """What decides how a page of this source is read, as text: when it changes, unchanged pages are read anew."""
        return self.model_dump_json(include={"publisher", "find_dates", "drop", "fields"})

    @model_validator(mode="before")
    @classmethod
    def _default_section(cls, values: object) -> object:
        """Sections whose settings all have defaults may be left out."""
        if isinstance(values, dict):
            kind = values.get("discovery")
            if kind in WITHOUT_SETTINGS and kind not in values:
                return {**values, kind: {}}
        return values

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        for problem in (*self._section_problems(), *self._host_problems()):
            raise ValueError(problem)
        if self.complete and self.discovery == "feed":
            raise ValueError("complete: a feed names its newest entries only; allowed for a feed: false")
        if self.ceiling is not None and self.ceiling < self.floor:
            raise ValueError(f"ceiling {self.ceiling} is below floor {self.floor}")
        return self

    def _section_problems(self) -> list[str]:
        sections = [kind for kind in SECTIONS if getattr(self, kind)]
        if sections == [self.discovery]:
            return []
        return [
            f"discovery is {self.discovery}, so exactly the section {self.discovery!r} is needed; found: {sections}"
        ]

    def _host_problems(self) -> list[str]:
        problems = []
        for address in self.start_urls:
            if endpoint_of(address) not in self.endpoints:
                problems.append(f"start_urls: {urlsplit(address).netloc} is not among hosts: {', '.join(self.hosts)}")
        if self.is_loopback:
            return problems
        if self.enabled and self.contact is None:
            problems.append("an enabled source needs the key contact: an e-mail or http(s) address for site owners")
        if self.delay_seconds == 0:
            problems.append("delay_seconds: 0 is for loopback hosts only; leave it out for 3 seconds")
        return problems


class SourceError(Exception):
    """A source file that cannot be used; the message names the file, the key, what is allowed, what next."""


class _UniqueKeyLoader(yaml.SafeLoader):
    """Safe YAML in which a key given twice is an error, not a silent overwriting."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def at_port(text: str, loopback_port: int | None) -> str:
    """A text in which addresses on this machine have this port; as it is without one."""
    return text if loopback_port is None else LOOPBACK_PORT.sub(rf"\g<1>:{loopback_port}", text)


def load_source(path: Path, loopback_port: int | None = None) -> Source:
    """One source file; SourceError when it cannot be read or breaks a rule.

    With loopback_port, addresses on this machine are moved to that port (the demo site may run on any).
    """
    try:
        text = path.read_text(encoding="utf-8")
        text = at_port(text, loopback_port)
        values = yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 (a SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _error(path, [str(error)]) from None
    if not isinstance(values, dict):
        raise _error(path, ["the file is not a mapping of keys to values"])
    try:
        source = Source.model_validate(values)
    except ValidationError as error:
        raise _error(path, [_explain(problem) for problem in error.errors(include_url=False)]) from None
    source._folder = path.parent
    if source.name != path.stem:
        raise _error(path, [f"key name: {source.name!r} differs from the file's name; allowed: {path.stem}"])
    return source


def _error(path: Path, problems: list[str]) -> SourceError:
    lines = "".join(f"\n  {problem}" for problem in problems)
    check = f"horizon sources check {path.stem} --sources {path.parent}"
    return SourceError(f"{path}:{lines}\nCorrect the file, then check it with: {check}")


def _explain(problem: Mapping[str, Any]) -> str:
    """One validation error in plain words: the key, what is wrong, the allowed values."""
    location = [str(part) for part in problem["loc"]]
    key = ".".join(location) or "(the whole file)"
    if problem["type"] == "extra_forbidden":
        return f"key {key}: unknown; allowed: {', '.join(_keys_beside(location))}"
    if problem["type"] == "missing":
        return f"key {key}: missing"
    message = str(problem["msg"]).removeprefix("Value error, ")
    given = problem["input"]
    shown = f"; found: {given!r}" if isinstance(given, str | int | float) else ""
    return f"key {key}: {message}{shown}"


def _keys_beside(location: list[str]) -> list[str]:
    """The keys that are allowed where an unknown one stands."""
    model: type[BaseModel] = Source
    for part in location[:-1]:
        model = MODELS_BY_KEY.get(part, FieldRule)
    return sorted(model.model_fields)


MODELS_BY_KEY: Mapping[str, type[BaseModel]] = {
    "index": IndexSection,
    "sitemap": SitemapSection,
    "feed": FeedSection,
    "wordpress": WordPressSection,
    "api": ApiSection,
    "table": TableSection,
    "paging": Paging,
    "fields": FieldRule,
}
