"""A look at a site: how its listings are best discovered, as a declaration, with what could not be decided. Pure.

The caller gives a function that fetches an address. The order of preference: what is structured and whole before what
is neither. WordPress's REST interface, a JSON interface or table at the address itself, a sitemap that holds the links
of the page, the page's own links with their paging, a feed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from parsel import Selector

from crawler.looks import OK, Fetch, Page, Survey, SurveyError
from crawler.parsers.html import first_match
from crawler.parsers.record import RecordError, read_json
from crawler.parsers.sitemap import SitemapError, parse_sitemap
from crawler.parsers.text import select
from crawler.survey_data import is_feed, of_feed, of_json, of_table, wordpress_at

SITEMAPS_READ_MAX = 10  # of a sitemap index; enough to see which part holds the listings
LINKS_MIN = 3  # links of one kind that make a list
NEXT_LINKS = ("a[rel='next']", "a.next", ".next > a", ".pagination a[aria-label*='Next' i]", "[data-next]")
NEXT_WORDS = re.compile(r"^\W*(next|older)\b", re.IGNORECASE)
NO_LISTING = re.compile(
    r"/(tag|category|author|page|feed|search|login|privacy|contact|cookies?)(/|$)|\.(pdf|jpe?g|png|css|js)$"
)
FEEDS = ("feed/", "rss.xml", "atom.xml", "feed.xml")  # where sites keep a feed that no page names


async def survey(url: str, fetch: Fetch) -> Survey:
    """Look at the site from this address on; SurveyError where nothing of use is there."""
    page = await fetch(url)
    if page is None or page.status != OK:
        raise SurveyError(f"{url} answered {page.status if page else 'nothing'}")
    body = page.body.lstrip()
    if body.startswith((b"{", b"[")):
        return await of_json(page, fetch)
    if is_feed(page):
        return of_feed(page, page.url)
    if body.startswith(b"PK\x03\x04") or page.kind in ("text/csv", "text/tab-separated-values"):
        return of_table(page)
    if body.startswith(b"<?xml") or body[:20].lower().startswith((b"<urlset", b"<sitemapindex")):
        return await _of_sitemap(page, fetch)
    return await _of_html(page, fetch)


# --- a site


async def _of_html(page: Page, fetch: Fetch) -> Survey:
    tree = select(page.markup)
    links = _listing_links(tree, page.url)
    made = (
        await _of_rest(page, tree, fetch)
        or await _of_site_map(page, links, fetch)
        or _of_index(page, tree, links)
        or await _of_linked_feed(page, tree, fetch)
        or await _of_any_sitemap(page, fetch)
    )
    if made is None:
        raise SurveyError(
            f"{page.url}: no REST interface, no sitemap, no list of {LINKS_MIN} or more links of one kind, no feed; "
            "give the address of the page that lists them"
        )
    made.publisher = made.publisher or first_match(tree, "meta[property='og:site_name']::attr(content)")
    made.title = made.title or tree.css("title::text").get()
    return made


async def _of_rest(page: Page, tree: Selector, fetch: Fetch) -> Survey | None:
    """WordPress, where it names its REST interface or looks like it; the post type that the address speaks of."""
    link = re.search(r'<([^>]+)>;\s*rel="https://api\.w\.org/"', page.headers.get("link", ""))
    root = link.group(1) if link else tree.css("link[rel='https://api.w.org/']::attr(href)").get()
    if root is None and "wp-content" not in page.markup:
        return None
    root = urljoin(page.url, root or "/wp-json/")
    for base in _post_types(page.url, await _json(urljoin(root, "wp/v2/types"), fetch)):
        collection = urljoin(root, f"wp/v2/{base}")
        answer = await fetch(f"{collection}?per_page=100")
        posts = _posts(answer)
        if posts:
            return wordpress_at(collection, posts, answer)
    return None


def _post_types(url: str, types: Any) -> list[str]:
    """REST bases to try: those whose name stands in the address first, then posts."""
    known = types.values() if isinstance(types, dict) else []
    bases = [str(one.get("rest_base")) for one in known if isinstance(one, dict) and one.get("rest_base")]
    path = re.sub(r"\W+", "", urlsplit(url).path.casefold())
    named = [base for base in bases if len(base) > 3 and re.sub(r"\W+|_", "", base.casefold()).rstrip("s") in path]
    return [*named, "posts"]


def _posts(answer: Page | None) -> list[dict[str, Any]]:
    if answer is None or answer.status != OK:
        return []
    try:
        document = read_json(answer.body)
    except RecordError:
        return []
    return document if isinstance(document, list) and document and "content" in document[0] else []


async def _of_site_map(page: Page, links: list[str], fetch: Fetch) -> Survey | None:
    """A sitemap, where it holds the links that the page lists, and so all others of their kind."""
    if len(links) < LINKS_MIN:
        return None
    for place in _sitemap_places(page.url):
        addresses = await _sitemap_addresses(place, fetch)
        if set(links) <= {one.rstrip("/") for one in addresses} | set(addresses):
            pattern = _pattern(links)
            details = [one for one in addresses if re.search(pattern, one)]
            made = Survey("sitemap", place, {"match": pattern}, details=details, count=len(details), page=page)
            made.found.append(f"a sitemap with {len(details)} addresses like {links[0]}")
            return made
    return None


def _sitemap_places(url: str) -> list[str]:
    """Where sitemaps stand: at the top, and in the folders on the way to the address."""
    home = urlunsplit((*urlsplit(url)[:2], "/", "", ""))
    folders, folder = [home], url.split("?")[0].rstrip("/")
    while len(folder) > len(home):  # a site under a path of its own
        folders.append(f"{folder}/")
        folder = folder.rpartition("/")[0]
    names = ("sitemap.xml", "sitemap_index.xml", "wp-sitemap.xml")
    return [folder + name for folder in folders for name in names[: 3 if folder == home else 2]]


async def _of_any_sitemap(page: Page, fetch: Fetch) -> Survey | None:
    """A sitemap without a list to compare it with."""
    for place in _sitemap_places(page.url):
        answer = await fetch(place)
        if answer is not None and answer.status == OK and await _sitemap_addresses(place, fetch):
            return await _of_sitemap(answer, fetch)
    return None


async def _of_sitemap(page: Page, fetch: Fetch) -> Survey:
    try:
        addresses = await _sitemap_addresses(page.url, fetch)
    except SitemapError as error:
        raise SurveyError(f"{page.url} is neither a feed nor a sitemap: {error}") from None
    folders = Counter(one.rstrip("/").rpartition("/")[0] for one in addresses if not NO_LISTING.search(one))
    if not folders:
        raise SurveyError(f"{page.url} is a sitemap without addresses")
    folder, _ = folders.most_common(1)[0]
    chosen = [one for one in addresses if one.rstrip("/").rpartition("/")[0] == folder]
    made = Survey("sitemap", page.url, {"match": _pattern(chosen)}, details=chosen, count=len(chosen), page=page)
    made.found.append(f"a sitemap, most of whose addresses stand under {folder}/")
    made.undecided.append("sitemap.match: whether the listings are under that path")
    return made


async def _sitemap_addresses(url: str, fetch: Fetch) -> list[str]:
    answer = await fetch(url)
    if answer is None or answer.status != OK:
        return []
    try:
        sitemap = parse_sitemap(answer.body)
    except SitemapError:
        return []
    if not sitemap.is_index:
        return sitemap.addresses
    found: list[str] = []
    for part in sitemap.addresses[:SITEMAPS_READ_MAX]:
        if part != url:
            found += await _sitemap_addresses(part, fetch)
    return found


def _of_index(page: Page, tree: Selector, links: list[str]) -> Survey | None:
    if len(links) < LINKS_MIN:
        return None
    selector = _link_selector(tree, page.url, links)
    section = {"link": selector}
    following = _next_selector(tree)
    if following:
        section["next"] = following
    made = Survey("index", page.url, section, details=links, count=len(links), page=page)
    made.found.append(f"{len(links)} links like {links[0]}")
    if not following:
        made.undecided.append("index.next: no link to a following page was found; is this page all there is?")
    return made


async def _of_linked_feed(page: Page, tree: Selector, fetch: Fetch) -> Survey | None:
    named = tree.css("link[rel='alternate'][type*='rss'], link[rel='alternate'][type*='atom']")
    places = [urljoin(page.url, link.attrib.get("href", "")) for link in named]
    for place in (*places, *(urljoin(page.url, name) for name in FEEDS)):
        answer = await fetch(place)
        if answer is not None and answer.status == OK and is_feed(answer):
            return of_feed(answer, answer.url)
    return None


def _listing_links(tree: Selector, url: str) -> list[str]:
    """The addresses of one kind that the page links to most: in one folder, each once, not those of every page."""
    own = urlsplit(url)
    folders: dict[str, list[str]] = {}
    for anchor in tree.css("a[href]"):
        address = urljoin(url, anchor.attrib["href"]).split("#")[0]
        parts = urlsplit(address)
        if parts.netloc != own.netloc or parts.query or NO_LISTING.search(parts.path) or _is_chrome(anchor):
            continue
        folder, _, name = address.rstrip("/").rpartition("/")
        if name and address.rstrip("/") != url.rstrip("/") and address.rstrip("/") not in folders.get(folder, []):
            folders.setdefault(folder, []).append(address.rstrip("/"))
    # Of several the largest; of equals the one under the page's own address.
    best = max(folders, key=lambda one: (len(folders[one]), one.startswith(url.rstrip("/"))), default=None)
    return folders[best] if best is not None and len(folders[best]) >= LINKS_MIN else []


def _is_chrome(anchor: Selector) -> bool:
    """Whether a link stands in the page's navigation, header or footer."""
    return bool(anchor.xpath("ancestor::nav|ancestor::header[not(ancestor::article)]|ancestor::footer|ancestor::aside"))


def _pattern(links: Sequence[str]) -> str:
    folder = urlsplit(links[0].rstrip("/").rpartition("/")[0]).path
    return f"{re.escape(folder)}/[^/?]+/?$"


def _link_selector(tree: Selector, url: str, links: Sequence[str]) -> str:
    """The plainest selector that finds these links and no others: a class, the class around, or the path."""
    wanted = set(links)

    def found(selector: str) -> set[str]:
        return {urljoin(url, one).split("#")[0].rstrip("/") for one in tree.css(f"{selector}::attr(href)").getall()}

    anchors = [one for one in tree.css("a[href]") if urljoin(url, one.attrib["href"]).rstrip("/") in wanted]
    candidates: Counter[str] = Counter()
    for anchor in anchors:
        candidates.update(f"a.{name}" for name in anchor.attrib.get("class", "").split())
        around = anchor.xpath("ancestor::*[@class][1]/@class").get() or ""
        candidates.update(f".{name} a" for name in around.split())
    for selector, _ in candidates.most_common():
        if re.fullmatch(r"[\w .-]+", selector) and found(selector) == wanted:
            return selector
    folder = urlsplit(links[0].rpartition("/")[0]).path
    return f"a[href*='{folder}/']"


def _next_selector(tree: Selector) -> str | None:
    for selector in NEXT_LINKS:
        if tree.css(selector):
            return f"{selector}::attr(data-next)" if selector == "[data-next]" else selector
    for anchor in tree.css("a[href][class]"):
        name = anchor.attrib["class"].split()[0] if anchor.attrib["class"].split() else ""
        if NEXT_WORDS.match(" ".join(anchor.css("::text").getall()).strip()) and re.fullmatch(r"[\w-]+", name):
            return f"a.{name}"
    return None


async def _json(url: str, fetch: Fetch) -> Any:
    answer = await fetch(url)
    try:
        return read_json(answer.body) if answer is not None and answer.status == OK else None
    except RecordError:
        return None
