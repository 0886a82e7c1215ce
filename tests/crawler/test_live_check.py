"""A look at live sources: a health line for each, stored, and those that pass enabled when that is asked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from crawler.source import load_source

ROOT = Path(__file__).parents[2]
TEXT = "The service sends a therapist to care homes after a fall, so that fewer people go to hospital."


def check(bench: Any, tools: Any, *words: str) -> tuple[int, dict[str, dict[str, Any]]]:
    command = [sys.executable, "-m", "pipeline.cli", "sources", "check", *words, "--json"]
    command += ["--sources", str(bench.sources), "--db", str(bench.db_path)]
    environment = {**tools.environment, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, {one["source"]: one for one in json.loads(done.stdout)["checks"]}


@pytest.fixture
def four(bench: Any, site: Any) -> None:
    """A source that is well, one whose list moved, one whose pages lost their text, one without a contact address."""
    site.html("/", "<a class='item' href='/a'>A</a><a class='item' href='/b'>B</a><a class='item' href='/c'>C</a>")
    for name in "abc":
        site.listing(f"/{name}", f"Listing {name}", TEXT)
    site.html("/bare", "<a class='item' href='/x'>X</a>")
    site.html("/x", "<main><h1>A title alone</h1></main>")
    bench.declare("well", enabled=False)
    bench.declare("moved", enabled=False, start="/list")
    bench.declare("bare", enabled=False, start="/bare")
    bench.declare("silent", enabled=False, start_urls=["https://silent.example/"], hosts=["silent.example"])


def test_each_source_gets_its_health_line_and_none_stops_another(four: None, bench: Any, site: Any, tools: Any) -> None:
    code, found = check(bench, tools, "--live")
    assert code == 1
    assert {name: one["status"] for name, one in found.items()} == {
        "well": "ok", "moved": "failed", "bare": "failed", "silent": "failed",
    }  # fmt: skip
    assert found["well"]["message"].startswith("3 listings on the first page, such as 'Listing a' (")
    assert found["moved"]["message"].endswith("/list answered 404")
    assert "1 of 1 looked at lack a title or a text" in found["bare"]["message"]
    assert "needs the key contact" in found["silent"]["message"]
    assert len(bench.rows("SELECT * FROM source_checks")) == 4 and bench.rows("SELECT * FROM listings") == []
    assert len(site.asked("/c")) == 0  # two listings are enough


def test_those_that_pass_are_enabled_with_the_day_and_their_comments_stay(four: None, bench: Any, tools: Any) -> None:
    path = bench.sources / "well.yml"
    path.write_text("# Why it is here.\n" + path.read_text())
    code, found = check(bench, tools, "well", "moved", "--enable")
    assert code == 1 and found["well"]["message"].endswith("; enabled") and "enabled" not in found["moved"]["message"]
    assert path.read_text().startswith("# Why it is here.\n")
    source = load_source(path)
    assert source.enabled and str(source.verified).startswith("20")
    assert yaml.safe_load((bench.sources / "moved.yml").read_text())["enabled"] is False
