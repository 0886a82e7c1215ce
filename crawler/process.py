"""Crawl one source in this process: python -m crawler.process SOURCE --db PATH --run RUN --sources DIR."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from scrapy.crawler import AsyncCrawlerProcess

from crawler.pipelines import CrawlSetupError, CrawlStore, close_store, open_store
from crawler.settings import build_settings
from crawler.source import Source, SourceError, load_source
from crawler.spiders.registry import spider_class
from crawler.tally import COUNTS, judge

DONE, FAILED, USAGE = 0, 1, 2
OVER = ("finished", "closespider_pagecount")  # any other end is gone on with; a trap would never come to another
LOG_LEVELS = {"scrapy": logging.INFO, "scrapy.crawler": logging.WARNING, "trafilatura": logging.CRITICAL}


def main(arguments: Sequence[str] | None = None) -> int:
    """Crawl, print one JSON line with the counts, and return the exit code: 0 done, 1 failed, 2 usage."""
    options = _parser().parse_args(arguments)
    if options.stop_on_stdin_eof:
        threading.Thread(target=_stop_at_end_of_input, daemon=True).start()
    _log_to_stderr(options.verbose)
    try:
        source = _find_source(options.sources, options.source, options.loopback_port)
        store = open_store(options.db, source, options.run)
    except (SourceError, CrawlSetupError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return USAGE
    outcome = crawl(source, store)
    print(json.dumps(outcome))  # noqa: T201
    return FAILED if outcome["status"] == "failed" else DONE


def crawl(source: Source, store: CrawlStore) -> dict[str, object]:
    """Crawl one source and record how it went. Once in a process: Twisted's reactor cannot be started again."""
    begun = time.monotonic()
    process = AsyncCrawlerProcess(build_settings(source, datetime.now(UTC)))
    _quieten_libraries()
    crawler = process.create_crawler(spider_class(source.discovery))
    process.crawl(crawler, source=source, store=store)
    process.start()
    statistics = crawler.stats.get_stats() if crawler.stats else {}
    tally = store.tally
    counts: dict[str, float] = {
        "requests": statistics.get("downloader/request_count", 0),
        "listings": len(tally.seen),
        **{name: tally.counts[name] for name in COUNTS},
        "bytes": statistics.get("downloader/response_bytes", 0),
        "seconds": round(time.monotonic() - begun, 3),
    }
    finish_reason = str(statistics.get("finish_reason", "the crawl did not start"))
    status, problems = judge(source, tally, finish_reason)
    for problem in problems:
        logging.getLogger(__name__).warning("%s: %s", problem.severity, problem.message)
    is_over = finish_reason in OVER and not tally.unstored and not tally.storage_failures and not tally.paused
    status = close_store(store, counts, status, problems, is_over=is_over)
    return {"source": source.name, "status": status, **counts}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m crawler.process", description="Crawl one source.")
    parser.add_argument("source", metavar="SOURCE")
    parser.add_argument("--db", type=Path, required=True, metavar="PATH")
    parser.add_argument("--run", required=True, metavar="RUN_ID")
    parser.add_argument("--sources", type=Path, required=True, metavar="DIR")
    parser.add_argument("--loopback-port", type=int, metavar="PORT", help="where the demo site runs, if not at 8770")
    parser.add_argument("--stop-on-stdin-eof", action="store_true", help="end at once when standard input ends")
    parser.add_argument("-v", "--verbose", action="store_true")
    return parser


def _find_source(directory: Path, name: str, loopback_port: int | None) -> Source:
    path = directory / f"{name}.yml"
    if path.parent != directory or not path.is_file():
        names = ", ".join(sorted(found.stem for found in directory.glob("*.yml"))) or "none"
        raise SourceError(f"no source {name!r} in {directory}; allowed: {names}; list them with: horizon sources list")
    return load_source(path, loopback_port)


def _log_to_stderr(verbose: bool) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.INFO if verbose else logging.WARNING)  # Scrapy sets the levels of its loggers, not ours
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=handler.level, handlers=[handler])


def _quieten_libraries() -> None:
    """Keep whole pages and start-up talk out of the log; after Scrapy has set levels of its own."""
    for name, level in LOG_LEVELS.items():
        logging.getLogger(name).setLevel(max(level, logging.getLogger().level))


def _stop_at_end_of_input() -> None:
    """A parent that dies closes our standard input; what is committed by then is whole."""
    while os.read(0, 1):  # not through sys.stdin, whose lock would be held when the interpreter shuts down
        pass
    os._exit(FAILED)


if __name__ == "__main__":
    sys.exit(main())
