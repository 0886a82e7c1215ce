"""Source files: what is accepted, and that each refusal names the file, the key, what is allowed and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from crawler.source import Source, SourceError, load_source

CRAWLER = Path(__file__).parents[2] / "crawler"
REAL: dict[str, Any] = {
    "name": "real", "title": "Real", "publisher": "Someone", "licence": "OGL v3", "home": "https://example.org/",
    "discovery": "index", "start_urls": ["https://example.org/news/"], "hosts": ["example.org"], "frequency": "weekly",
    "enabled": True, "verified": "never", "floor": 10, "contact": "team@example.org",
    "index": {"link": "a.item"},
}  # fmt: skip


def load(folder: Path, **changes: Any) -> Source:
    values = {key: value for key, value in {**REAL, **changes}.items() if value != "REMOVE"}
    path = folder / "real.yml"
    path.write_text(yaml.safe_dump(values))
    return load_source(path)


def test_a_complete_declaration_loads_with_its_defaults(tmp_path: Path) -> None:
    source = load(tmp_path)
    assert (source.delay, source.is_loopback, source.endpoints) == (3.0, False, frozenset({("example.org", None)}))
    assert source.index is not None
    assert source.index.link == "a.item"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"flor": 3}, ["key flor: unknown", "allowed:", "floor"]),
        ({"index": {"link": "a", "nxt": "b"}}, ["key index.nxt: unknown", "allowed: link, next"]),
        ({"frequency": "sometimes"}, ["key frequency", "'hourly'", "'monthly'", "sometimes"]),
        ({"discovery": "magic"}, ["key discovery", "'wordpress'"]),
        ({"title": "REMOVE"}, ["key title: missing"]),
        ({"contact": "REMOVE"}, ["contact", "enabled source"]),
        ({"contact": "nobody"}, ["key contact", "'nobody' is neither"]),
        ({"delay_seconds": 0}, ["delay_seconds: 0 is for loopback hosts only"]),
        ({"start_urls": ["https://other.example/"]}, ["start_urls: other.example is not among hosts: example.org"]),
        ({"start_urls": ["file:///etc/passwd"]}, ["key start_urls.0", "the scheme is not http or https"]),
        ({"start_urls": ["https://me:secret@example.org/"]}, ["user names and passwords"]),
        ({"hosts": ["127.0.0.1"], "start_urls": ["http://127.0.0.1/"]}, ["must name its port"]),
        ({"hosts": ["0x7f000001"]}, ["key hosts.0", "neither a lower-case DNS name nor an IP address"]),
        ({"index": {"link": "a[[["}}, ["key index.link", "is no CSS selector"]),
        ({"fields": {"title": {"jmespath": "a..b"}}}, ["fields.title", "no JMESPath expression"]),
        ({"fields": {"title": {"css": "h1", "const": "x"}}}, ["fields.title", "one of: css, jmespath, column, const"]),
        ({"fields": {"author": {"css": "h1"}}}, ["fields.author", "'publisher'"]),
        ({"sitemap": {"match": "x"}}, ["exactly the section 'index' is needed; found: ['index', 'sitemap']"]),
        ({"discovery": "sitemap", "index": "REMOVE", "sitemap": {"match": "("}}, ["no regular expression"]),
        ({"floor": 0}, ["key floor", "greater than or equal to 1", "found: 0"]),
        ({"ceiling": 5}, ["ceiling 5 is below floor 10"]),
        ({"name": "other"}, ["key name: 'other' differs from the file's name; allowed: real"]),
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_refused_in_words(tmp_path: Path, changes: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(SourceError) as refused:
        load(tmp_path, **changes)
    message = str(refused.value)
    for word in (*words, str(tmp_path / "real.yml"), "horizon sources check real"):
        assert word in message


def test_a_key_given_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "real.yml"
    path.write_text(yaml.safe_dump(REAL) + "floor: 20\n")
    with pytest.raises(SourceError, match="the key 'floor' is given twice"):
        load_source(path)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "a: [", "!!python/object/apply:os.getcwd []", "\x00"])
def test_a_file_that_is_no_declaration_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "real.yml"
    path.write_text(text)
    with pytest.raises(SourceError, match=r"real\.yml"):
        load_source(path)


def test_a_disabled_source_and_a_loopback_source_need_no_contact(tmp_path: Path) -> None:
    assert load(tmp_path, enabled=False, contact="REMOVE").contact is None
    local = load(tmp_path, hosts=["127.0.0.1:9"], start_urls=["http://127.0.0.1:9/"], contact="REMOVE", delay_seconds=0)
    assert (local.is_loopback, local.delay) == (True, 0.0)


def test_the_projects_own_declarations_load() -> None:
    demo = [load_source(path, loopback_port=4321) for path in (CRAWLER / "demo" / "sources").glob("*.yml")]
    assert len(demo) == 12
    assert {source.hosts for source in demo} == {("127.0.0.1:4321",)}
    assert all(source.is_loopback and source.delay == 0 for source in demo)
    assert all(url.startswith("http://127.0.0.1:4321/") for source in demo for url in source.start_urls)
    real = [load_source(path) for path in (CRAWLER / "sources").glob("*.yml")]
    assert len(real) == 33
    assert {(source.enabled, source.verified) for source in real} == {(False, "never")}
    assert all(source.delay >= 3 and not source.is_loopback for source in real)


def test_the_model_can_be_published_as_a_json_schema() -> None:
    schema = Source.model_json_schema()
    assert set(schema["required"]) >= {
        "name",
        "title",
        "publisher",
        "licence",
        "discovery",
        "start_urls",
        "hosts",
        "floor",
    }
    assert schema["additionalProperties"] is False
