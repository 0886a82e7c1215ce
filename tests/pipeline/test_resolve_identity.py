from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from db.innovations import StoredInnovation
from pipeline.resolve.identity import assign_ids

LISTINGS = [f"{number:016x}" for number in range(8)]


def stored(innovation_id: str, *listings: str, since: str = "2026-01-01") -> StoredInnovation:
    return StoredInnovation(innovation_id, listings[0] if listings else None, listings, since, "", False)


def assign(clusters: list[list[str]], *known: StoredInnovation) -> tuple[list[str], dict[str, str], list[str]]:
    result = assign_ids(clusters, {one.id: one for one in known})
    return result.ids, result.redirects, result.vanished


def test_new_id_comes_from_the_main_listing() -> None:
    assert assign([["ab" * 8, LISTINGS[0]]]) == (["inn-abababababab"], {}, [])


def test_merge_keeps_the_older_id() -> None:
    ids, redirects, _ = assign(
        [["a", "b"]], stored("inn-1", "a", since="2026-02-01"), stored("inn-2", "b", since="2026-01-01")
    )
    assert (ids, redirects) == (["inn-2"], {"inn-1": "inn-2"})


def test_split_keeps_the_id_with_the_main_listing() -> None:
    ids, redirects, _ = assign([["b", "c", "d"], ["a"]], stored("inn-1", "a", "b", "c", "d"))
    assert ids[1] == "inn-1" and ids[0] not in ("inn-1", "") and not redirects


def test_without_its_main_listing_the_id_goes_where_most_are() -> None:
    ids, _, _ = assign([["b"], ["c", "d"]], stored("inn-1", "gone", "b", "c", "d"))
    assert ids[1] == "inn-1"


def test_new_id_never_takes_one_in_use() -> None:
    taken = stored(f"inn-{LISTINGS[1][:12]}", LISTINGS[0])
    ids, _, _ = assign([[LISTINGS[0]], [LISTINGS[1]], [LISTINGS[2]]], taken)
    assert len(set(ids)) == 3


def test_what_leaves_a_merged_innovation_takes_its_former_id_again() -> None:
    """Whichever of its listings is the main one by now."""
    one, other, third = ("ab" * 8, "cd" * 8, "ef" * 8)
    known = {"inn-1": stored("inn-1", one, other, third)}
    result = assign_ids([[one], [other, third]], known, retired={"inn-efefefefefef"})
    assert result.ids == ["inn-1", "inn-efefefefefef"] and not result.redirects


def test_a_merge_undone_gives_each_its_own_id_again_though_the_main_listing_came_by_it() -> None:
    one, other = "ab" * 8, "cd" * 8
    older, former = "inn-abababababab", "inn-cdcdcdcdcdcd"
    known = {older: stored(older, other, one)}
    assert assign_ids([[one], [other]], known, retired={former}).ids == [older, former]
    assert assign_ids([[other, one]], known, retired={former}).ids == [older]
    assert assign_ids([[one], [other]], known).ids[1] == older  # without a merge the id is the main listing's


def test_innovation_without_listings_vanishes_and_comes_back() -> None:
    assert assign([], stored("inn-1", "a"))[2] == ["inn-1"]
    empty = StoredInnovation("inn-1", "a", (), "2026-01-01", "", True)
    assert assign([["a", "b"]], empty)[0] == ["inn-1"]


partitions = st.lists(st.integers(0, 7), min_size=8, max_size=8)


def clusters_from(labels: list[int]) -> list[list[str]]:
    groups: dict[int, list[str]] = {}
    for listing, label in zip(LISTINGS, labels, strict=True):
        groups.setdefault(label, []).append(listing)
    return sorted(groups.values())


@given(partitions, partitions)
def test_ids_are_unique_and_settle(first: list[int], second: list[int]) -> None:
    before = clusters_from(first)
    known = {
        innovation_id: stored(innovation_id, *members)
        for innovation_id, members in zip(assign_ids(before, {}).ids, before, strict=True)
    }
    after = clusters_from(second)
    result = assign_ids(after, known)
    assert len(set(result.ids)) == len(after)
    assert set(result.redirects.values()) <= set(result.ids)
    assert not set(result.redirects) & set(result.ids)
    assert not result.vanished
    settled = {one: stored(one, *members) for one, members in zip(result.ids, after, strict=True)}
    assert assign_ids(after, settled).ids == result.ids
