from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crawler.demo.site import DemoSite

ROOT = Path(__file__).resolve().parents[2]
Horizon = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def demo_site() -> Iterator[DemoSite]:
    """The starter catalogue on a free loopback port."""
    with DemoSite(port=0) as site:
        yield site


@pytest.fixture(scope="session")
def horizon_environment(demo_site: DemoSite) -> dict[str, str]:
    """The environment in which `horizon` finds the demo site."""
    return {**os.environ, "HORIZON_LOOPBACK_PORT": str(urlsplit(demo_site.base_url).port), "PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="session")
def horizon(horizon_environment: dict[str, str]) -> Horizon:
    """Run the command as a person would, in a process of its own; returns the ended process."""

    def run(*words: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pipeline.cli", *words],
            cwd=cwd or ROOT,
            env={**horizon_environment, **environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    return run


@pytest.fixture(scope="session")
def demo_database(horizon: Horizon, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole demo run once: database, logs and lists in one folder. Tests only read it."""
    path = tmp_path_factory.mktemp("demo") / "innovations.db"
    ended = horizon("run", "--sources", "crawler/demo/sources", "--db", str(path))
    assert ended.returncode == 0, ended.stderr
    return path
