"""How a file's shapes lie to each other and to the town: overlaps, gaps, duplicates, slivers, buildings on two lots."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from geo.errors import Text
from geo.intake.doctor.finding import MOST_PLACES, NO_SHAPES, Finding
from geo.intake.doctor.look import ASKED, WHOLE, Looked, Watch
from geo.intake.doctor.make import finding
from geo.intake.doctor.town import outside_findings
from geo.shapes.topology import Places, Plan, across, gaps, overlaps, plan_of, slivers
from geo.shapes.topology_plan import places_of
from geo.store.known import PARCEL, Known

# Layers whose areas are meant to lie side by side: what one covers no other does.
SIDE_BY_SIDE = frozenset((PARCEL, "tax_zone", "tax_block", "tax_sheet"))
BUILDING = "building"


def ground_findings(
    looked: Looked, known: Known, parcels: NDArray[np.object_] | None, watch: Watch
) -> Iterator[Finding]:
    """What the shapes tell; `parcels` are what buildings are held against (WGS 84)."""
    if looked.shapes is None or looked.layer.shape.dimension != 2:
        return
    plan = plan_of(looked.shapes)
    watch.tell(ASKED + 5)
    if looked.layer.id in SIDE_BY_SIDE:
        yield from _side_by_side(plan, watch)
    elif looked.layer.id == BUILDING:
        yield from _overlapping(plan, watch)
    if looked.layer.id == BUILDING and parcels is not None and len(parcels):
        yield from _across(looked, plan, parcels, watch)
    yield from outside_findings(looked, plan, known, watch.part(90, WHOLE))


def _side_by_side(plan: Plan, watch: Watch) -> Iterator[Finding]:
    yield from _overlapping(plan, watch)
    voids = gaps(plan, progress=watch.part(70, 90))
    if len(voids):
        enclosed, whole = int(voids.enclosed.sum()), float(voids.square_metres.sum())
        more = Text(
            f"(ล้อมรอบด้วยแปลง {enclosed:,} แห่ง รวม {whole:,.1f} ตร.ม.)",
            f"{enclosed:,} with parcels all around, {whole:,.1f} m² together",
        )
        beside = voids.beside[voids.beside >= 0]
        yield finding(
            "gap", more, count=len(voids), of="gaps", rows=beside + 1, places=_drawn(voids.places),
            shapes=_first(voids.shapes), facts={"enclosed": enclosed, "square_metres": round(whole, 1)},
        )  # fmt: skip
    thin = slivers(plan)
    if len(thin.position):
        yield finding("sliver", rows=thin.position + 1, places=_drawn(thin.places))


def _overlapping(plan: Plan, watch: Watch) -> Iterator[Finding]:
    found = overlaps(plan, progress=watch.part(ASKED + 5, 70))
    if len(found):
        whole = float(found.square_metres.sum())
        more = Text(
            f"(รวม {whole:,.1f} ตร.ม. มากที่สุด {found.square_metres[0]:,.1f} ตร.ม.)",
            f"{whole:,.1f} m² together, the largest {found.square_metres[0]:,.1f} m²",
        )
        pairs = [[int(a) + 1, int(b) + 1] for a, b in zip(found.left[:50], found.right[:50], strict=True)]
        yield finding(
            "overlap", more, count=len(found), of="pairs", rows=np.concatenate((found.left, found.right)) + 1,
            places=_drawn(found.places), shapes=_first(found.shapes),
            facts={"square_metres": round(whole, 1), "slight": found.slight, "pairs": pairs},
        )  # fmt: skip
    same = found.duplicates
    if len(same.position):
        groups = same.groups
        more = Text(f"({len(groups):,} รูป)", f"{len(groups):,} shapes")
        yield finding("duplicate-shape", more, rows=same.position + 1, facts={"shapes": len(groups)},
                      places=_places_of(plan, same.position))  # fmt: skip


def _places_of(plan: Plan, positions: NDArray[np.intp]) -> NDArray[np.float64]:
    return _drawn(places_of(plan.shapes[positions[:MOST_PLACES]], plan))


def _across(looked: Looked, plan: Plan, parcels: NDArray[np.object_], watch: Watch) -> Iterator[Finding]:
    found = across(plan, parcels, progress=watch.part(70, 90))
    if len(found.building):
        rows = np.unique(found.building) + 1
        yield finding("across-parcels", looked=looked, rows=rows, of="buildings", facts={"parts": len(found.building)})


def _first(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    there = np.array([one is not None for one in shapes[:MOST_PLACES]], dtype=bool)
    return shapes[:MOST_PLACES][there] if len(shapes) else NO_SHAPES


def _drawn(places: Places) -> NDArray[np.float64]:
    lonlat = np.column_stack((places.lon, places.lat))[:MOST_PLACES]
    return np.asarray(np.round(lonlat[np.isfinite(lonlat).all(axis=1)], 7))
