from __future__ import annotations

from pathlib import Path

import pytest

from db.database import open_database
from db.runs import problems_of
from pipeline.console import Console, table_lines
from pipeline.errors import LockHeldError, StageFailedError
from pipeline.job import started_job
from pipeline.validate import validate_stored


def quiet() -> Console:
    return Console(verbosity=-1)


def statuses(path: Path) -> list[str]:
    db = open_database(path)
    found = [row["status"] for row in db.query("SELECT status FROM runs ORDER BY id")]
    db.conn.close()
    return found


def test_a_job_is_recorded_however_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with started_job(path, "tag", quiet()):
        pass
    assert statuses(path) == ["done"]
    with pytest.raises(KeyboardInterrupt), started_job(path, "tag", quiet()):
        raise KeyboardInterrupt
    with pytest.raises(StageFailedError), started_job(path, "tag", quiet()) as job:
        raise job.fail("tag", "no reason")
    assert sorted(statuses(path)) == ["done", "failed", "interrupted"]


def test_a_warning_makes_the_run_end_with_warnings(tmp_path: Path) -> None:
    with started_job(tmp_path / "a.db", "tag", quiet()) as job:
        job.warn("crawl", "one source is below its floor", source="s")
        assert [p["message"] for p in problems_of(job.db, job.run_id)] == ["one source is below its floor"]
    assert statuses(tmp_path / "a.db") == ["warnings"]


def test_a_killed_run_is_marked_by_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with started_job(path, "run", quiet()) as job:
        job.db.conn.execute("INSERT INTO runs VALUES ('0', 'run', 't', NULL, 'running', '0')")
        job.db.conn.commit()
    with started_job(path, "run", quiet()):
        pass
    assert statuses(path) == ["interrupted", "done", "done"]


def test_two_jobs_never_overlap(tmp_path: Path) -> None:
    with (
        started_job(tmp_path / "a.db", "run", quiet()),
        pytest.raises(LockHeldError),
        started_job(tmp_path / "a.db", "run", quiet()),
    ):
        pass


def test_validation_stops_what_would_build_on_contradicting_rows(tmp_path: Path) -> None:
    from db.backup import backup_database

    with started_job(tmp_path / "a.db", "run", quiet()) as job:
        validate_stored(job, published=True)
        job.db.conn.execute("PRAGMA foreign_keys = OFF")
        job.db.conn.execute("INSERT INTO innovation_redirects VALUES ('old', 'nowhere', 't')")
        job.db.conn.commit()
        with pytest.raises(StageFailedError, match="rows that refer to rows which do not exist"):
            validate_stored(job, published=False)
    assert backup_database(tmp_path / "a.db", tmp_path / "b.db").exists()  # what was stored stays readable


def test_results_stand_apart_from_talk(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(as_json=True)
    console.say("talk")
    console.result({"a": 1}, ["a is 1"])
    out, err = capsys.readouterr()
    assert out == '{"a": 1}\n'
    assert err == "talk\n"


def test_no_bar_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    with Console().progress(3, "tagging") as bar:
        bar.update(3)
    assert capsys.readouterr() == ("", "")


def test_tables_line_up() -> None:
    assert table_lines(("name", "n"), [("a", 1), ("longer", 22)]) == ["name    n", "a       1", "longer  22"]
