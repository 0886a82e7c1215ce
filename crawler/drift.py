"""Layout drift: which field was filled on most listings of a source before and is not now, and by how much. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

# Chosen: below so many listings a share says little, and a fall by a fifth of all listings is no chance at twenty.
LISTINGS_MIN = 20
FALL_MIN = 0.2
SHORTENED = 0.5  # the middle text's length, as a share of what it was, from which on the text itself is in doubt
PREFIX = "filled: "
EXTRA = "filled: extra."
LENGTH = "text length"


def drift(before: Mapping[str, float], now: Mapping[str, float], listings_before: int, listings: int) -> Iterator[str]:
    """What changed beyond chance, in sentences.

    before, now: "filled: FIELD" -> listings that have it ("filled: extra.KEY" for what no field took), and LENGTH, the
    middle length of the texts in characters; of the last good crawl and of this one.
    """
    if min(listings_before, listings) < LISTINGS_MIN:
        return
    for name in sorted(before.keys() | now.keys()):
        if not name.startswith(PREFIX):
            continue
        was, share = before.get(name, 0) / listings_before, now.get(name, 0) / listings
        field = name.removeprefix(PREFIX)
        if name.startswith(EXTRA) and name not in before:
            yield f"new field {field.removeprefix('extra.')!r} on {share:.0%} of listings, which no rule takes"
        elif round(was - share, 9) >= FALL_MIN:
            yield f"{field} is given on {share:.0%} of listings, on {was:.0%} before: has the layout changed?"
    length, long = now.get(LENGTH, 0), before.get(LENGTH, 0)
    if long and length < SHORTENED * long:
        yield f"the middle text has {length:.0f} characters, {long:.0f} before: has the layout changed?"
