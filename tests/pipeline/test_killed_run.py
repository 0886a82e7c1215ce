"""Killing `horizon run` anywhere and running it again ends in the same content as an undisturbed run."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from db.checks import damage
from db.database import open_database

ROOT = Path(__file__).resolve().parents[2]
Horizon = Callable[..., "subprocess.CompletedProcess[str]"]
SOURCES = ("demo-nice", "demo-national", "demo-journals")  # an API, an HTML index, a feed with pages behind it
KILLS = 6
OPERATIONAL = {"runs", "run_counts", "run_problems", "exports", "crawl_rounds", "_sqlite_migrations"}
OPERATIONAL_COLUMNS = {
    "run_id",
    "tries",
    "next_due_at",
    "http_status",
    "round",
    "number",
}  # 200 at first, 304 when asked again


def content(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, without timestamps, run records and attempt counters."""
    db = open_database(path)
    try:
        tables = [name for name in db.table_names() if name not in OPERATIONAL and "_fts" not in name]
        return {name: rows_of(db, name) for name in tables}
    finally:
        db.conn.close()


def rows_of(db: Any, table: str) -> list[tuple[Any, ...]]:
    columns = [column.name for column in db.table(table).columns]
    kept = [name for name in columns if not name.endswith("_at") and name not in OPERATIONAL_COLUMNS]
    return sorted((tuple(row) for row in db.conn.execute(f"SELECT {', '.join(kept)} FROM {table}")), key=repr)


def command(folder: Path) -> list[str]:
    words = ["run", *SOURCES, "--sources", "crawler/demo/sources", "--db", str(folder / "a.db"), "-q"]
    return [sys.executable, "-m", "pipeline.cli", *words]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, horizon_environment: dict[str, str]) -> tuple[Path, float]:
    folder = tmp_path_factory.mktemp("undisturbed")
    started = time.monotonic()
    subprocess.run(command(folder), cwd=ROOT, env=horizon_environment, check=True, stdin=subprocess.DEVNULL)
    return folder, time.monotonic() - started


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_run_is_simply_run_again(
    number: int, undisturbed: tuple[Path, float], horizon_environment: dict[str, str], tmp_path: Path
) -> None:
    folder, seconds = undisturbed
    # one kill somewhere in each sixth of an undisturbed run's time; the seed only spreads them, any moment must do
    moment = (number + random.Random(number).random()) / KILLS * seconds
    kill_after(moment, tmp_path, horizon_environment)
    again = subprocess.run(command(tmp_path), cwd=ROOT, env=horizon_environment, check=False, stdin=subprocess.DEVNULL)
    assert again.returncode == 0
    assert content(tmp_path / "a.db") == content(folder / "a.db")
    assert csv_lists(tmp_path) == csv_lists(folder)
    db = open_database(tmp_path / "a.db")
    assert list(damage(db)) == []
    db.conn.close()


def kill_after(seconds: float, folder: Path, environment: dict[str, str]) -> None:
    """Kill a run that long after its start; a run that was done sooner is started afresh and killed earlier."""
    while True:
        process = subprocess.Popen(command(folder), cwd=ROOT, env=environment, stdin=subprocess.DEVNULL)
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
            return
        shutil.rmtree(folder)
        folder.mkdir()
        seconds *= 0.8


def csv_lists(folder: Path) -> dict[str, bytes]:
    lists = {path.name: path.read_bytes() for path in (folder / "exports").rglob("*.csv")}
    assert lists
    return lists


def test_a_second_run_on_an_unchanged_site_writes_nothing_new(
    undisturbed: tuple[Path, float], horizon_environment: dict[str, str]
) -> None:
    folder, _ = undisturbed
    before = content(folder / "a.db")
    subprocess.run(command(folder), cwd=ROOT, env=horizon_environment, check=True, stdin=subprocess.DEVNULL)
    assert content(folder / "a.db") == before
    db = open_database(folder / "a.db")
    latest = (
        "SELECT stage, name, sum(value) AS n FROM run_counts WHERE run_id = (SELECT max(id) FROM runs) GROUP BY 1, 2"
    )
    counts = {(row["stage"], row["name"]): row["n"] for row in db.query(latest)}
    assert counts[("crawl", "new")] == counts[("crawl", "changed")] == counts[("tag", "listings")] == 0
    db.conn.close()


def test_an_interrupt_is_told_and_nothing_is_left_running(horizon_environment: dict[str, str], tmp_path: Path) -> None:
    process = subprocess.Popen(
        command(tmp_path), cwd=ROOT, env=horizon_environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    wait_for_listings(tmp_path / "a.db")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"run the same command again" in errors
    db = open_database(tmp_path / "a.db")
    assert [row["status"] for row in db.query("SELECT status FROM runs")] == ["interrupted"]
    db.conn.close()


def test_a_stop_by_the_system_ends_as_tidily(horizon_environment: dict[str, str], tmp_path: Path) -> None:
    process = subprocess.Popen(command(tmp_path), cwd=ROOT, env=horizon_environment, stdin=subprocess.DEVNULL)
    wait_for_listings(tmp_path / "a.db")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 130


def wait_for_listings(path: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if path.exists():
            db = open_database(path)
            stored = "frontier" in db.table_names() and db.table("frontier").count
            db.conn.close()
            if stored:
                return
        time.sleep(0.05)
    raise AssertionError("the crawl stored nothing within a minute")
