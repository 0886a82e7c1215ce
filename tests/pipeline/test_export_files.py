from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.export.files import file_digest, write_whole
from pipeline.export.manifest import ExportedFile, known_runs, write_manifest


def fill(text: str) -> object:
    return lambda path: path.write_text(text)


def test_written_whole_and_nothing_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "lists" / "a.csv"
    assert write_whole(path, fill("one")) == (file_digest(path), True)  # type: ignore[arg-type]
    assert [one.name for one in path.parent.iterdir()] == ["a.csv"]


def test_same_content_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_whole(path, fill("one"))  # type: ignore[arg-type]
    before = path.stat()
    assert write_whole(path, fill("one"))[1] is False  # type: ignore[arg-type]
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_failure_keeps_the_old_file(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "a.csv"
    write_whole(path, fill("old"))  # type: ignore[arg-type]

    def half(part: Path) -> None:
        part.write_text("ne")
        raise error

    with pytest.raises(type(error)):
        write_whole(path, half)
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


def exported(path: Path, run: str) -> ExportedFile:
    return ExportedFile(path, "HI-SW", "csv", 3, "abc", run, True)


def test_manifest_keeps_files_of_other_regions_and_drops_missing_ones(tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    for path in (first, second):
        path.write_text("x")
    write_manifest(tmp_path, [exported(first, "run-1"), exported(second, "run-1")])
    second.unlink()
    write_manifest(tmp_path, [exported(first, "run-2")])
    entries = json.loads((tmp_path / "manifest.json").read_text())["files"]
    assert [(entry["file"], entry["run"], entry["rows"]) for entry in entries] == [("a.csv", "run-2", 3)]
    assert known_runs(tmp_path) == {("a.csv", "abc"): "run-2"}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"files": [{}]}', '{"files": 3}', '{"files": [3]}'])
def test_unreadable_manifest_is_written_anew(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    assert known_runs(tmp_path) == {}
