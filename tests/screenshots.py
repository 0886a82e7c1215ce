"""Pictures of the served site, taken with headless Chromium, for the README and for looking at a change.

python tests/screenshots.py http://127.0.0.1:8001 docs/images
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from tests.browser import NO_BROWSER, find_browser

PAGE_SECONDS = 60  # a cold start of Chromium on a busy machine takes ten
WIDTHS = {"wide": (1280, 1600), "narrow": (360, 1400)}  # width and height in CSS pixels; 360 is a small telephone
OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
]


def richest_innovation(base: str) -> str:
    """The path of the innovation with the most listings."""
    address = f"{base}/innovations/innovations.json?_sort_desc=listing_count&_size=1&_shape=array&_col=id"
    try:
        with urllib.request.urlopen(address, timeout=PAGE_SECONDS) as answer:
            rows = json.load(answer)
    except urllib.error.URLError as error:
        raise SystemExit(f"no site at {base} ({error.reason}); start it first with: horizon serve") from error
    if not rows:
        raise SystemExit(f"{base} serves no innovations; fill the database with: horizon run")
    return f"/innovation/{rows[0]['id']}"


def pages(base: str) -> dict[str, str]:
    return {
        "home": "/",
        "search": "/search?q=falls&theme=patient-safety",
        "innovation": richest_innovation(base),
        "table": "/innovations/innovations?_size=10",
    }


def take(program: str, address: str, file: Path, size: tuple[int, int]) -> None:
    with tempfile.TemporaryDirectory() as profile:
        width, height = size
        flags = [f"--user-data-dir={profile}", f"--window-size={width},{height}", f"--screenshot={file}", address]
        done = subprocess.run([program, *OPTIONS, *flags], capture_output=True, timeout=PAGE_SECONDS, check=False)
    if done.returncode or not file.exists():
        raise SystemExit(f"no picture of {address}: {done.stderr.decode(errors='replace')[-500:]}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Take pictures of the served site.")
    parser.add_argument("base", nargs="?", default="http://127.0.0.1:8001", help="address of the running site")
    parser.add_argument("folder", nargs="?", default=Path("docs/images"), type=Path, help="where the pictures go")
    given = parser.parse_args()
    base, program = given.base.rstrip("/"), find_browser()
    if program is None:
        raise SystemExit(NO_BROWSER)
    given.folder.mkdir(parents=True, exist_ok=True)
    for name, path in pages(base).items():
        for kind, size in WIDTHS.items():
            file = given.folder / f"{name}-{kind}.png"
            take(program, base + path, file, size)
            sys.stdout.write(f"{file}\n")


if __name__ == "__main__":
    main()
