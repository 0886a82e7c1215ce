from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("pyproject.toml", "README.md", "LICENSE", "datasette_metadata.json")


def test_a_wheel_holds_everything_that_a_command_needs(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for package in ("crawler", "nlp", "pipeline", "db"):
        leave = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, source / package, symlinks=True, ignore=leave)
    for name in NEEDED:
        shutil.copy(ROOT / name, source / name)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(tmp_path)]
    subprocess.run([*build, str(source)], check=True, capture_output=True, text=True)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    script = (
        "import pipeline, pipeline.site.serve as site; print(pipeline.__file__)\n"
        "site.METADATA.read_text(); assert (site.TEMPLATES / 'home.html').exists()\n"
        "assert list(site.STATIC.glob('*.css'))\n"
        "from pipeline.cli import main; main(['doctor', '--db', 'none.db'])\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.stdout.startswith(str(installed)), ended.stderr
    assert ended.returncode == 3, ended.stdout  # no database yet, and nothing else is wrong
