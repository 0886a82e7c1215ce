"""Work follows what changed: what a site says it did not touch is not asked for, for a week at most."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from db.database import open_database, transaction
from db.runs import STAMP

TEXT = "The service sends a therapist to care homes after a fall, so that fewer people go to hospital."
PAGES = 300


def sitemap(site: Any, modified: dict[int, str], old: str = "2020-01-01") -> None:
    entries = "".join(
        f"<url><loc>http://{site.host}/d/{n}</loc><lastmod>{modified.get(n, old)}</lastmod></url>" for n in range(PAGES)
    )
    body = f"<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{entries}</urlset>"
    site.pages["/sitemap.xml"] = site.page(body, Content_Type="application/xml")


def age_rounds(bench: Any, days: float) -> None:
    """Make the source's last full round so old."""
    db = open_database(bench.db_path)
    with transaction(db):
        moment = (datetime.now(UTC) - timedelta(days=days)).strftime(STAMP)
        db.conn.execute("UPDATE crawl_rounds SET full_at = ?", [moment])
    db.close()


def crawl(bench: Any, site: Any) -> tuple[dict[str, Any], int]:
    """Crawl once more; the outcome, and how many requests there were beside robots.txt."""
    before = len(site.seen)
    bench.new_run()
    outcome = bench.crawl().outcome
    return outcome, len([path for path, _ in site.seen[before:] if path != "/robots.txt"])


def test_what_a_sitemap_says_is_as_it_was_is_not_asked_for(bench: Any, site: Any) -> None:
    sitemap(site, {})
    for number in range(PAGES):
        site.listing(f"/d/{number}", f"Listing {number}", f"{TEXT} {number}")
    bench.declare(discovery="sitemap", start="/sitemap.xml", floor=PAGES, complete=True)
    first, asked = crawl(bench, site)
    assert first["listings"] == PAGES and asked == PAGES + 1
    again, asked = crawl(bench, site)
    assert (again["status"], again["listings"], again["unchanged"], asked) == ("done", PAGES, PAGES, 1)
    later = (datetime.now(UTC) + timedelta(hours=1)).strftime(STAMP)
    sitemap(site, {7: later, 8: datetime.now(UTC).strftime("%Y-%m-%d"), 9: "nonsense", 10: "2020-01-01T00:00:00"})
    site.listing("/d/7", "Listing 7", f"{TEXT} It has grown.")
    changed, asked = crawl(bench, site)
    assert (changed["changed"], changed["listings"], asked) == (1, PAGES, 5)  # a day not over, and what is no moment
    age_rounds(bench, 6.9)
    sitemap(site, {})
    assert crawl(bench, site)[1] == 1
    age_rounds(bench, 7.1)
    assert crawl(bench, site)[1] == PAGES + 1  # trusted for a week: then all is asked for


def test_a_changed_declaration_is_heeded_whatever_the_sitemap_says(bench: Any, site: Any) -> None:
    sitemap(site, {})
    for number in range(PAGES):
        site.listing(f"/d/{number}", f"Listing {number}", f"{TEXT} {number}")
    bench.declare(discovery="sitemap", start="/sitemap.xml")
    crawl(bench, site)
    bench.declare(discovery="sitemap", start="/sitemap.xml", fields={"title": {"const": "One title"}})
    assert crawl(bench, site)[0]["changed"] == PAGES


def post(site: Any, number: int) -> dict[str, Any]:
    """A post as WordPress gives it, long unmodified."""
    texts = {"title": {"rendered": f"Post {number}"}, "content": {"rendered": f"{TEXT} {number}"}}
    days = {"date": "2026-11-02", "modified": "2020-01-01T00:00:00"}
    return {"id": number, "link": f"http://{site.host}/p/{number}", **texts, **days}


def test_posts_are_asked_for_since_the_last_crawl_and_the_others_stay(bench: Any, site: Any) -> None:
    posts = [post(site, number) for number in range(40)]

    class Posts(dict[str, Any]):
        """Answers every question about the collection as WordPress does."""

        def get(self, path: str, default: Any = None) -> Any:
            if not path.startswith("/wp/v2/posts"):
                return super().get(path, default)
            asked = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
            chosen = [post for post in posts if post["modified"] > asked.get("modified_after", "")]
            size, page = int(asked["per_page"]), int(asked["page"])
            pages = max(1, -(-len(chosen) // size))
            body = json.dumps(chosen[(page - 1) * size : page * size])
            return site.page(body, Content_Type="application/json", X_WP_TotalPages=str(pages))

    site.pages = Posts(site.pages)
    bench.declare(discovery="wordpress", start="/wp/v2/posts", wordpress={"page_size": 10}, complete=True, floor=30)
    first, asked = crawl(bench, site)
    assert (first["listings"], asked) == (40, 4)
    again, asked = crawl(bench, site)
    assert (again["status"], again["listings"], again["unchanged"], again["new"], asked) == ("done", 40, 40, 0, 1)
    posts[3] |= {"modified": "2999-01-01T00:00:00", "content": {"rendered": f"{TEXT} It has grown."}}
    posts.append({**posts[4], "id": 99, "link": f"http://{site.host}/p/99", "modified": "2999-01-01T00:00:00"})
    del posts[5]
    changed, asked = crawl(bench, site)
    assert (changed["new"], changed["changed"], changed["unchanged"], changed["listings"], asked) == (1, 1, 39, 41, 1)
    assert bench.rows("SELECT title FROM listings WHERE gone_at IS NOT NULL") == []
    age_rounds(bench, 8)
    assert crawl(bench, site)[0]["listings"] == 40
    assert bench.rows("SELECT title FROM listings WHERE gone_at IS NOT NULL") == [{"title": "Post 5"}]
