"""The demo site: the starter catalogue over HTTP on the loopback address, as twelve kinds of site.

python -m crawler.demo.site --port 8770

with DemoSite() as site:
    fetch(site.base_url + "/demo-nice/api/search")
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import sys
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from crawler.dates import http_date
from crawler.demo import feeds, indexes, records, sitemaps, wordpress
from crawler.demo.catalogue import CATALOGUE_PATH, CatalogueError, Record, load_catalogue, load_partition
from crawler.demo.exchange import HTML_TYPE, Handler, Request, Response, Shelf
from crawler.demo.pages import missing_page, root_page
from crawler.demo.wording import UNDATED_MODIFIED

HOST = "127.0.0.1"
PORT_DEFAULT = 8770
IDLE_SECONDS = 30  # how long a kept-alive connection may be silent: longer than any crawl delay here (none)
LOG_ENTRIES_MAX = 100_000
QUERY_FIELDS_MAX = 50

HANDLERS: Mapping[str, Handler] = {
    "demo-networks": wordpress.handle,
    "demo-national": indexes.numbered,
    "demo-nhs-england": sitemaps.handle,
    "demo-nice": records.nice,
    "demo-trade-press": feeds.trade_press,
    "demo-journals": feeds.journals,
    "demo-research": records.opendatasoft,
    "demo-trusts": indexes.next_link,
    "demo-charities": records.grants,
    "demo-government": records.govuk,
    "demo-industry": indexes.load_more,
    "demo-news": feeds.news,
}

log = logging.getLogger(__name__)


class Hit(NamedTuple):
    """One request that was answered: its method, its path with the query, the status."""

    method: str
    path: str
    status: int


class DemoSite:
    """The server, as a context manager; it listens from the constructor on and answers inside the `with` block.

    `catalogue` is a file or the records themselves (Record, or mappings with the catalogue's keys). Port 0 takes a
    free one. `hits` tells what was asked. CatalogueError for a bad record, OSError where the port is taken.
    """

    def __init__(
        self,
        port: int = 0,
        catalogue: Path | None = None,
        records: Iterable[Record | Mapping[str, Any]] | None = None,
    ) -> None:
        self.hits: deque[Hit] = deque(maxlen=LOG_ENTRIES_MAX)
        self._shelves: dict[str, Shelf] = {}
        self.show(load_catalogue(catalogue or CATALOGUE_PATH) if records is None else records)
        self._server = _Server(port, self)
        self._thread: threading.Thread | None = None

    @property
    def base_url(self) -> str:
        """Scheme, host and port, without a slash at the end."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    @property
    def shelves(self) -> Mapping[str, Shelf]:
        """Each source's records as now shown."""
        return self._shelves

    def show(self, records: Iterable[Record | Mapping[str, Any]]) -> None:
        """Show these records from now on, instead of those before."""
        chosen = [row if isinstance(row, Record) else Record.from_mapping(row) for row in records]
        seen: set[str] = set()
        for record in chosen:
            if record.id in seen:
                raise CatalogueError(f"{record.id}: the id stands on two records; each needs its own")
            seen.add(record.id)
        split = load_partition().split(chosen)
        self._shelves = {name: Shelf(name, tuple(shelf)) for name, shelf in split.items()}

    def answer(self, target: str) -> Response:
        """What the site says to a GET of `target` (path and query), before conditions are looked at."""
        parts = urlsplit(target)
        if parts.path == "/":
            return root_page(self._shelves)
        if parts.path == "/robots.txt":
            return _robots(self.base_url)
        response = self._from_source(parts.path, parts.query)
        if response is None and not parts.path.endswith("/"):
            slashed = self._from_source(f"{parts.path}/", parts.query)
            if slashed is not None and slashed.status == HTTPStatus.OK:
                location = f"{parts.path}/" + (f"?{parts.query}" if parts.query else "")
                return Response(b"", HTML_TYPE, None, HTTPStatus.MOVED_PERMANENTLY, {"Location": location})
        return response or missing_page(parts.path)

    def _from_source(self, path: str, query: str) -> Response | None:
        name, _, rest = path.removeprefix("/").partition("/")
        if name not in HANDLERS or "/" not in path.removeprefix("/"):
            return None
        fields = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=QUERY_FIELDS_MAX))
        request = Request(f"/{rest}", fields, self.base_url)
        return HANDLERS[name](request, self._shelves[name])

    def serve_forever(self) -> None:
        """Answer in this thread until it is interrupted."""
        self._server.serve_forever()

    def close(self) -> None:
        """Stop answering and let go of the port."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()

    def __enter__(self) -> DemoSite:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True, name="demo-site")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64  # a crawler may open many connections at once

    def __init__(self, port: int, site: DemoSite) -> None:
        self.site = site
        super().__init__((HOST, port), _Conversation)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error; anything else goes into the log with its trace."""
        if isinstance(sys.exception(), ConnectionError | TimeoutError):
            log.debug("%s hung up", client_address)
        else:
            log.exception("a request from %s failed", client_address)


class _Conversation(BaseHTTPRequestHandler):
    """One connection: GET and HEAD, conditions, keep-alive."""

    protocol_version = "HTTP/1.1"
    server_version = "demo-site"
    sys_version = ""
    timeout = IDLE_SECONDS
    wbufsize = -1  # headers and body leave in one write
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:  # the name is http.server's
        """Answer with the body."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Answer with the headers alone."""
        self._answer(with_body=False)

    def _answer(self, with_body: bool) -> None:
        try:
            response = self.server.site.answer(self.path)
        except ValueError as error:  # an address or a query that cannot be taken apart
            response = Response(
                f"Bad request: {error}\n".encode(), "text/plain; charset=utf-8", None, HTTPStatus.BAD_REQUEST
            )
        headers = {"Content-Type": response.content_type, **response.headers}
        if response.modified is not None:
            headers["ETag"] = entity_tag(response.body)
            headers["Last-Modified"] = format_datetime(response.modified, usegmt=True)
            headers["Cache-Control"] = "max-age=0, must-revalidate"
            if unchanged(self.headers, headers["ETag"], response.modified):
                response = replace(response, status=HTTPStatus.NOT_MODIFIED, body=b"")
        self._send(response, headers, with_body)

    def _send(self, response: Response, headers: Mapping[str, str], with_body: bool) -> None:
        self.server.site.hits.append(Hit(self.command, self.path, int(response.status)))
        self.send_response_only(response.status)
        for name, value in headers.items():
            if response.status != HTTPStatus.NOT_MODIFIED or name != "Content-Type":
                self.send_header(name, value)
        if response.status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if with_body and response.body:
            self.wfile.write(response.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name is http.server's
        """Into the log instead of standard error."""
        log.debug(format, *args)


def entity_tag(body: bytes) -> str:
    """A strong entity tag of the body's content."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def unchanged(asked: Mapping[str, str] | Any, tag: str, modified: datetime) -> bool:
    """Whether the request's conditions say that the client has this content; If-None-Match overrules the date."""
    tags = asked.get("If-None-Match")
    if tags is not None:
        return any(one.strip().removeprefix("W/") in ("*", tag) for one in tags.split(","))
    since = asked.get("If-Modified-Since")
    if since is None:
        return False
    moment = http_date(since)
    return moment is not None and modified <= moment


def _robots(base_url: str) -> Response:
    lines = ("User-agent: *", "Disallow: /wp-admin/", "", f"Sitemap: {base_url}/demo-nhs-england/sitemap_index.xml", "")
    return Response("\n".join(lines).encode("utf-8"), "text/plain; charset=utf-8", UNDATED_MODIFIED)


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted; 0 then, 1 where the port or the catalogue cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m crawler.demo.site", description="Serve the demo site on loopback.")
    parser.add_argument("--port", type=int, default=PORT_DEFAULT, help=f"port to listen on (default {PORT_DEFAULT})")
    parser.add_argument("--catalogue", type=Path, default=CATALOGUE_PATH, help="another catalogue file to show")
    options = parser.parse_args(arguments)
    try:
        site = DemoSite(options.port, options.catalogue)
    except CatalogueError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except (OSError, OverflowError) as error:
        sys.stderr.write(f"error: cannot start on port {options.port}: {error}; try --port with another number\n")
        return 1
    sys.stderr.write(f"demo site on {site.base_url} (stop with Ctrl-C)\n")
    try:
        site.serve_forever()
    except KeyboardInterrupt:
        return 0
    finally:
        site.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
