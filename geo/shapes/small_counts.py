"""Which counts of a table may be told: small ones are not, nor what would give them away (DOMAIN 7.3)."""

from __future__ import annotations

from collections.abc import Sequence


def told(counts: Sequence[int], at_least: int) -> list[int | None]:
    """The counts, None for those that are not told beside their total.

    A count below `at_least` is hidden. What is hidden is the total less what is shown: so that no hidden number can be
    taken from it, the next smallest are hidden too until there are two of them, and `at_least` rows in them together.
    """
    hidden = {place for place, count in enumerate(counts) if 0 < count < at_least}
    if not hidden:
        return list(counts)
    for place in sorted(range(len(counts)), key=lambda place: counts[place]):
        if len(hidden) > 1 and sum(counts[one] for one in hidden) >= at_least:
            break
        if counts[place]:
            hidden.add(place)
    return [None if place in hidden else count for place, count in enumerate(counts)]
