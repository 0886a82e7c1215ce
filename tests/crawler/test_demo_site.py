"""The server itself: conditions, methods, errors, changed catalogues, determinism, the command."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from lxml import html

from crawler.demo.catalogue import CatalogueError, load_catalogue
from crawler.demo.site import DemoSite, Hit, main

ROW = {"id": "a-1", "url": "https://example.org/1", "title": "One", "publisher": "NICE", "text": "It works."}
ROOT = Path(__file__).parents[2]  # where the packages are
SAMPLES = (
    "/",
    "/robots.txt",
    "/demo-networks/wp-json/wp/v2/posts?per_page=100",
    "/demo-national/case-studies/",
    "/demo-nhs-england/sitemap_index.xml",
    "/demo-nice/api/search?ps=50",
    "/demo-trade-press/feed/",
    "/demo-journals/atom.xml",
    "/demo-research/api/explore/v2.1/catalog/datasets/innovation-records/records?limit=100",
    "/demo-trusts/innovation",
    "/demo-charities/api/v1/org/GB-DEMO-charities/grants_made/?limit=100",
    "/demo-government/api/search.json?count=100",
    "/demo-industry/insights",
    "/demo-news/rss.xml",
)


@pytest.fixture(scope="module")
def site() -> Iterator[DemoSite]:
    with DemoSite() as running:
        yield running


def ask(
    site: DemoSite, path: str, headers: dict[str, str] | None = None, method: str = "GET"
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(site.base_url).port or 0, timeout=10)
    try:
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


@pytest.mark.parametrize("path", SAMPLES)
def test_what_is_known_is_not_sent_again(site: DemoSite, path: str) -> None:
    response, body = ask(site, path)
    assert response.status == 200 and body
    tag, changed = response.headers["ETag"], response.headers["Last-Modified"]
    for conditions in (
        {"If-None-Match": tag},
        {"If-None-Match": f'"other", W/{tag}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": changed},
        {"If-None-Match": tag, "If-Modified-Since": "Thu, 01 Jan 1998 00:00:00 GMT"},
    ):
        again, nothing = ask(site, path, conditions)
        assert (again.status, nothing, again.headers["ETag"]) == (304, b"", tag), conditions


@pytest.mark.parametrize("path", SAMPLES)
def test_what_is_not_known_is_sent(site: DemoSite, path: str) -> None:
    changed = ask(site, path)[0].headers["Last-Modified"]
    for conditions in (
        {"If-None-Match": '"other"'},
        {"If-None-Match": '"other"', "If-Modified-Since": changed},
        {"If-Modified-Since": "Thu, 01 Jan 1998 00:00:00 GMT"},
        {"If-Modified-Since": "no date"},
        {"If-Modified-Since": "Mon, 23 Nov 2026 09:00:30 +99999999999999999"},
    ):
        assert ask(site, path, conditions)[0].status == 200, conditions


@pytest.mark.parametrize("path", SAMPLES)
def test_head_gives_the_headers_alone(site: DemoSite, path: str) -> None:
    response, body = ask(site, path)
    head, nothing = ask(site, path, method="HEAD")
    assert nothing == b""
    assert dict(head.headers) == dict(response.headers)
    assert int(head.headers["Content-Length"]) == len(body)


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/demo-nowhere/", "/demo-nice", "/demo-nice/nothing", "/demo-news/stories/nobody/", "/.git/config"],
)
def test_elsewhere_is_a_proper_404_page(site: DemoSite, path: str) -> None:
    response, body = ask(site, path)
    if path == "/demo-nice":
        assert (response.status, response.headers["Location"]) == (301, "/demo-nice/")
        return
    assert response.status == 404
    assert response.headers["ETag"] is None
    assert html.document_fromstring(body).findtext(".//h1") == "Page not found"


def test_a_missing_slash_is_put_right(site: DemoSite) -> None:
    record = site.shelves["demo-news"].records[0]
    response, _ = ask(site, f"/demo-news/stories/{record.id}?from=feed")
    assert (response.status, response.headers["Location"]) == (301, f"/demo-news/stories/{record.id}/?from=feed")
    assert ask(site, response.headers["Location"])[0].status == 200


def test_robots(site: DemoSite) -> None:
    response, body = ask(site, "/robots.txt")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert f"Sitemap: {site.base_url}/demo-nhs-england/sitemap_index.xml" in body.decode().splitlines()


def test_other_methods_and_broken_requests_are_refused(site: DemoSite) -> None:
    assert ask(site, "/", method="POST")[0].status == 501
    assert ask(site, "/demo-nice/api/search?" + "&".join("a=1" for _ in range(60)))[0].status == 400


def test_one_connection_serves_many_requests(site: DemoSite) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(site.base_url).port or 0, timeout=10)
    for path, status in (("/", 200), ("/nowhere", 404), ("/demo-nice", 301), ("/robots.txt", 200)):
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        assert response.status == status
        assert connection.sock is not None
    connection.close()


def test_only_loopback_is_listened_on(site: DemoSite) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", site.base_url)
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", urlsplit(site.base_url).port or 0), timeout=2):
        pass


def everything(site: DemoSite) -> dict[str, bytes]:
    """Every address that links lead to from where the sources begin, and what is there, without the host."""
    found: dict[str, bytes] = {}
    waiting = [*SAMPLES, *feed_pages(site)]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        response = site.answer(path)
        assert response.status == 200, path
        found[path] = response.body.replace(site.base_url.encode(), b"http://site")
        waiting += addresses(site, path, response.body, response.content_type)
    return found


def feed_pages(site: DemoSite) -> list[str]:
    """The pages of the feed that names none of them."""
    pages = -(-len(site.shelves["demo-trade-press"].records) // 10)
    return [f"/demo-trade-press/feed/?paged={number}" for number in range(2, pages + 1)]


def addresses(site: DemoSite, path: str, body: bytes, content_type: str) -> Iterator[str]:
    if content_type.startswith("text/html"):
        links = html.document_fromstring(body.decode("utf-8") or "<p>").xpath("//a/@href | //link/@href")
    else:
        links = [
            found.decode().replace("&amp;", "&")
            for found in re.findall(re.escape(site.base_url).encode() + rb"[^\"<>, ]*", body)
        ]
        links += [found.decode() for found in re.findall(rb'"(?:url|link)":"(/demo-[^"]+)"', body)]
    for link in links:
        address = urljoin(site.base_url + path, link).partition("#")[0]
        if address.startswith(site.base_url):
            yield address.removeprefix(site.base_url) or "/"


def test_no_link_is_dead_and_every_record_is_reached(site: DemoSite) -> None:
    found = everything(site)
    text = b"\n".join(found.values()).decode("utf-8")
    assert [record.id for record in load_catalogue() if record.id not in text] == []
    assert len(found) > 422  # as many pages as there are records on sources with pages of their own


def test_two_servers_say_the_same_to_the_byte(site: DemoSite) -> None:
    with DemoSite(records=load_catalogue()[::-1]) as other:
        assert other.base_url != site.base_url
        assert everything(other) == everything(site)


FINGERPRINT = """
import hashlib
from crawler.demo.site import DemoSite
site = DemoSite()
digest = hashlib.sha256()
for path in {paths!r}:
    digest.update(site.answer(path).body.replace(site.base_url.encode(), b"http://site"))
site.close()
print(digest.hexdigest())
"""


def test_neither_hash_seed_nor_time_zone_nor_place_matters(tmp_path: Path) -> None:
    program = FINGERPRINT.format(paths=SAMPLES)
    found = set()
    for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", program]
        found.add(subprocess.run(command, env=environment, cwd=tmp_path, check=True, capture_output=True).stdout)
    assert len(found) == 1


def test_a_changed_catalogue_changes_its_pages_alone(site: DemoSite) -> None:
    before = load_catalogue()
    with DemoSite(records=before) as changing:
        old = everything(changing)
        record = changing.shelves["demo-government"].records[-1]
        rows = [row for row in before if row.id != record.id]
        changing.show([*rows, {**ROW, "id": record.id, "publisher": record.publisher, "modified": "2026-10-01"}])
        new = everything(changing)
        path = f"/demo-government/government/publications/{record.id}"
        assert ask(changing, path)[0].headers["Last-Modified"] == "Thu, 01 Oct 2026 09:00:00 GMT"
    assert {path for path in old if old[path] != new[path]} >= {path, "/demo-government/api/search.json?count=100"}
    assert all(urlsplit(path).path.startswith("/demo-government/") for path in old if old[path] != new[path])


def test_hits_are_kept() -> None:
    with DemoSite(records=[ROW]) as small:
        ask(small, "/robots.txt?x=1")
        ask(small, "/nowhere", method="HEAD")
        assert list(small.hits) == [Hit("GET", "/robots.txt?x=1", 200), Hit("HEAD", "/nowhere", 404)]


def test_an_empty_catalogue_is_served_as_empty_listings() -> None:
    with DemoSite(records=[]) as empty:
        assert all(empty.answer(path).status == 200 for path in SAMPLES)


def test_two_records_with_one_id_are_refused() -> None:
    with pytest.raises(CatalogueError, match="a-1: the id stands on two records"):
        DemoSite(records=[ROW, ROW])


def test_the_command_names_a_taken_port(site: DemoSite, capsys: pytest.CaptureFixture[str]) -> None:
    port = urlsplit(site.base_url).port
    assert main(["--port", str(port)]) == 1
    assert f"cannot start on port {port}" in capsys.readouterr().err
    assert main(["--port", "99999"]) == 1
    assert "try --port with another number" in capsys.readouterr().err


def test_the_command_names_a_bad_catalogue(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text("{}\n")
    assert main(["--port", "0", "--catalogue", str(path)]) == 1
    assert "other.jsonl line 1: id, url, title, publisher, text must be text" in capsys.readouterr().err
    assert main(["--port", "0", "--catalogue", str(tmp_path / "none.jsonl")]) == 1
    assert "none.jsonl" in capsys.readouterr().err


def test_the_command_serves_until_it_is_interrupted(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "crawler.demo.site", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, cwd=tmp_path, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        port = int(line.split("127.0.0.1:")[1].split()[0])
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(b"GET /robots.txt HTTP/1.0\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200")
        process.send_signal(2)
        assert process.wait(timeout=10) == 0
