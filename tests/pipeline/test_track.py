"""Typed change events: what each kind takes, what makes none, and that the stage follows what changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlite_utils import Database

from crawler.demo.catalogue import load_catalogue
from crawler.demo.site import CATALOGUE_PATH
from db import keys
from db.database import transaction
from db.history import Step, StoredText
from db.listings import ListingRow, mark_gone, store_listing
from db.runs import start_run
from nlp.tagger import Tagger
from pipeline.console import Console
from pipeline.job import Job
from pipeline.resolve.stage import resolve_stage
from pipeline.site.innovation import read_innovation
from pipeline.tag import tag_listings
from pipeline.track.events import Event
from pipeline.track.figures import in_words
from pipeline.track.revision import Revision
from pipeline.track.stage import events_of, track_changes
from tests.catalogue_database import SOURCE, new_database

TEXT = (
    "The falls service sends a therapist to care homes after an ambulance call. It cut ambulance conveyances by 27% in "
    "12 care homes. Staff welcome it. The team in Kent plans to test it with patients from deprived communities."
)
DAYS = ("2026-11-02T06:00:00Z", "2026-11-09T06:00:00Z", "2026-11-16T06:00:00Z")


@cache
def tagger() -> Tagger:
    return Tagger.load()


def events(before: str, after: str, facts: tuple[dict[str, Any], dict[str, Any]] = ({}, {})) -> list[Event]:
    old, new = StoredText("Falls service", before, facts[0]), StoredText("Falls service", after, facts[1])
    labels = {term.code: term.label for term in tagger().vocabulary.terms()}
    (found,) = events_of(tagger(), [Step(1, "x", 2, DAYS[0], None, old, new)], labels)
    return found


def kinds(*given: Any) -> list[str]:
    return [event.kind for event in events(*given)]


# Each case: what is replaced in TEXT, by what, and the events: (kind, code, a piece of the sentence before, of the one
# after). Written before the code was run on them.
CASES: list[tuple[str, str, list[tuple[str, str, str | None, str | None]]]] = [
    ("27%", "34%", [("figure-changed", "", "by 27%", "by 34%")]),
    ("in 12 care homes", "in 40 care homes", [("figure-changed", "", "in 12", "in 40")]),
    ("Staff welcome it.", "It is now UKCA marked.", [("mark-appeared", "regulatory:UKCA", None, "UKCA marked")]),
    ("Staff welcome it.", "It awaits a UKCA mark.", [("mark-sought", "regulatory:UKCA", None, "awaits a UKCA")]),
    (
        "Staff welcome it.",
        "NICE guideline NG249 recommends such services.",
        [("mark-appeared", "regulatory:NG249", None, "NG249")],
    ),
    (
        "Staff welcome it.",
        "A randomised controlled trial found the same.",
        [("evidence-raised", "evidence-type:rct", None, "randomised controlled trial")],
    ),
    (
        "Staff welcome it.",
        "It also runs at Royal Cornwall Hospitals NHS Trust.",
        [("region-named", "region:HI-SW", None, "Cornwall"), ("site-named", "organisation:REF", None, "Cornwall")],
    ),
    ("Staff welcome it.", "The service has now closed.", [("closed", "status:closed", None, "has now closed")]),
]


@pytest.mark.parametrize(("old", "new", "wanted"), CASES)
def test_each_kind_of_change_with_its_sentences(
    old: str, new: str, wanted: list[tuple[str, str, str | None, str | None]]
) -> None:
    found = {(event.kind, event.code): event for event in events(TEXT, TEXT.replace(old, new))}
    for kind, code, before, after in wanted:
        event = found[kind, code]
        for evidence, piece, text in (
            (event.before, before, TEXT),
            (event.after, after, TEXT.replace(old, new)),
        ):
            assert (evidence is None) == (piece is None)
            if evidence and piece:
                assert piece in evidence.text and text[evidence.start : evidence.end] == evidence.text
    # Themes may come along with what was said anew; nothing else may.
    others = [key for key in found if key not in {case[:2] for case in wanted}]
    assert all(kind.startswith(("theme-", "criterion-")) for kind, _ in others), others


def test_a_mark_that_was_only_sought_appears_when_it_is_there() -> None:
    sought = TEXT.replace("Staff welcome it.", "The company is seeking UKCA marking for it.")
    there = TEXT.replace("Staff welcome it.", "It has its UKCA mark now.")
    (event,) = [one for one in events(sought, there) if one.code == "regulatory:UKCA"]
    assert event.kind == "mark-appeared" and event.before and event.after
    assert "seeking" in event.before.text and "has its UKCA" in event.after.text
    assert not [one for one in events(there, sought) if one.kind == "mark-appeared"]


def test_a_number_alone_makes_no_other_event() -> None:
    """Whatever a theme's score does: the same words with another number are a figure that changed, and no more."""
    text = "Virtual wards let patients recover at home. Readmissions fell from 18% to 12%. Nurses call twice a day."
    assert kinds(text, text.replace("18% to 12%", "18 per cent to 12 per cent")) == []
    assert kinds(text, text.replace("12%", "9%")) == ["figure-changed"]


def test_the_other_way_round_what_appeared_is_lost() -> None:
    marked = TEXT.replace("Staff welcome it.", "It is now UKCA marked.")
    closed = TEXT.replace("Staff welcome it.", "The service has now closed.")
    assert "mark-lost" in kinds(marked, TEXT) and "reopened" in kinds(closed, TEXT)
    shorter = TEXT.replace("It cut ambulance conveyances by 27% in 12 care homes. ", "")
    dropped = [event for event in events(TEXT, shorter) if event.kind == "figure-dropped"]
    (lost,) = [event for event in dropped if "27" in str(event.detail["change"])]
    assert lost.before and "27%" in lost.before.text and lost.after is None


@pytest.mark.parametrize(
    "edited",
    [
        TEXT.replace(". ", ".\n\n"),
        TEXT + " ",
        TEXT.replace("Staff welcome it. ", "") + " Staff welcome it.",
        TEXT.replace("Staff welcome it.", "Staff welcome it!"),
        TEXT.replace(
            "It cut ambulance conveyances by 27% in 12 care homes.",
            "In 12 care homes it cut ambulance conveyances by 27%.",
        ),
    ],
)
def test_other_writing_or_another_order_is_no_change(edited: str) -> None:
    assert kinds(TEXT, edited) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "Please get in touch with us to find out more.",
        "We would like to thank everyone who took part.",
        "The photograph shows the team outside the building in spring.",
        "It was a pleasure to see so many of you on the day.",
    ],
)
def test_a_sentence_that_says_nothing_of_the_innovation_makes_no_event_on_most_pages(sentence: str) -> None:
    """160 pages of the catalogue get one sentence more; of 266, no more than two were touched when this was written."""
    records = load_catalogue(CATALOGUE_PATH)[::5]
    before = [StoredText(record.title, record.text, {}) for record in records]
    after = [StoredText(one.title, f"{one.text} {sentence}", {}) for one in before]
    steps = [Step(0, "x", 2, DAYS[0], None, *pair) for pair in zip(before, after, strict=True)]
    found = [event for one in events_of(tagger(), steps, {}) for event in one]
    assert len(found) <= len(records) // 80 and {event.kind for event in found} <= {"recognised"}


def test_facts_beside_the_text() -> None:
    extra = [{"extra": {"status": status, "id": number}} for number, status in enumerate(("Active", "Complete"))]
    (closed,) = events(TEXT, TEXT, (extra[0], extra[1]))
    assert (closed.kind, closed.detail["change"]) == ("closed", "status: Active to Complete")
    assert kinds(TEXT, TEXT, (extra[1], extra[0])) == ["reopened"]
    (region,) = events(TEXT, TEXT, ({"extra": {}}, {"extra": {}, "region": "HI-SW"}))
    assert (region.kind, region.code) == ("region-named", "region:HI-SW")
    assert kinds(TEXT, TEXT, ({}, extra[1])) == []  # what was not stored cannot have changed


def test_figures_in_words() -> None:
    assert in_words({"value": 1_200_000, "unit": "GBP"}) == "£1,200,000"
    assert in_words({"value": 10, "high": 15.5, "unit": "%"}) == "10 to 15.5 %"
    assert in_words({"value": 6, "from": 18, "unit": "weeks"}) == "from 18 to 6 weeks"
    assert in_words({"value": 5, "bound": "at least", "unit": "sites"}) == "at least 5 sites"


def test_a_reworded_sentence_is_found_again() -> None:
    revision = Revision(
        "It runs in 12 homes in Kent. Staff like it.", "Staff like it. It now runs in 14 homes in Kent."
    )
    before = revision.before_of("It now runs in 14 homes in Kent.")
    assert before is not None and before.text == "It runs in 12 homes in Kent."
    assert revision.before_of("Nothing of the kind was ever said.") is None
    assert revision.is_new("It now runs in 14 homes in Kent.") and not revision.is_new("staff like it")


# --- the stage


def row(address: str, text: str, title: str = "Falls service", **facts: Any) -> ListingRow:
    url = f"https://example.org/{address}"
    extra = json.dumps(facts)
    return ListingRow(
        id=keys.listing_id(SOURCE, url), source=SOURCE, url=url, fetched_url=url, record_id=None, title=title,
        text=text, text_hash=keys.digest(text), content_hash=keys.digest(title, text, extra),
        publisher="A trust", region=None, published=None, extra=extra,
    )  # fmt: skip


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Job]:
    path = tmp_path / "a.db"
    db = new_database(path)
    yield Job(db, path, start_run(db, "test", "0"), Console(verbosity=-1))
    db.conn.close()


def stored_events(db: Database) -> list[dict[str, Any]]:
    return list(db.query("SELECT * FROM change_events ORDER BY id"))


def read(job: Job, *texts: str, address: str = "a") -> None:
    for text, day in zip(texts, DAYS, strict=False):
        store_listing(job.db, row(address, text), job.run_id, day)


def test_the_stage_makes_each_event_once_and_follows_what_changed(job: Job) -> None:
    read(job, TEXT, TEXT.replace("27%", "34%"))
    track_changes(job)
    (first,) = stored_events(job.db)
    assert (first["kind"], first["version"], first["happened_at"]) == ("figure-changed", 2, DAYS[1])
    assert json.loads(first["detail"])["change"].startswith("27 % to 34 %")
    track_changes(job)
    assert job.counts["track"] == {"steps": 0, "events": 0} and stored_events(job.db) == [first]
    read(job, TEXT, TEXT.replace("27%", "34%"), TEXT.replace("27%", "41%"))
    track_changes(job)
    assert job.counts["track"]["steps"] == 3  # back to 27, to 34 and to 41 again: three more versions
    before = stored_events(job.db)
    track_changes(job, again=True)
    assert stored_events(job.db) == before


def test_a_replaced_version_has_its_events_replaced(job: Job) -> None:
    read(job, TEXT, TEXT.replace("27%", "34%"))
    track_changes(job)
    store_listing(job.db, row("a", TEXT.replace("27%", "50%")), job.run_id, DAYS[1], same_version=True)
    assert stored_events(job.db) == []
    track_changes(job)
    assert [json.loads(one["detail"])["after"]["value"] for one in stored_events(job.db)] == [50]


def test_a_step_that_breaks_the_tagger_stops_no_other(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    read(job, TEXT, TEXT + " boom")
    read(job, TEXT, TEXT.replace("27%", "34%"), address="b")
    whole: Callable[..., Any] = Tagger.tag

    def tag(self: Tagger, documents: Any) -> Any:
        documents = list(documents)
        if any("boom" in one.text for one in documents):
            raise ValueError("boom")
        return whole(self, documents)

    monkeypatch.setattr(Tagger, "tag", tag)
    track_changes(job)
    assert [one["kind"] for one in stored_events(job.db)] == ["figure-changed"]
    assert job.warnings and "Falls service" in job.warnings[0] and "boom" in job.warnings[0]


def test_the_timeline_tells_of_sources_changes_and_what_is_gone(job: Job) -> None:
    read(job, TEXT, TEXT.replace("27%", "34%"))
    tag_listings(job)
    track_changes(job)
    resolve_stage(job)
    listing = row("a", TEXT).id
    (innovation,) = (one for (one,) in job.db.conn.execute("SELECT id FROM innovations"))
    with transaction(job.db):
        job.db.conn.execute(
            "INSERT INTO frontier (source, url, role, state) VALUES (?, ?, 'detail', 'gone')",
            [SOURCE, "https://example.org/a"],
        )
    assert mark_gone(job.db, SOURCE, DAYS[2]) == 1
    sql = "SELECT happened_on, kind, what FROM timeline WHERE innovation_id = ? ORDER BY noticed_at, kind DESC"
    found = [tuple(one) for one in job.db.conn.execute(sql, [innovation])]
    assert [one[:2] for one in found] == [
        (DAYS[0][:10], "listed"),
        (DAYS[1][:10], "figure-changed"),
        (DAYS[2][:10], "gone"),
    ]
    resolve_stage(job)  # the innovation has no listings any more and goes; that the page went stays
    gone = list(job.db.query("SELECT listing_id, what FROM innovation_changes WHERE kind = 'gone'"))
    assert gone == [{"listing_id": listing, "what": "No longer there: A trust"}]


def test_what_a_later_listing_brings_is_told_once_and_a_tag_taken_away_not_at_all(job: Job) -> None:
    read(job, TEXT)
    tag_listings(job)
    resolve_stage(job)
    with transaction(job.db):  # as if the innovation had been known for a week
        job.db.conn.execute("UPDATE innovations SET first_seen_at = ?", [DAYS[0]])
    (innovation,) = (one for (one,) in job.db.conn.execute("SELECT id FROM innovations"))
    later = row("b", TEXT + " It is now UKCA marked.")
    store_listing(job.db, later, job.run_id, DAYS[1])
    tag_listings(job)
    with transaction(job.db):
        sql = "INSERT OR REPLACE INTO innovation_listings (listing_id, innovation_id, score) VALUES (?, ?, 1)"
        job.db.conn.execute(sql, [later.id, innovation])
    sql = "SELECT kind, code, after FROM innovation_changes WHERE innovation_id = ?"
    brought = [tuple(one) for one in job.db.conn.execute(sql, [innovation])]
    assert ("mark-appeared", "regulatory:UKCA", "It is now UKCA marked.") in brought
    assert {code.split(":")[0] for _, code, _ in brought} <= {"regulatory"}
    assert {row["place"] for row in job.db.query("SELECT place FROM lead_times")} <= {1}


def test_two_sources_and_the_days_between(tmp_path: Path) -> None:
    db = new_database(tmp_path / "a.db")
    run = start_run(db, "test", "0")
    with transaction(db):
        for name in ("early", "late"):
            source = {"name": name, "title": name, "publisher": name, "licence": "x", "discovery": "index"}
            source |= {"start_url": "http://127.0.0.1/", "frequency": "daily", "enabled": 1, "verified": "never"}
            db.table("sources").insert(source)
    rows = {}
    for name, published in (("early", "2026-03-01"), ("late", "2026-03-11"), (SOURCE, "2026")):
        one = row(name, TEXT)
        rows[name] = ListingRow(
            **{**{f: getattr(one, f) for f in one.__slots__}, "source": name, "published": published}
        )
        store_listing(db, rows[name], run, DAYS[0])
    with transaction(db):
        db.table("innovations").insert(
            {"id": "inn-1", "title": "Falls", "summary": "", "listing_count": 3, "content_hash": "x",
             "first_seen_at": DAYS[0], "changed_at": DAYS[0], "search_key": 1}
        )  # fmt: skip
        for one in rows.values():
            db.table("innovation_listings").insert({"listing_id": one.id, "innovation_id": "inn-1", "score": 1})
        db.conn.execute("INSERT INTO run_counts VALUES (?, 'crawl', ?, 'requests', 1)", [run, SOURCE])
    league = {one["source"]: one for one in db.query("SELECT * FROM source_leads")}
    assert league.keys() == {
        "early",
        "late",
    }  # since when the third had it is not known
    assert (league["early"]["first"], league["early"]["median_days_ahead"]) == (1, 10)
    assert (league["late"]["first"], league["late"]["median_days_behind"]) == (0, 10)
    found = read_innovation(SimpleNamespace(execute=lambda sql, given=(): db.query(sql, given)), "inn-1")
    assert found is not None
    days = {one["source"]: one["days_after"] for one in found["timeline"]}
    assert days == {"early": 0, "late": 10, SOURCE: None}
    db.conn.close()
