from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from catalogue_database import (
    ALONE,
    FOCUS_ADHD,
    QUIPP,
    add_listing,
    catalogue_records,
    chosen_records,
    decide,
    groups_of,
    innovation_of,
    listing_of,
    new_database,
)
from sqlite_utils import Database

from db.innovations import current_id
from db.judgements import current_judgements, judge_pairs
from pipeline.errors import RequestError
from pipeline.judge import doubtful_lines, judgement_lines, listings_of, pairs_between
from pipeline.resolve.stage import resolve, resolve_listings


@pytest.fixture
def db(tmp_path: Path) -> Database:
    db = new_database(tmp_path / "i.db", chosen_records())
    resolve_listings(db)
    return db


def say(db: Database, verdict: str, subjects: Sequence[str], author: str = "Ada") -> list[str]:
    """Judge and resolve, as the command does; returns the warnings."""
    judge_pairs(db, pairs_between(db, verdict, subjects), verdict, author)
    return resolve(db).warnings


def of(*records: str) -> list[str]:
    return [listing_of(record) for record in records]


def test_same_joins_what_the_model_keeps_apart_and_the_older_id_stays(db: Database) -> None:
    one, other = (innovation_of(db, record) for record in ALONE[:2])
    decide(db, other)
    say(db, "same", of(*ALONE[:2]))
    assert frozenset(ALONE[:2]) in groups_of(db)
    kept = innovation_of(db, ALONE[0])
    assert current_id(db, one) == current_id(db, other) == kept
    assert db.conn.execute("SELECT decision FROM candidate_list WHERE id = ?", [kept]).fetchone()[0] == "shortlist"


def test_different_parts_what_the_model_joins(db: Database) -> None:
    assert frozenset(FOCUS_ADHD) in groups_of(db)
    say(db, "different", of(FOCUS_ADHD[0], FOCUS_ADHD[1]))
    assert innovation_of(db, FOCUS_ADHD[0]) != innovation_of(db, FOCUS_ADHD[1])


def test_judgements_outlive_a_rebuild_and_a_change_of_the_texts(db: Database) -> None:
    say(db, "same", of(*ALONE[:2]))
    say(db, "different", of(FOCUS_ADHD[0], FOCUS_ADHD[1]))
    resolve(db, again=True)
    (record,) = catalogue_records([ALONE[0]])
    add_listing(db, {**record, "text": record["text"] + " More was said later."})
    resolve_listings(db)
    assert frozenset(ALONE[:2]) in groups_of(db)
    assert innovation_of(db, FOCUS_ADHD[0]) != innovation_of(db, FOCUS_ADHD[1])


def test_a_judgement_can_be_withdrawn_and_nothing_is_overwritten(db: Database) -> None:
    before = groups_of(db)
    for verdict in ("same", "withdraw", "different", "unsure", "withdraw"):
        say(db, verdict, of(*ALONE[:2]))
    assert groups_of(db) == before
    assert current_judgements(db) == []
    assert db["judgements"].count == 5


def test_of_contradicting_judgements_the_later_wins_and_the_other_is_told(db: Database) -> None:
    say(db, "different", of(ALONE[0], ALONE[2]))
    say(db, "same", of(*ALONE[:2]))
    warnings = say(db, "same", of(ALONE[1], ALONE[2]))
    assert innovation_of(db, ALONE[0]) == innovation_of(db, ALONE[2])
    assert len(warnings) == 1 and "judgement 1 by Ada" in warnings[0] and "horizon judge --list" in warnings[0]


def test_judgement_of_a_listing_that_is_gone_holds_again_when_it_is_back(db: Database) -> None:
    say(db, "same", of(*ALONE[:2]))
    db.conn.execute("UPDATE listings SET gone_at = 'x' WHERE id = ?", of(ALONE[1]))
    resolve_listings(db)
    assert frozenset({ALONE[0]}) in groups_of(db)
    db.conn.execute("UPDATE listings SET gone_at = NULL WHERE id = ?", of(ALONE[1]))
    resolve_listings(db)
    assert frozenset(ALONE[:2]) in groups_of(db)


def test_innovations_are_judged_by_their_ids_too(db: Database) -> None:
    quipp, adhd = innovation_of(db, QUIPP[1]), innovation_of(db, FOCUS_ADHD[0])
    members = {*listings_of(db, quipp), *listings_of(db, adhd)}
    assert len(pairs_between(db, "different", [quipp, adhd])) == len(listings_of(db, quipp)) * len(FOCUS_ADHD)
    say(db, "same", [quipp, adhd])
    assert set(listings_of(db, innovation_of(db, QUIPP[1]))) == members


def test_innovations_that_became_one_are_parted_by_taking_back_what_joined_them(db: Database) -> None:
    """Their two ids are of one innovation now: "different" would say that each of its listings is another one."""
    before = groups_of(db)
    ids = sorted([innovation_of(db, QUIPP[1]), innovation_of(db, FOCUS_ADHD[0])])
    say(db, "same", ids)
    kept = current_id(db, ids[0])
    for verdict in ("different", "same", "unsure"):
        with pytest.raises(RequestError, match=f"are one innovation, {kept}; .*--split {kept}; .*{kept} --withdraw"):
            pairs_between(db, verdict, ids)
    say(db, "withdraw", [str(kept)], author="Bob")
    assert groups_of(db) == before and current_judgements(db) == []
    assert sorted([innovation_of(db, QUIPP[1]), innovation_of(db, FOCUS_ADHD[0])]) == ids
    with pytest.raises(RequestError, match=r"no judgement among .* to withdraw; .*--list"):
        pairs_between(db, "withdraw", ids)
    say(db, "same", ids)
    say(db, "withdraw", ids, author="Bob")
    assert groups_of(db) == before


def test_a_listing_and_the_innovation_that_has_it(db: Database) -> None:
    """Judged to be different, the listing leaves; the rest stays together."""
    adhd = innovation_of(db, FOCUS_ADHD[0])
    say(db, "different", [*of(FOCUS_ADHD[1]), adhd])
    assert frozenset([FOCUS_ADHD[1]]) in groups_of(db)
    assert frozenset(FOCUS_ADHD) - {FOCUS_ADHD[1]} in groups_of(db)


@pytest.mark.parametrize(
    ("verdict", "subjects", "said"),
    [
        ("same", ["nothing"], "there is no listing or innovation nothing"),
        ("same", ALONE[:1], "two listings or innovations"),
    ],
)
def test_what_cannot_be_judged_is_refused(db: Database, verdict: str, subjects: list[str], said: str) -> None:
    known = [listing_of(one) if one in ALONE else one for one in subjects]
    with pytest.raises(RequestError, match=said):
        pairs_between(db, verdict, known)


@pytest.mark.parametrize(
    ("verdict", "author", "said"),
    [("equal", "Ada", "allowed: same, different, unsure, withdraw"), ("same", " ", "author"),
     ("withdraw", "Ada", "no judgement")],
)  # fmt: skip
def test_bad_judgements_store_nothing(db: Database, verdict: str, author: str, said: str) -> None:
    one, other = of(*ALONE[:2])
    with pytest.raises(ValueError, match=said):
        judge_pairs(db, [(one, other)], verdict, author)
    with pytest.raises(ValueError, match="two different"):
        judge_pairs(db, [(one, other), (one, one)], "same", "Ada")
    assert db["judgements"].count == 0


def test_what_is_judged_and_what_is_doubtful_can_be_read(db: Database) -> None:
    doubtful = doubtful_lines(db, 3)
    pair = next(db.query("SELECT one, other FROM doubtful_pairs ORDER BY doubt DESC, one, other"))
    assert pair["one"] in doubtful[0] and pair["other"] in doubtful[0]
    say(db, "unsure", [pair["one"], pair["other"]])
    assert not any(pair["one"] in line and pair["other"] in line for line in doubtful_lines(db, 1_000))
    (line,) = judgement_lines(db)
    assert "Ada: unsure" in line and pair["one"] in line


def test_what_was_said_at_once_is_one_line_and_the_lines_have_an_end(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    adhd, quipp = innovation_of(db, FOCUS_ADHD[0]), innovation_of(db, QUIPP[1])
    pairs = pairs_between(db, "different", [adhd, quipp])
    judge_pairs(db, pairs, "different", "Ada")
    judge_pairs(db, [tuple(of(*ALONE[:2]))], "unsure", "Bob", "no date")
    lines = judgement_lines(db)
    assert len(lines) == 2 and lines[0].endswith("(no date)")
    together = len({listing for pair in pairs for listing in pair})
    assert f"and {len(pairs) - 1} more pairs, of {together} listings together" in lines[1]
    monkeypatch.setattr("pipeline.judge.ACTS_MAX", 1)
    assert judgement_lines(db) == [lines[0], "and 1 before; all stand in the table judged_pairs"]
