"""What must never reach the database, and what must stay: planted in texts, and every text of the starter catalogue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nhs_number
import pytest

from crawler.demo.catalogue import load_catalogue
from crawler.demo.site import CATALOGUE_PATH
from crawler.items import Facts
from crawler.redaction import REMOVED, names_a_person, redact, redact_fields, redact_line, redact_value
from db.database import open_database

# The last digits of telephone numbers are of the ranges that Ofcom keeps for drama; the NHS number is of the range
# 999 kept for tests.
NHS_NUMBER = next(number for number in (f"999000{tail:04}" for tail in range(10_000)) if nhs_number.is_valid(number))
GROUPED = f"{NHS_NUMBER[:3]} {NHS_NUMBER[3:6]} {NHS_NUMBER[6:]}"


@pytest.mark.parametrize(
    "planted",
    [
        "jane.smith@nhs.net", "mailto:jane.smith@example.org", "Jane.O'Smith+news@trust.nhs.uk", "jane.smith@nhs.net.",
        "jane.smith [at] nhs [dot] net", "jane.smith(at)nhs.net", "jane.smith%40nhs.net", "jane＠nhs.net",
        "020 7946 0958", "02079460958", "(0117) 496 0123", "+44 (0)20 7946 0018", "07700 900123", "07700900123",
        "0161-496-0000", "0044 161 496 0000", "01632 960001", "+1 202 555 0143", "020.7946.0958",
        GROUPED, f"NHS number {NHS_NUMBER}", f"NHS No: {NHS_NUMBER}",
    ],
)  # fmt: skip
def test_what_is_planted_is_found_in_prose_in_brackets_and_in_titles(planted: str) -> None:
    core = planted.removeprefix("mailto:").strip(".").split(" number ")[-1].removeprefix("NHS No: ")
    for text in (
        f"The tool was made by Dr Priya Shah ({planted}) of Leeds, and it helps people after a fall.",
        f"The record of {planted} was shown on the screen of the ward for all to see.",
        f"First paragraph.\n\nSome words about it, {planted}, and more words that go on for a while here.",
    ):
        found = redact(text)
        assert core not in found.text and sum(found.found.values()) >= 1
        assert core not in redact_line(text)
    prose = redact(f"Made by Dr Priya Shah ({planted}) of Leeds, who ran it for years.").text
    assert prose.startswith("Made by Dr Priya Shah ") and prose.endswith(" of Leeds, who ran it for years.")
    assert "NHS" in planted or prose == "Made by Dr Priya Shah of Leeds, who ran it for years."


def test_a_block_of_contact_details_goes_with_the_names_in_it() -> None:
    text = (
        "Dr Priya Shah leads the service in Leeds.\n\nMedia contact\n\nJane Smith\n\nCommunications Manager\n\n"
        "Tel: 0117 496 0123\n\nEmail: jane.smith@nhs.net\n\nThe service will grow to three towns next year."
    )
    assert redact(text).text == (
        "Dr Priya Shah leads the service in Leeds.\n\nThe service will grow to three towns next year."
    )
    assert redact("It works.\n\nContact: Jane Smith, Project Lead\n\nIt grows.").text == "It works.\n\nIt grows."
    one_line = "It works well. For more information contact Jane Smith on 0117 496 0123. It will grow."
    assert redact(one_line).text == "It works well. It will grow."


@pytest.mark.parametrize(
    "kept",
    [
        "It saved £4505577104 in all.",
        f"It saved £{NHS_NUMBER} in all.",
        "The helpline on 0191 223 2030 is answered from 7am.",
        "Contact tracing found 4,000 people. Contact with families mattered.",
        "Dr Priya Shah, Jane Smith and the team at Leeds built it.",
        "Grant PA-06-126, company 08530726, ORCID 0000-0002-1825-0097, ISRCTN12345678, NCT01234567.",
        "Scores fell from 0.108 to 0.001 on a 0–100 scale (p<0.001), 10,000-12,000 people, 2019 2020 2021.",
        "Contact\n\nThe service is in contact with every family by phone.",
        "Follow @HealthInnov for more.",
        "Patients call 111 or 999, and NHS 111 online.",
    ],
)
def test_what_is_no_contact_detail_stays_as_it_is(kept: str) -> None:
    assert redact(kept).text == kept and not redact(kept).found


def test_every_text_of_the_starter_catalogue_passes_unchanged() -> None:
    records = load_catalogue(CATALOGUE_PATH)
    assert len(records) == 797
    for record in records:
        assert (redact(record.text).text, redact_line(record.title)) == (record.text, record.title), record.id


def test_values_beside_the_text_lose_contact_details_and_keys_that_name_them() -> None:
    given = {
        "contactPoint": {"name": "Jane Smith", "email": "j@nhs.net"}, "telephone": "x", "status": "closed",
        "people": [{"name": "Priya Shah", "Email address": "p@nhs.net", "note": "write to p.shah@nhs.net today"}],
        "n": 3,
    }  # fmt: skip
    found = redact_value(given)
    assert found == {"status": "closed", "people": [{"name": "Priya Shah", "note": ""}], "n": 3}
    facts, counted = redact_fields(
        Facts(title="Ask jane@nhs.net", text="Email jane@nhs.net now.", extra=dict(given), record_id="a@b.org")
    )
    assert (facts.title, facts.text, facts.record_id) == (f"Ask {REMOVED}", "", REMOVED)
    assert counted["e-mail"] == 2 and "jane" not in json.dumps(facts.extra)


def test_an_address_with_an_e_mail_address_in_it_is_known() -> None:
    assert names_a_person("https://p.example/unsubscribe?who=jane%40nhs.net")
    assert not names_a_person("https://p.example/@leeds/story")


def test_hostile_lines_take_no_longer_than_their_length_asks(tmp_path: Path) -> None:
    for line in ("a" * 100_000 + "@", "a.b@" * 20_000, "0 " * 50_000, "(at)" * 20_000, "[" * 50_000, "07" * 50_000):
        redact(line)


def test_planted_everywhere_none_of_it_reaches_the_database_its_index_or_the_log(bench: Any, site: Any) -> None:
    """An e-mail address, a telephone number, an NHS number and a block of contact details, in every place of a page, a
    feed's entry and an API's record; names in prose and an amount that looks like an NHS number stay."""
    secrets = ("jane.smith@nhs.net", "0117 496 0123", NHS_NUMBER, "Communications Manager Jones")
    block = f"<p>Media contact</p><p>{secrets[3]}</p><p>Tel: {secrets[1]}</p><p>Email: {secrets[0]}</p>"
    prose = (
        f"<p>Dr Priya Shah made the falls service in Leeds, and it saved £{NHS_NUMBER[:9]}1 in a year.</p>"
        f"<p>The record with NHS number {NHS_NUMBER} was shown. It helps people who fell at home to stay at home.</p>"
    )
    page = (
        f"<html><head><title>T</title></head><body><main><article><h1>Falls {secrets[0]}</h1>{prose}{block}</article>"
    )
    site.html("/", f"<a class='item' href='/a'>A</a><a class='item' href='/b?for={secrets[0]}'>B</a>")
    site.pages["/a"] = site.page(page)
    bench.declare("page")
    entry = f"<item><title>Entry {secrets[1]}</title><link>http://{site.host}/gone</link><description>{prose}{block}"
    entry = entry.replace("<p>", "").replace("</p>", " ") + "</description></item>"
    rss = f"<rss version='2.0'><channel><title>F</title>{entry}</channel></rss>"
    site.pages["/feed"] = site.page(rss, Content_Type="application/rss+xml")
    bench.declare("entry", discovery="feed", start="/feed", feed={"follow": True})
    record = {"t": f"Call {secrets[1]}", "x": prose, "u": "/r", "contact": {"name": secrets[3]}, "note": [secrets[0]]}
    site.json("/api", {"rows": [record, {"t": f"no address {secrets[0]}"}]})
    fields = {"title": {"jmespath": "t"}, "text": {"jmespath": "x"}, "url": {"jmespath": "u"}}
    bench.declare("record", discovery="api", start="/api", api={"records": "rows"}, fields=fields)
    logs = [bench.crawl(name).log for name in ("page", "entry", "record")]
    stored = bench.rows("SELECT title, text, extra FROM listings ORDER BY source")
    assert len(stored) == 2
    assert all("Priya Shah" in row["text"] and f"£{NHS_NUMBER[:9]}1" in row["text"] for row in stored)
    db = open_database(bench.db_path)
    db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    dump = bench.db_path.read_bytes()
    for secret in secrets:
        assert secret.encode() not in dump and not any(secret in log for log in logs), secret
    words = bench.rows("SELECT count(*) AS n FROM listings_fts WHERE listings_fts MATCH 'Communications OR smith'")
    assert words == [{"n": 0}]
    counted = bench.rows("SELECT source, value FROM run_counts WHERE name = 'redacted' ORDER BY source")
    assert [row["value"] > 0 for row in counted] == [False, True, True]  # the entry's page is not there: no listing
