"""The files for running it on a schedule: units that systemd accepts, commands that are there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from pipeline.cli import cli

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNITS = ("horizon.service", "horizon.timer", "horizon-site.service")


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here (Debian: apt-get install systemd)")
    command = tmp_path / ".venv" / "bin" / "horizon"
    command.parent.mkdir(parents=True)
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    (tmp_path / "README.md").write_text("x")
    for name in UNITS:  # with paths and a user that are here
        text = (DEPLOY / name).read_text().replace("/opt/innovation-pipeline", str(tmp_path))
        (tmp_path / name).write_text(text.replace("User=horizon", "User=root"))
    units = [str(tmp_path / name) for name in UNITS]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "horizon" in line]
    assert done.returncode == 0 and said == [], done.stderr


@pytest.mark.parametrize("path", sorted(path.name for path in DEPLOY.iterdir()))
def test_every_command_named_is_one_with_these_options(path: str) -> None:
    text = (DEPLOY / path).read_text()
    calls = re.findall(r"bin/horizon ((?:[a-z]+)(?: --[a-z-]+(?: [\w./]+)?)*)", text)
    assert calls or path in ("horizon.timer", "Containerfile", "README.md")
    for call in calls:
        verb, *words = call.split()
        known = CliRunner().invoke(cli, [verb, "--help"]).output
        assert "Usage:" in known and all(word in known for word in words if word.startswith("--")), call


def test_the_schedule_is_a_workflow() -> None:
    schedule = yaml.safe_load((DEPLOY / "schedule.yml").read_text())
    assert schedule["jobs"]["crawl"]["steps"] and schedule[True]["schedule"]  # YAML reads the key "on" as true
