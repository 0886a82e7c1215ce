"""Ids that stay: a cluster keeps its listings' id, a merge the older id, a split the part with the main listing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from db.innovations import StoredInnovation
from db.keys import digest

ID_HEX_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Assignment:
    """ids[k] is the id of cluster k. redirects: retired id -> id in use. vanished: stored ids without any listing."""

    ids: list[str]
    redirects: dict[str, str]
    vanished: list[str]


def assign_ids(
    clusters: Sequence[Sequence[str]],
    stored: Mapping[str, StoredInnovation],
    is_in_use: Callable[[str], bool] = lambda _: False,
    retired: Collection[str] = (),
) -> Assignment:
    """Give every cluster of listing ids (main listing first) an id, each id once.

    stored: the innovations to which these listings belonged. is_in_use: whether another innovation has an id.
    """
    claims = _claims(clusters, stored, retired)
    ids: list[str | None] = [None] * len(clusters)
    redirects: dict[str, str] = {}
    for place, claimants in claims.items():
        oldest, *others = sorted(claimants, key=lambda one: (stored[one].first_seen_at, one))
        ids[place] = oldest
        redirects.update(dict.fromkeys(others, oldest))
    taken = {one for one in ids if one} | redirects.keys()
    for place, members in enumerate(clusters):
        if ids[place] is None:
            ids[place] = _new_id(members, lambda one: one in taken or is_in_use(one), retired)
            taken.add(str(ids[place]))
    named = [str(one) for one in ids]
    return Assignment(named, dict(sorted(redirects.items())), sorted(stored.keys() - set(named) - redirects.keys()))


def _claims(
    clusters: Sequence[Sequence[str]], stored: Mapping[str, StoredInnovation], retired: Collection[str]
) -> dict[int, list[str]]:
    """Cluster -> the stored innovations that go on in it: where the main listing is, else where most listings are."""
    place_of = {listing: place for place, members in enumerate(clusters) for listing in members}
    came_from = {_id_from(listing): place for listing, place in place_of.items()}
    merged = {came_from[one] for one in retired if one in came_from}
    claims: dict[int, list[str]] = {}
    for innovation in stored.values():
        places = [place_of[listing] for listing in innovation.listings if listing in place_of]
        if innovation.main in place_of:
            place = place_of[innovation.main]
            if place in merged:  # the main listing came by a merge that may be undone: then the id stays where it began
                place = came_from.get(innovation.id, place)
            claims.setdefault(place, []).append(innovation.id)
        elif places:
            most = max(sorted(set(places)), key=places.count)
            claims.setdefault(most, []).append(innovation.id)
    return claims


def _id_from(listing: str) -> str:
    return f"inn-{listing[:ID_HEX_DIGITS]}"


def _new_id(members: Sequence[str], is_taken: Callable[[str], bool], retired: Collection[str]) -> str:
    """A retired id that came from one of the listings, else one from the main listing, else the next, and so on."""
    candidates = [_id_from(listing) for listing in members]
    for candidate in sorted(candidates, key=lambda one: one not in retired):
        if not is_taken(candidate):
            return candidate
    for turn in count():
        candidate = f"inn-{digest('innovation', members[0], str(turn))[:ID_HEX_DIGITS]}"
        if not is_taken(candidate):
            return candidate
    raise AssertionError("count() never ends")
