"""Demo: the main job on the starter catalogue, from a site on loopback to lists for the regions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from crawler.demo.site import PORT_DEFAULT, DemoSite
from pipeline.console import Console
from pipeline.crawl import CrawlPlan
from pipeline.job import Status, started_job
from pipeline.run import RunPlan, run_stages
from pipeline.site.serve import bound_socket, serve
from pipeline.sources import DEMO_SOURCES_FOLDER, choose_sources


@contextmanager
def demo_site(console: Console) -> Iterator[DemoSite]:
    """The starter catalogue served on loopback: on its usual port or, when that is taken, on a free one."""
    try:
        site = DemoSite(port=PORT_DEFAULT)
    except OSError:
        site = DemoSite(port=0)
        console.say(f"port {PORT_DEFAULT} is taken, so the demo site has another one")
    with site:
        console.say(f"demo site: {site.base_url}")
        yield site


def run_demo(db_path: Path, site: DemoSite, console: Console) -> tuple[Path, Status]:
    """Run every stage against the demo site; returns the folder of the candidate lists, and how the run went."""
    exports = db_path.parent / "exports"
    names = choose_sources(DEMO_SOURCES_FOLDER, [], console)
    with started_job(db_path, "demo", console) as job:
        run_stages(job, RunPlan(CrawlPlan(names, DEMO_SOURCES_FOLDER, urlsplit(site.base_url).port), exports))
        job.report()
        return exports, job.status


def check_port(port: int) -> None:
    """Raise SiteError now, and not after the work, when the port to serve on is taken."""
    bound_socket("127.0.0.1", port).close()


def serve_demo(db_path: Path, exports: Path, port: int, console: Console) -> None:
    """Serve until interrupted; once the site listens, say where to look and what to try."""

    def announce(address: str) -> None:
        for line in tour(address.rstrip("/"), exports):
            console.say(line)

    serve(db_path, host="127.0.0.1", port=port, announce=announce)


def tour(address: str, exports: Path) -> list[str]:
    """Where to look and what to try, for a newcomer."""
    return [
        "",
        f"The pipeline is served at {address} (stop it with Ctrl-C). Things to try:",
        f"  {address}/search?q=falls+care+home     search by words",
        f"  {address}/search?theme=patient-safety  everything tagged with one theme",
        f"  {address}/innovations/innovations      the table, with facets on theme, pledge, region and source",
        f"  {address}/innovations/filtered_out     what was left out, and why",
        f"  {exports}: one candidate list per region, as CSV and XLSX",
        "",
    ]
