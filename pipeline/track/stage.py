"""Track: what changed in each listing from one stored version to the next, as typed events.

Only versions that came since the last time are read. Both versions of a step are read by the present tagger, so that an
event tells of the page and never of the tagger; `again` makes every event anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from db.history import Step, StoredText, count_due, due_steps, make_all_steps_due, store_events
from db.keys import digest
from nlp.annotations import Document, Tagging
from nlp.tagger import Tagger
from pipeline.job import Job
from pipeline.track.events import Event, Version, events_between

STAGE = "track"
BATCH_SIZE = 100  # steps to a transaction: two texts of 5 kB each, so about a megabyte; chosen
ID_DIGITS = 20  # 80 bits: no two of a billion events share an id

Row = dict[str, Any]


def track_changes(job: Job, *, again: bool = False) -> None:
    """Make the events of every step that is due; with `again`, of all of them. A run that dies is run again."""
    if again:
        make_all_steps_due(job.db)
    counts = {"steps": 0, "events": 0}
    due = count_due(job.db)
    if due:
        _track(job, due, counts)
    job.count(STAGE, counts)


def _track(job: Job, due: int, counts: dict[str, int]) -> None:
    tagger = Tagger.load()
    labels = {term.code: term.label for term in tagger.vocabulary.terms()}
    with job.console.progress(due, "tracking changes") as bar:
        for steps, void in _batches(job):
            rows = [row for step, events in _read(job, tagger, steps, labels) for row in event_rows(step, events)]
            counts["steps"] += len(steps)
            counts["events"] += store_events(job.db, steps, void, rows)
            bar.update(len(steps) + len(void))


def _batches(job: Job) -> Iterator[tuple[list[Step], list[int]]]:
    after = 0
    while True:
        steps, void = due_steps(job.db, after, BATCH_SIZE)
        if not steps and not void:
            return
        yield steps, void
        after = max([*void, *(step.due for step in steps)])


def _read(
    job: Job, tagger: Tagger, steps: Sequence[Step], labels: Mapping[str, str]
) -> Iterator[tuple[Step, list[Event]]]:
    """The events of a batch; a step that breaks the tagger is told, has none, and stops no other."""
    try:
        yield from zip(steps, events_of(tagger, steps, labels), strict=True)
    except Exception as error:
        if len(steps) == 1:
            said = (
                f"listing {steps[0].after.title!r}: version {steps[0].version} cannot be compared with the one before"
            )
            job.warn(STAGE, f"{said}: {type(error).__name__}: {error}")
            return
        for step in steps:
            yield from _read(job, tagger, [step], labels)


def events_of(tagger: Tagger, steps: Sequence[Step], labels: Mapping[str, str]) -> list[list[Event]]:
    """The events of each step. Every text is tagged once, also where it ends one step and begins the next."""
    texts = list(dict.fromkeys(key for step in steps for key in (_key(step.before), _key(step.after))))
    documents = [Document(str(number), title, text) for number, (title, text) in enumerate(texts)]
    tagged = dict(zip(texts, tagger.tag(documents), strict=True))
    versions = [tuple(_version(tagger, one, tagged[_key(one)]) for one in (step.before, step.after)) for step in steps]
    return [events_between(before, after, labels) for before, after in versions]


def _key(stored: StoredText) -> tuple[str, str]:
    return stored.title, stored.text


def _version(tagger: Tagger, stored: StoredText, tagging: Tagging) -> Version:
    """A version with its tags; of one that is no innovation those that rules give, for what it says of its end."""
    document = Document("", stored.title, stored.text)
    ruled = () if tagging.filtration.kept else tuple(next(tagger.by_rule([document], {"facet"})))
    return Version(stored.title, stored.text, stored.facts, tagging, ruled or tagging.annotations)


def event_rows(step: Step, events: Sequence[Event]) -> Iterator[Row]:
    """The events as rows of table change_events; an event has the same id whenever it is made."""
    known: dict[str, int] = {}
    for event in events:
        said = (step.listing_id, str(step.version), event.kind, event.code, _quote(event, 0), _quote(event, 1))
        key = digest(*said, str(event.detail.get("change", "")))[:ID_DIGITS]
        known[key] = known.get(key, -1) + 1
        yield {
            "id": digest(key, str(known[key]))[:ID_DIGITS],
            "listing_id": step.listing_id,
            "version": step.version,
            "kind": event.kind,
            "code": event.code,
            **_columns("before", event),
            **_columns("after", event),
            "detail": dict(event.detail),
            "happened_at": step.seen_at,
            "run_id": step.run_id,
        }


def _quote(event: Event, side: int) -> str:
    evidence = (event.before, event.after)[side]
    return evidence.text if evidence else ""


def _columns(side: str, event: Event) -> Row:
    evidence = event.before if side == "before" else event.after
    values = (evidence.text, evidence.start, evidence.end) if evidence else (None, None, None)
    return dict(zip((side, f"{side}_start", f"{side}_end"), values, strict=True))
