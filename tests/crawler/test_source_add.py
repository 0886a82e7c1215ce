"""A source in one command: what a look at a site declares crawls all of it, and its saved pages are test cases."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from crawler.demo.site import DemoSite
from crawler.saved import check_cases
from crawler.source import load_source

ROOT = Path(__file__).parents[2]
TEXT = "The service sends a therapist to care homes after a fall, so that fewer people go to hospital. " * 3
# Address given -> method found, the declaration of the demo that was written by hand.
DEMO = {
    "/demo-networks/": ("wordpress", "demo-networks"),
    "/demo-national/case-studies/": ("index", "demo-national"),
    "/demo-trusts/innovation": ("index", "demo-trusts"),
    "/demo-industry/insights": ("index", "demo-industry"),
    "/demo-nhs-england/": ("sitemap", "demo-nhs-england"),
    "/demo-journals/": ("feed", "demo-journals"),
    "/demo-nice/api/search": ("api", "demo-nice"),
    "/demo-charities/api/v1/org/GB-DEMO-charities/grants_made/": ("api", "demo-charities"),
    "/demo-government/api/search.json": ("api", "demo-government"),
    "/demo-research/api/explore/v2.1/catalog/datasets/innovation-records/records": ("api", "demo-research"),
}


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoSite]:
    with DemoSite(port=0) as site:
        yield site


def add(folder: Path, name: str, url: str, tools: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline.cli", "sources", "add", name, url, "--sources", str(folder)]
    environment = {**tools.environment, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(("path", "wanted"), DEMO.items())
def test_a_look_at_each_kind_of_site_gives_what_was_declared_by_hand(
    path: str, wanted: tuple[str, str], demo: DemoSite, bench: Any, tools: Any
) -> None:
    method, by_hand = wanted
    done = add(bench.sources, "new", f"{demo.base_url}{path}", tools)
    assert done.returncode == 0, done.stderr
    source = load_source(bench.sources / "new.yml")
    assert (source.discovery, source.enabled, source.verified) == (method, False, "never")
    assert "to be decided: licence" in done.stdout and f"wrote {bench.sources / 'new.yml'}" in done.stdout
    counted = bench.crawl("new").outcome["listings"]
    port = int(demo.base_url.rpartition(":")[2])
    command = tools.crawl_command(bench.db_path, bench.run, ROOT / "crawler" / "demo" / "sources", by_hand, port)
    ended = subprocess.run(command, capture_output=True, text=True, check=True, env=tools.environment)
    assert counted == json.loads(ended.stdout)["listings"]
    assert list(check_cases(bench.sources / "pages" / "new", bench.sources / "new.yml")) == []


def test_a_site_that_was_never_seen(bench: Any, site: Any, tools: Any) -> None:
    """A list in a layout of its own, with menus, a logo that leads home, and a next page by words only."""
    menu = "<nav><a href='/a/1'>One</a><a href='/a/2'>Two</a><a href='/a/3'>Three</a><a href='/a/4'>Four</a></nav>"
    for page, numbers in (("/ideas", range(4)), ("/ideas?from=4", range(4, 7))):
        items = "".join(f"<li class='idea big'><h3><a href='/ideas/{n}-x'>Idea {n}</a></h3></li>" for n in numbers)
        more = "<a class='older' href='/ideas?from=4'>Next page</a>" if page == "/ideas" else ""
        site.html(
            page, f"<title>Ideas of Leeds</title><header><a href='/'>Home</a></header>{menu}<ul>{items}</ul>{more}"
        )
    for number in range(7):
        site.listing(f"/ideas/{number}-x", f"Idea {number}", f"{TEXT} Number {number}.")
    done = add(bench.sources, "leeds", f"http://{site.host}/ideas", tools)
    assert done.returncode == 0, done.stderr
    declared = yaml.safe_load((bench.sources / "leeds.yml").read_text())
    assert declared["index"] == {"link": ".idea a", "next": "a.older"} and declared["title"] == "Ideas of Leeds"
    assert bench.crawl("leeds").outcome["listings"] == 7
    assert len(list((bench.sources / "pages" / "leeds").iterdir())) == 4


def test_a_redesign_shows_in_the_saved_pages_and_a_changed_declaration_too(bench: Any, site: Any, tools: Any) -> None:
    site.html("/", "".join(f"<a class='item' href='/d/{n}'>{n}</a>" for n in range(4)))
    for number in range(4):
        site.listing(f"/d/{number}", f"Listing {number}", f"{TEXT} {number}")
    assert add(bench.sources, "falls", f"http://{site.host}/", tools).returncode == 0
    path = bench.sources / "falls.yml"
    declared = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump({**declared, "fields": {"title": {"const": "Another"}}}))
    differences = list(check_cases(bench.sources / "pages" / "falls", path))
    assert len(differences) == 3
    assert differences[0].startswith('2-detail: text is "Listing 0')  # the heading is no more the title, so it is text


@pytest.mark.parametrize(
    ("name", "path", "said"),
    [
        ("Bad Name", "/", "small letters, digits and hyphens"),
        ("test", "/nothing", "answered 404"),
        ("test", "/empty", "give the address of the page that lists them"),
        ("there", "/", "is there already"),
    ],
)
def test_what_cannot_be_added_is_told_and_leaves_no_file(
    name: str, path: str, said: str, bench: Any, site: Any, tools: Any
) -> None:
    site.html("/empty", "<p>Nothing here.</p>")
    (bench.sources / "there.yml").write_text("kept")
    done = add(bench.sources, name, f"http://{site.host}{path}", tools)
    assert done.returncode == 2 and said in done.stderr
    assert [one.name for one in bench.sources.iterdir()] == ["there.yml"]


def test_a_real_site_is_not_asked_without_a_contact_address(bench: Any, tools: Any) -> None:
    done = add(bench.sources, "real", "https://leeds.example.org/", tools)
    assert done.returncode == 2 and "needs a contact address" in done.stderr
