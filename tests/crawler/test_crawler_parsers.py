"""Parsers on small saved pages, records, feeds and sitemaps."""

from __future__ import annotations

import gzip
import json
import time

import pytest

from crawler.declaration import FieldRule
from crawler.items import Facts
from crawler.parsers.feed import FeedError, parse_feed
from crawler.parsers.html import parse_page
from crawler.parsers.record import RecordError, parse_each, parse_record, read_json, records_in
from crawler.parsers.sitemap import SitemapError, parse_sitemap
from crawler.parsers.structured_data import find_facts
from crawler.parsers.text import MarkupError, markup_to_text, select, text_of

BODY = (
    "Nurses on the ward now check readings from home every morning, and patients leave two days sooner than before. "
    * 3
)
URL = "https://p.example/x"


def page(head: str = "", main: str = "", after: str = "") -> str:
    nav = "<nav><ul><li><a href='/'>Home</a></li><li><a href='/about'>About us</a></li></ul></nav>"
    foot = "<footer><p>Cookies help us. Accept all cookies. Copyright 2019.</p></footer>"
    return f"<!DOCTYPE html><html><head>{head}</head><body>{nav}<main>{main}</main>{after}{foot}</body></html>"


def test_a_plain_page_gives_its_heading_and_main_text_without_what_surrounds_them() -> None:
    main = f"<article><h1>Virtual ward</h1><p>{BODY}</p><p>Second: {BODY}</p></article>"
    facts = parse_page(page("<title>Virtual ward - Site</title>", main), URL)
    assert facts.title == "Virtual ward"
    paragraphs = [line for line in (facts.text or "").splitlines() if line]
    assert paragraphs[-2:] == [BODY.strip(), f"Second: {BODY.strip()}"]
    assert "cookies" not in (facts.text or "")
    assert facts.published is None


def test_dropped_elements_leave_the_text_but_may_still_hold_a_field() -> None:
    main = f"<article><h1>T</h1><p class='date'>Posted: May 2024</p><p>{BODY}</p><p class='ad'>Buy now</p></article>"
    rules = {"published": FieldRule(css=".date"), "text": FieldRule(css="article")}
    facts = parse_page(page(main=main), URL, rules, drop=(".date", ".ad", "h1"))
    assert facts.published == "Posted: May 2024"
    assert " ".join((facts.text or "").split()) == BODY.strip()


def test_a_graph_gives_the_article_and_follows_references_to_the_publisher() -> None:
    graph = {
        "@graph": [
            {"@type": "WebPage", "name": "Article - Site", "@id": "#page"},
            {"@type": ["NewsArticle"], "headline": "Article", "datePublished": "2024-05", "publisher": {"@id": "#org"}},
            {"@type": "Organization", "@id": "#org", "name": "The Trust"},
        ]
    }
    script = f"<script type='application/ld+json'>{json.dumps(graph)}</script>"
    facts = find_facts(page(script), URL)
    assert facts == Facts(title="Article", publisher="The Trust", published="2024-05", extra={"type": "NewsArticle"})


def test_microdata_is_read_where_there_is_no_json_ld() -> None:
    main = """<article itemscope itemtype="https://schema.org/Article"><h1 itemprop="headline">T</h1>
      <span itemprop="publisher" itemscope itemtype="https://schema.org/Organization">
      <b itemprop="name">Maker</b></span>
      <time itemprop="datePublished" datetime="2024">2024</time></article>"""
    facts = find_facts(page(main=main), URL)
    assert (facts.title, facts.publisher, facts.published) == ("T", "Maker", "2024")


@pytest.mark.parametrize(
    "script", ["{", "[1, null]", '{"@type": "Article", "headline": {"a": 1}}', '{"@graph": 3}', "[" * 5000]
)
def test_broken_structured_data_is_no_obstacle(script: str) -> None:
    main = f"<article><h1>Title</h1><p>{BODY}</p></article>"
    facts = parse_page(page(f"<script type='application/ld+json'>{script}</script>", main), URL)
    assert facts.title == "Title"


def test_canonical_link_and_meta_elements() -> None:
    head = """<link rel="canonical" href="https://p.example/real"><meta name="publisher" content="A &amp; B">
      <meta property="article:published_time" content="2024-05-17T00:00:00+00:00">"""
    facts = parse_page(page(head, f"<h1>T</h1><p>{BODY}</p>"), URL)
    assert (facts.url, facts.publisher, facts.published) == (
        "https://p.example/real", "A & B", "2024-05-17T00:00:00+00:00",
    )  # fmt: skip


def test_a_date_in_the_text_is_searched_for_only_on_request() -> None:
    main = f"<article><h1>T</h1><p>Published on 3 April 2021</p><p>{BODY}</p></article>"
    assert parse_page(page(main=main), URL).published is None
    assert parse_page(page(main=main), URL, find_dates=True).published == "2021-04-03"


MANY = " ".join(f"a{number}=1" for number in range(100_000))


@pytest.mark.parametrize(
    ("markup", "reason"),
    [
        ("<p " + MANY + ">x</p>", "attributes"), ('<a a0="<" ' + MANY + ">x</a>", "attributes"),
        ("<a a0='>' a1=\"<\" " + MANY, "attributes"), ('<a b"=">" ' + MANY + ">", "attributes"),
        ('<!-- <b x=" --> <a ' + MANY + '> ">', "attributes"),
        ('<script>"<b x=\'"</script><a ' + MANY + ">'>", "attributes"),
        ("<div>" * 200_000, "tags"), ("<p>" * 4_000_000, "tags"), ("</p>" * 100_000, "tags"),
        (("<a " + MANY[:2000] + ">") * 4000, "attributes"), ("<a/b=" * 2_000_000, "tags inside"),
    ],
)  # fmt: skip
def test_a_page_that_would_stall_the_parser_is_refused_at_once(markup: str, reason: str) -> None:
    begun = time.process_time()
    with pytest.raises(MarkupError, match=reason):
        parse_page(markup, URL)
    assert time.process_time() - begun < 2.0  # chosen: the slowest was refused after 0.5 s


def test_a_picture_inside_the_page_and_long_quoted_values_are_no_obstacle() -> None:
    picture = f"<img alt='a > b < c' src=\"data:image/png;base64,{'A' * 500_000}\">"
    facts = parse_page(page(main=f"<article><h1>Title</h1>{picture}<p>{BODY}</p></article>"), URL)
    assert facts.title == "Title"


def test_text_of_nested_blocks_hides_scripts_and_keeps_inline_words_together() -> None:
    markup = "<div>a<b>b</b>c<script>no()</script><p>d\n e</p>f<!-- no --><br>g<ul><li>h</li><li>i</li></ul></div>"
    lines = [" ".join(line.split()) for line in text_of(select(markup).css("div")).splitlines() if line.strip()]
    assert lines == ["abc", "d e", "f", "g", "h", "i"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("R&amp;D &#8211; <em>pilot</em>", "R&D – pilot"), ("costs < 5 & > 3", "costs < 5 & > 3"), ("a\n\nb", "a\n\nb"),
        ("it&#x27;s", "it's"), ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)  # fmt: skip
def test_fields_with_and_without_markup(value: str, text: str) -> None:
    assert markup_to_text(value).strip() == text


def test_a_record_gives_mapped_fields_and_its_short_leftovers() -> None:
    record = {
        "id": 7, "t": "A &amp; B", "d": {"body": "<p>One</p><p class='note'>x</p><p>Two</p>"}, "stage": "pilot",
        "flag": True,         "long": "x" * 500, "none": None, "list": [1],
    }  # fmt: skip
    rules = {
        "record_id": FieldRule(jmespath="id"), "title": FieldRule(jmespath="t"), "text": FieldRule(jmespath="d.body"),
        "publisher": FieldRule(const="Me"), "published": FieldRule(jmespath="missing.there"),
    }  # fmt: skip
    facts = parse_record(record, rules, drop=(".note",))
    assert (facts.record_id, facts.title, facts.publisher, facts.published) == ("7", "A & B", "Me", None)
    assert (facts.text or "").split() == ["One", "Two"]
    assert facts.extra == {"flag": True, "stage": "pilot"}


def nested(depth: int) -> object:
    value: object = "deep"
    for _ in range(depth):
        value = [value]
    return value


def test_numbers_that_are_none_and_deep_lists_give_no_text() -> None:
    rules = {"title": FieldRule(jmespath="a"), "text": FieldRule(jmespath="b"), "region": FieldRule(jmespath="c")}
    facts = parse_record({"a": float("inf"), "b": nested(900), "c": nested(2)}, rules)
    assert (facts.title, facts.text, facts.region) == (None, None, "deep")


def test_a_record_that_cannot_be_read_is_its_own_problem_only() -> None:
    def parse(record: dict[str, str]) -> Facts:
        return parse_record(record, {"text": FieldRule(jmespath="t")})

    facts, problems = parse_each([{"t": "One"}, {"t": "<p " + MANY + ">"}, None, {"t": "Two"}], parse)
    assert [one.text for one in facts] == ["One", "Two"]
    assert [problem.split(":")[0] for problem in problems] == ["record 2 of this page", "record 3 of this page"]


def test_the_text_after_a_comment_is_not_lost_and_scripts_are_no_obstacle() -> None:
    script = "<script>for(var i=0;i<a;i++){" + "b=c " * 400 + "}</script>"  # no ">" for 400 words
    parts = "".join(
        f"<p>The service helped {n} people to stay at home last year, in Leeds and Hull.</p>" for n in range(9)
    )
    facts = parse_page(
        page(f"<article><h1>T</h1><!-- ad --><div><!-- ad -->{parts}<!-- end --></div></article>{script}"), URL
    )
    assert facts.text is not None and all(f"helped {n} people" in facts.text for n in range(9))
    assert "ad --" not in facts.text


def test_deep_structured_data_is_no_obstacle() -> None:
    graph = '{"@graph":[' * 400 + "{}" + "]}" * 400
    assert find_facts(page(f"<script type='application/ld+json'>{graph}</script>"), URL) == Facts()


def test_answers_of_another_shape_are_refused_in_words() -> None:
    with pytest.raises(RecordError, match="not JSON"):
        read_json(b"<html>")
    with pytest.raises(RecordError, match="'items' finds no list"):
        records_in({"items": "text"}, "items")
    assert records_in({"items": []}, "items") == []
    assert records_in({"items": {"a": 1}}, "items") == [{"a": 1}]  # a list of one, collapsed
    with pytest.raises(RecordError, match="'@' finds no list"):
        records_in({"error": "busy"}, "@")


RSS = """<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>F</title>
  <atom:link rel="next" href="/feed?page=2"/>
  <item><title>R&amp;amp;D</title><link>https://p.example/1</link><guid isPermaLink="false">g1</guid>
  <category>Falls</category>
  <pubDate>Fri, 17 May 2024 10:00:00 GMT</pubDate><description>Short</description>
  <content:encoded><![CDATA[<p>Whole.</p><p class="foot">Foot</p>]]></content:encoded></item></channel></rss>"""


def test_a_feed_gives_entries_with_whole_texts_where_it_has_them() -> None:
    feed = parse_feed(RSS.encode(), URL, "application/rss+xml", {}, drop=(".foot",))
    facts = feed.entries[0].facts
    assert (facts.title, (facts.text or "").strip(), facts.url, facts.record_id) == (
        "R&D", "Whole.", "https://p.example/1", "g1",
    )  # fmt: skip
    assert (facts.published, facts.extra) == ("Fri, 17 May 2024 10:00:00 GMT", {"tags": ["Falls"]})
    assert (feed.next_url or "").endswith("/feed?page=2")


@pytest.mark.parametrize("body", [b"/etc/hostname", b"http://127.0.0.1:1/", b"<html><p>x</p></html>", b"", b"{}"])
def test_a_body_that_is_no_feed_is_refused_and_never_opened_as_a_name(body: bytes) -> None:
    with pytest.raises(FeedError):
        parse_feed(body, URL, "text/xml", {})


SITEMAP = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<url><loc> https://p.example/1 </loc></url></urlset>"""


def test_sitemaps_packed_or_not_and_their_indexes() -> None:
    index = SITEMAP.replace("urlset", "sitemapindex").replace("<url>", "<sitemap>").replace("</url>", "</sitemap>")
    assert parse_sitemap(SITEMAP.encode()).addresses == ["https://p.example/1"]
    assert parse_sitemap(gzip.compress(SITEMAP.encode())).addresses == ["https://p.example/1"]
    assert parse_sitemap(index.encode()).is_index


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"\x1f\x8bbroken", b"plain"])
def test_a_body_that_is_no_sitemap_is_refused(body: bytes) -> None:
    with pytest.raises(SitemapError):
        parse_sitemap(body)


def test_entities_in_a_sitemap_are_not_expanded() -> None:
    body = SITEMAP.replace("<urlset", '<!DOCTYPE u [<!ENTITY e SYSTEM "file:///etc/hostname">]><urlset').replace(
        " http", "&e;http"
    )
    assert parse_sitemap(body.encode()).addresses in ([], ["https://p.example/1"])
