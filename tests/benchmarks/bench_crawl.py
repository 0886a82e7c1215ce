"""Pages a second of a crawl with extraction and storage, beside a bare Scrapy spider that calls trafilatura.

python tests/benchmarks/bench_crawl.py [PAGES] [--memory]. Both crawl the same loopback site, in processes of their own,
one after the other, three times each; the median is told. The bare spider asks for every page with eight connections,
calls trafilatura.extract and stores nothing. The site runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from db.database import open_database, transaction
from db.migrations import migrate
from db.runs import start_run

RUNS = 3
SERVER = """
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
count = int(sys.argv[1])
records = __import__("json").loads(open(sys.argv[2]).read())
def page(number):
    record = records[number % len(records)]
    menu = "".join(f"<li><a href='/m/{n}'>Menu entry {n}</a></li>" for n in range(40))
    body = "".join(f"<p>{part}</p>" for part in record["text"].split(". "))
    title = f"{record['title']} {number}"
    return (f"<!DOCTYPE html><html><head><title>{title}</title></head><body><nav><ul>{menu}</ul></nav>"
            f"<main><article><h1>{title}</h1>{body}</article></main><footer>Foot</footer></body></html>")
def index(first):
    links = "".join(f"<a class='item' href='/d/{n}'>{n}</a>" for n in range(first, min(count, first + 1000)))
    following = f"<a class='next' href='/i/{first + 1000}'>Next</a>" if first + 1000 < count else ""
    return f"<html><body>{links}{following}</body></html>"
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        known = self.path == "/" or self.path.startswith(("/d/", "/i/"))
        number = int(self.path[3:] or 0) if known else 0
        body = (page(number) if self.path.startswith("/d/") else index(number) if known else "no").encode()
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
"""
BARE = """
import sys, trafilatura
from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess
class Bare(Spider):
    name = "bare"
    found = 0
    async def start(self):
        yield Request(sys.argv[1])
    def parse(self, response):
        for address in response.css("a.item::attr(href)").getall():
            yield response.follow(address, self.page)
        for address in response.css("a.next::attr(href)").getall():
            yield response.follow(address)
    def page(self, response):
        Bare.found += bool(trafilatura.extract(response.text))
process = CrawlerProcess({"LOG_LEVEL": "ERROR", "ROBOTSTXT_OBEY": False, "CONCURRENT_REQUESTS_PER_DOMAIN": 8,
                          "TELNETCONSOLE_ENABLED": False, "DOWNLOAD_DELAY": 0})
process.crawl(Bare)
process.start()
print(Bare.found)
"""

PEAK = """
import resource, sys
from crawler.process import main
code = main(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
sys.exit(code)
"""


def bare(address: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", BARE, address], check=True, capture_output=True)
    return time.perf_counter() - begun


def ours(address: str, pages: int) -> tuple[float, float]:
    """Seconds and megabytes at the peak of a crawl."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        db = open_database(folder / "a.db")
        migrate(db)
        with transaction(db):
            db.conn.execute("INSERT INTO regions VALUES ('HI-SW', 'x', 'x', '', '', '', '')")
        run = start_run(db, "crawl", "bench")
        db.conn.close()
        host = address.split("/")[2]
        values = {"name": "bench", "title": "b", "publisher": "b", "licence": "none", "home": address, "floor": 1}
        values |= {"discovery": "index", "start_urls": [address], "hosts": [host], "frequency": "daily"}
        values |= {
            "enabled": True,
            "verified": "never",
            "page_budget": pages * 2 + 10,
            "index": {"link": "a.item", "next": "a.next"},
        }
        (folder / "bench.yml").write_text(yaml.safe_dump(values))
        command = [sys.executable, "-c", PEAK, "bench", "--db", str(folder / "a.db"), "--run", run, "--sources", name]
        begun = time.perf_counter()
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        seconds = time.perf_counter() - begun
        outcome, peak = done.stdout.splitlines()
        assert json.loads(outcome)["listings"] == pages, done.stdout
        return seconds, float(peak) / 1024


@contextmanager
def site(pages: int) -> Iterator[str]:
    """The address of a site with so many listings, in a process of its own."""
    catalogue = Path(__file__).parents[2] / "crawler" / "demo" / "catalogue.jsonl"
    records = [json.loads(line) for line in catalogue.read_text(encoding="utf-8").splitlines()]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(json.dumps(records))
        file.flush()
        command = [sys.executable, "-c", SERVER, str(pages), file.name]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}/"
        finally:
            server.terminate()
            server.wait()


def compare(pages: int) -> None:
    rates: dict[str, list[float]] = {"bare": [], "ours": []}
    with site(pages) as address:
        for _ in range(RUNS):
            rates["bare"].append(pages / bare(address))
            rates["ours"].append(pages / ours(address, pages)[0])
    plain, stored = (statistics.median(rates[name]) for name in ("bare", "ours"))
    print(f"{pages} pages, bare spider with trafilatura: {plain:.0f} a second")
    print(f"crawl with extraction, redaction and storage: {stored:.0f} a second, {stored / plain:.2f} of it")


def memory(*sizes: int) -> None:
    for pages in sizes:
        with site(pages) as address:
            seconds, peak = ours(address, pages)
        print(f"{pages} pages: {peak:.0f} MB at the peak, {pages / seconds:.0f} pages a second")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="?", type=int, default=1_000)
    parser.add_argument("--memory", action="store_true", help="also crawl 2,000 and 20,000 pages for their memory")
    options = parser.parse_args()
    compare(options.pages)
    if options.memory:
        memory(2_000, 20_000)


if __name__ == "__main__":
    main()
