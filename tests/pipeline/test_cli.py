from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from pipeline.cli import cli

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("scrapy", "twisted", "spacy", "sklearn", "numpy", "datasette", "sqlite_utils", "pydantic", "trafilatura")
Horizon = Callable[..., "subprocess.CompletedProcess[str]"]


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, group
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def help_of(path: tuple[str, ...]) -> str:
    context = click.Context(dict(commands(cli))[path], info_name=" ".join(("horizon", *path)))
    return context.command.get_help(context)


def examples(path: tuple[str, ...]) -> list[str]:
    return [line.strip() for line in help_of(path).split("Example:")[1].splitlines() if line.strip()]


ALL = [path for path, _ in commands(cli)]
SERVING = {("serve",)}
LONG = {("train",)}  # minutes; what it does is tested in test_train_command.py


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_help_ends_with_an_example_of_its_command(path: tuple[str, ...]) -> None:
    assert all(line.startswith(" ".join(("horizon", *path))) for line in examples(path))
    assert help_of(path).rstrip().endswith(examples(path)[-1])


@pytest.fixture(scope="module")
def workplace(demo_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a filled database of its own, in which the examples' relative paths mean what they say."""
    folder = tmp_path_factory.mktemp("workplace")
    (folder / "crawler").symlink_to(ROOT / "crawler")
    (folder / "data").mkdir()
    shutil.copy(demo_database, folder / "data" / "innovations.db")
    shutil.copy(ROOT / "nlp" / "corpus" / "dev.jsonl", folder / "listings.jsonl")
    (folder / "may.csv").write_text("Number,Device\n1,One\n2,Two\n")
    (folder / "september.json").write_text('[{"id": 2, "device": "Deux"}, {"id": 1, "device": "ONE"}]')
    return folder


# backup comes before restore, whose example names the file that backup's writes
@pytest.mark.parametrize("path", sorted(path for path in ALL if path not in SERVING | LONG), ids=" ".join)
def test_every_example_works(path: tuple[str, ...], horizon_environment: dict[str, str], workplace: Path) -> None:
    command = f"{shlex.quote(sys.executable)} -m pipeline.cli"
    for line in examples(path):
        ended = subprocess.run(
            ["sh", "-c", line.replace("horizon", command, 1)],
            cwd=workplace,
            env=horizon_environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert ended.returncode == 0, f"{line}\n{ended.stderr}"


def test_serve_serves_and_stops_on_interrupt(
    workplace: Path, horizon_environment: dict[str, str], demo_database: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (line,) = examples(("serve",))
    words = shlex.split(line.replace("8001", str(port)))[1:]
    command = [sys.executable, "-m", "pipeline.cli", *words]
    process = subprocess.Popen(command, cwd=workplace, env=horizon_environment, stderr=subprocess.PIPE)
    try:
        page = fetch_when_up(f"http://127.0.0.1:{port}/", process)
        assert "innovation" in page.lower()
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode in (0, 130), errors
    assert b"Traceback" not in errors


def fetch_when_up(address: str, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"nothing answered at {address}")


def test_help_imports_nothing_heavy() -> None:
    script = f"import sys, pipeline.cli; print([name for name in {HEAVY!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_json_is_all_that_stands_on_standard_output(horizon: Horizon, workplace: Path) -> None:
    ended = horizon("tag", "--json", cwd=workplace)
    values = json.loads(ended.stdout)
    assert values["status"] == "done"
    assert values["counts"]["tag"]["listings"] == 0  # nothing changed since the run


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("crawl", "--nonsense"), 2, "No such option"),
        (("bananas",), 2, "No such command"),
        (("crawl", "demo-nise", "--sources", "crawler/demo/sources"), 2, "did you mean demo-nice?"),
        (("tag", "--db", "/dev/null/x.db"), 1, "/dev/null"),
        (("serve", "--db", "data/nothing.db"), 1, "nothing.db"),
        (("restore", "data/nothing.db"), 2, "does not exist"),
        (("tag", "--db", "data/typo.db"), 1, "typo.db"),
        (("export", "--db", "data/typo.db"), 1, "horizon demo"),
        (("export", "--region", "HI-XX"), 1, "HI-SW"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_misuse_has_its_exit_code_and_names_the_offender(
    words: tuple[str, ...], code: int, said: str, horizon: Horizon, workplace: Path
) -> None:
    ended = horizon(*words, cwd=workplace)
    assert ended.returncode == code, ended.stderr
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_second_command_on_the_same_database_waits_its_turn(horizon: Horizon, tmp_path: Path) -> None:
    from pipeline.lock import run_lock

    with run_lock(tmp_path / "a.db"):
        ended = horizon("run", "--sources", "crawler/demo/sources", "--db", str(tmp_path / "a.db"))
    assert ended.returncode == 1
    assert "another horizon command is at work" in ended.stderr


def test_no_color_is_respected(horizon: Horizon) -> None:
    script = "import sys; sys.stderr.isatty = lambda: True; from pipeline.cli import main; main(['crawl', 'x'])"
    for value, coloured in (("", True), ("1", False)):
        environment = {**os.environ, "NO_COLOR": value}
        ended = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert ("\x1b[" in ended.stderr) is coloured
        assert ended.returncode == 2


def test_a_demo_that_cannot_be_served_says_so_before_the_work(horizon: Horizon, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = horizon("demo", "--port", str(taken.getsockname()[1]), "--db", str(tmp_path / "a.db"))
    assert ended.returncode == 1
    assert "cannot listen" in ended.stderr
    assert not (tmp_path / "a.db").exists()


def test_a_broken_source_file_is_a_warning_of_the_run(horizon: Horizon, tmp_path: Path) -> None:
    shutil.copy(ROOT / "crawler" / "demo" / "sources" / "demo-nice.yml", tmp_path)
    (tmp_path / "broken.yml").write_text("name: broken\n")
    ended = horizon("crawl", "--sources", str(tmp_path), "--db", str(tmp_path / "a.db"), "--json")
    assert ended.returncode == 3
    assert f"horizon sources check broken --sources {tmp_path}" in ended.stderr
    assert json.loads(ended.stdout)["status"] == "warnings"


def test_what_the_system_says_comes_with_advice(tmp_path: Path) -> None:
    from db.database import OperationalError
    from pipeline.errors import advice, is_expected

    for message, words in (("database or disk is full", "free some space"), ("database is locked", "another program")):
        assert is_expected(OperationalError(message))
        assert words in advice(OperationalError(message), tmp_path)
    assert not is_expected(OperationalError("no such column: titel"))
    assert "horizon doctor" in advice(OperationalError("database disk image is malformed"), tmp_path)
