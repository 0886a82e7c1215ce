"""Typed change events between two versions of a listing, read by one tagger; each with its sentences before and after.

A tag that comes or goes is an event only where the sentence that carries it does too: a score that crosses its
threshold because the text around grew or shrank is none. Themes alone may also come or go by their score (SURE_THEME).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from db.history_views import EVIDENCE_RANK
from nlp.annotations import Annotation, Evidence, Tagging
from pipeline.track.figures import figure_changes
from pipeline.track.revision import Revision, words_of

MATURITY_RANKS = {"discovery": 0, "testing": 1, "ready-or-spreading": 2}
SURE_THEME = 0.2  # a theme whose score moves by so much came or went, even where its sentence stayed; chosen
# Facts beside the text that say how something stands, by the name of their field ("overallStatus", "award_status").
TELLING_FIELD = re.compile(r"status|state\b|stage|phase|recruit|withdrawn|superseded", re.IGNORECASE)
ENDED_VALUE = re.compile(
    r"\b(closed|complete[d]?|ended|expired|finished|terminated|withdrawn|suspended|discontinued|superseded|replaced|archived|inactive)\b",
    re.IGNORECASE,
)
CARE_BODY = re.compile(r"\b(NHS|Health Board|Health and Social Care Trust|Integrated Care Board|Hospitals?)\b")
SOUGHT = re.compile(
    r"\b(await\w*|seek\w*|sought|appl(?:y|ying|ied) for|application for|submitted|working towards?|pursu\w+|expect\w*|"
    r"plan(?:s|ned|ning)?|pending|in the process of|undergoing|hop(?:es?|ing)|yet to|not yet|prepar(?:es|ing) for|"
    r"aim(?:s|ing)?|due to (?:receive|get)|will (?:seek|apply)|under (?:review|assessment))\b",
    re.IGNORECASE,
)
GAINS = {"regulatory": "mark-appeared", "region": "region-named", "status": "closed"}
LOSSES = {"regulatory": "mark-lost", "status": "reopened"}

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Version:
    """A stored version as the tagger reads it.

    annotations: those of its tagging; of a text that is no innovation the facets that rules give it.
    """

    title: str
    text: str
    facts: Facts
    tagging: Tagging
    annotations: Sequence[Annotation]

    @cached_property
    def tags(self) -> dict[tuple[str, str], Annotation]:
        """(kind, code) -> annotation, figures apart."""
        return {(one.kind, one.code): one for one in self.annotations if one.kind != "figure"}

    @cached_property
    def figures(self) -> list[Annotation]:
        """The figures, in the order of the text."""
        return [one for one in self.annotations if one.kind == "figure"]

    def facet(self, name: str) -> dict[str, Annotation]:
        """The values of a facet: value -> annotation."""
        found = ((code.partition(":"), one) for (kind, code), one in self.tags.items() if kind == "facet")
        return {value: one for (facet, _, value), one in found if facet == name}


@dataclass(frozen=True, slots=True)
class Event:
    """One change. code: what was gained, lost or named, as in the tags ("theme code", "region:HI-SW").

    before and after: the sentences; None where the text said nothing of it. detail: values in words, labels.
    """

    kind: str
    code: str = ""
    before: Evidence | None = None
    after: Evidence | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


def events_between(before: Version, after: Version, labels: Mapping[str, str]) -> list[Event]:
    """Every event from one version to the next, in a fixed order; labels: the names of facet values by their codes."""
    revision = Revision(before.text, after.text)
    was, now = before.tagging.filtration.kept, after.tagging.filtration.kept
    found = [*_renamed(before, after), *_facts(before.facts, after.facts), *_status(before, after, revision)]
    if was != now:
        kind = "recognised" if now else "unrecognised"
        reason = after.tagging.filtration
        found.append(Event(kind, after=reason.evidence, detail={"change": reason.reason}))
    if was and now:
        found += [*_themes(before, after, revision), *_criteria(before, after, revision)]
        found += [*_facets(before, after, revision, labels), *_ranked(before, after, revision)]
        found += [
            Event(f"figure-{one.kind}", "", one.before, one.after, one.detail)
            for one in figure_changes(before.figures, after.figures, revision)
        ]
    return found


def _renamed(before: Version, after: Version) -> Iterator[Event]:
    if words_of(before.title) != words_of(after.title):
        yield Event("renamed", detail={"from": before.title, "to": after.title, "change": after.title})


# --- facts beside the text


def _facts(before: Facts, after: Facts) -> Iterator[Event]:
    """A region given anew, and what the source says of how it stands; nothing where the older facts are not known."""
    if not before:
        return
    if after.get("region") and not before.get("region"):
        yield Event("region-named", f"region:{after['region']}", detail={"field": "region"})
    old, new = before.get("extra") or {}, after.get("extra") or {}
    for name in sorted(old.keys() | new.keys()):
        if TELLING_FIELD.search(name) and old.get(name) != new.get(name):
            yield _fact(name, old.get(name), new.get(name))


def _fact(name: str, old: object, new: object) -> Event:
    """A field that says how something stands: an event of its own kind where it says that it has ended."""
    was, ends = (bool(ENDED_VALUE.search(str(value or ""))) for value in (old, new))
    kind = "closed" if ends and not was else "reopened" if was and not ends else "fact-changed"
    words = f"{name}: {'none' if old is None else old} to {'none' if new is None else new}"
    return Event(kind, detail={"field": name, "from": old, "to": new, "change": words})


# --- tags that come and go


def _gained(one: Annotation, revision: Revision, kind: str, **detail: Any) -> Event:
    return Event(kind, one.code, revision.before_of(one.evidence.text), one.evidence, {**_label(one), **detail})


def _lost(one: Annotation, revision: Revision, kind: str) -> Event:
    return Event(kind, one.code, one.evidence, revision.after_of(one.evidence.text), _label(one))


def _label(one: Annotation) -> dict[str, Any]:
    """The name of what stands in no list, such as a company, which only the tag itself knows."""
    return {"label": one.detail["label"]} if "label" in one.detail else {}


def _themes(before: Version, after: Version, revision: Revision) -> Iterator[Event]:
    if revision.is_same_but_for_numbers:
        return
    old, new = _of_kind(before, "theme"), _of_kind(after, "theme")
    for code in (one for one in new if one not in old):
        rise = new[code].score - before.tagging.all_scores.get(code, 0.0)
        if revision.is_reworded(new[code].evidence.text) or rise >= SURE_THEME:
            yield _gained(new[code], revision, "theme-gained")
    for code in (one for one in old if one not in new):
        fall = old[code].score - after.tagging.all_scores.get(code, 0.0)
        if revision.is_reworded(old[code].evidence.text) or fall >= SURE_THEME:
            yield _lost(old[code], revision, "theme-lost")


def _criteria(before: Version, after: Version, revision: Revision) -> Iterator[Event]:
    old, new = _of_kind(before, "criterion"), _of_kind(after, "criterion")
    for code, one in new.items():
        if code not in old and revision.is_reworded(one.evidence.text):
            yield _gained(one, revision, "criterion-gained", change=one.verdict)
        elif code in old and (old[code].verdict, one.verdict) == ("planned", "met"):
            yield Event("criterion-met", code, old[code].evidence, one.evidence)
    for code, one in old.items():
        if code not in new and revision.is_reworded(one.evidence.text):
            yield _lost(one, revision, "criterion-lost")


def _of_kind(version: Version, kind: str) -> dict[str, Annotation]:
    return {code: one for (found, code), one in version.tags.items() if found == kind}


def _facets(before: Version, after: Version, revision: Revision, labels: Mapping[str, str]) -> Iterator[Event]:
    """Marks, regions, sites and organisations that come; marks that go."""
    for (kind, code), one in after.tags.items():
        named = _gain_of(one, labels) if kind == "facet" else None
        if named and (kind, code) not in before.tags and revision.is_new(one.evidence.text):
            yield _gained(one, revision, named)
    marks = after.facet("regulatory")
    for value, one in before.facet("regulatory").items():
        if value in marks:
            if _is_sought(one) and not _is_sought(marks[value]) and revision.is_new(marks[value].evidence.text):
                yield Event("mark-appeared", one.code, one.evidence, marks[value].evidence, _label(marks[value]))
        elif revision.is_dropped(one.evidence.text):
            yield _lost(one, revision, LOSSES["regulatory"])


def _is_sought(mark: Annotation) -> bool:
    """Whether the sentence says that the mark is wanted, not that it is there."""
    return bool(SOUGHT.search(mark.evidence.text))


def _gain_of(one: Annotation, labels: Mapping[str, str]) -> str | None:
    """The kind of event that this facet value makes when it is new."""
    facet = one.code.partition(":")[0]
    if facet == "organisation":
        name = str(one.detail.get("label") or labels.get(one.code, ""))
        return "site-named" if CARE_BODY.search(name) else "organisation-named"
    if facet == "regulatory" and _is_sought(one):
        return "mark-sought"
    return GAINS.get(facet) if facet != "status" else None


def _status(before: Version, after: Version, revision: Revision) -> Iterator[Event]:
    """Closed, paused, or open again, also where the page is no longer read as an innovation."""
    old, new = before.facet("status"), after.facet("status")
    for value, one in new.items():
        if value not in old and revision.is_new(one.evidence.text):
            yield _gained(one, revision, GAINS["status"])
    for value, one in old.items():
        if not new and value not in new and revision.is_dropped(one.evidence.text):
            yield _lost(one, revision, LOSSES["status"])


def _ranked(before: Version, after: Version, revision: Revision) -> Iterator[Event]:
    """Evidence of a higher type than any before, and a stage further on."""
    for facet, ranks, kind in (
        ("evidence-type", EVIDENCE_RANK, "evidence-raised"),
        ("maturity", MATURITY_RANKS, "maturity-raised"),
    ):
        old, new = (_by_rank(version.facet(facet), ranks) for version in (before, after))
        if not new or (facet == "maturity" and not old):
            continue
        best, was = new[-1], old[-1] if old else None
        if ranks.get(best, -1) > (ranks.get(was, -1) if was else -1):
            one = after.facet(facet)[best]
            if revision.is_new(one.evidence.text):
                yield _gained(one, revision, kind, **{"from": was, "to": best})


def _by_rank(values: Mapping[str, Annotation], ranks: Mapping[str, int]) -> Sequence[str]:
    """The values that have a rank, the weakest first."""
    return sorted((value for value in values if value in ranks), key=lambda value: (ranks[value], value))
