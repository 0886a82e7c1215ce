"""A real browser for tests and pictures: the system's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NO_BROWSER = f"no browser: install one of {', '.join(BROWSERS)} (Debian: apt-get install chromium), or set CHROMIUM"
REQUIRED = "HORIZON_BROWSER"  # set to "required" where browser tests must not be skipped
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
WIDE, NARROW = (1280, 900), (320, 900)  # CSS pixels; 320 is what WCAG 1.4.10 asks for
SERVER = """
import sys
from pathlib import Path
from pipeline.site.serve import serve
serve(Path(sys.argv[1]), port=0, announce=lambda address: print(address, flush=True))
"""


def find_browser() -> str | None:
    """The path of a Chromium on this machine."""
    return os.environ.get("CHROMIUM") or next((path for name in BROWSERS if (path := shutil.which(name))), None)


@dataclass
class Window:
    """One page of the browser, with what it complained about."""

    page: Any
    complaints: list[str] = field(default_factory=list)

    def open(self, address: str, size: tuple[int, int] = WIDE) -> None:
        """Go to an address and wait until it is loaded."""
        self.complaints.clear()
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        self.page.goto(address, wait_until="load")

    def violations(self) -> list[str]:
        """What axe-core finds wrong on this page, one line for each element."""
        script = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
        # Playwright's own world, not a <script>: the page's Content-Security-Policy stays in force
        found = self.page.evaluate(
            f"async () => {{ {script}; return await axe.run(document, "
            f"{{runOnly: {list(TAGS)!r}, resultTypes: ['violations']}}); }}"
        )
        return [
            f"{rule['id']} ({rule['impact']}): {' '.join(node['target'][-1:])} {node['html'][:100]}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@contextmanager
def browser_window(program: str) -> Iterator[Window]:
    """A window of a headless browser that reaches loopback and files only."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(locale="en-GB", timezone_id="Europe/London")
        window = Window(context.new_page())
        window.page.on("console", lambda told: _note(window, told.type, told.text))
        window.page.on("pageerror", lambda error: _note(window, "error", str(error)))
        yield window
        browser.close()


def _note(window: Window, kind: str, text: str) -> None:
    if kind in ("error", "warning"):
        window.complaints.append(text)


@contextmanager
def served(database: Path, program: Sequence[str] = (sys.executable, "-c", SERVER)) -> Iterator[str]:
    """The site over a database, in a process of its own, on a free port; its address without a slash at the end."""
    server = subprocess.Popen([*program, str(database)], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip().rstrip("/")
    finally:
        server.terminate()
        server.wait()
