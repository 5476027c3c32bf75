"""Codes that repeat or are missing, and how they agree with the zone, block and lot beside them (DOMAIN 2.2, 2.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from geo.errors import Text
from geo.intake.doctor.finding import Finding
from geo.intake.doctor.look import Looked
from geo.intake.doctor.make import finding, shown_values
from geo.intake.parcel_codes import Composition, composition
from geo.layer import Audience
from geo.thai import folded_header

# The stubs of pyarrow know no array of a kind that is found out at run time.
compute: Any = pyarrow.compute

DEED = "deed_no"
PARCEL_PARTS = "parcel_code_parts"
ZONE_HEADER = "zoneid"
MOST_GROUPS = 50


def code_findings(looked: Looked) -> Iterator[Finding]:
    """Keys, deeds, and the parts of parcel codes."""
    key = next((key for key in looked.layer.keys if set(key) <= looked.load.matching.fed), None)
    if key is not None and all(name in looked.read for name in key):
        yield from _keys(looked, key)
    if DEED in looked.read:
        yield from _deeds(looked)
    kept = composition_of(looked)
    if kept is not None:
        yield from _parts(looked, kept)
    elif PARCEL_PARTS not in looked.layer.checks:
        yield from _zone_of_others(looked)


def composition_of(looked: Looked) -> Composition | None:
    """How the rows keep the parts of their codes; None for a layer, or a file, without them."""
    return composition(looked.read) if PARCEL_PARTS in looked.layer.checks else None


def forms(looked: Looked) -> Mapping[str, int]:
    """How many rows keep their codes in which way."""
    kept = composition_of(looked)
    if kept is None:
        return {}
    ways = {"three": kept.in_three, "two": kept.in_two, "disagrees": kept.disagrees, "unjudged": kept.unjudged}
    return {name: int(mask.sum()) for name, mask in ways.items()}


def _keys(looked: Looked, key: tuple[str, ...]) -> Iterator[Finding]:
    column = looked.column_of(key[0])
    keys, blank = _joined(looked, key)
    if blank.any():
        yield finding("no-key", looked=looked, rows=looked.numbers[blank], column=column)
    groups = _repeated(keys)
    if not groups:
        return
    shown = all(looked.layer.fields[name].audience is Audience.PUBLIC for name in key)
    yield _told_repeated(looked, "duplicate-key", column, groups, shown=shown)


def _deeds(looked: Looked) -> Iterator[Finding]:
    column = looked.column_of(DEED)
    deeds, blank = _joined(looked, (DEED,))
    if blank.any():
        yield finding("deed-blank", looked=looked, rows=looked.numbers[blank], column=column)
    if groups := _repeated(deeds):
        yield _told_repeated(looked, "deed-repeated", column, groups, shown=False)


def _joined(looked: Looked, names: tuple[str, ...]) -> tuple[pa.Array[Any], NDArray[np.bool_]]:
    """The key of each row as one text, and where its first part is blank."""
    first, *others = (looked.read[name].cast(pa.string()).combine_chunks() for name in names)
    blank = np.asarray(compute.equal(compute.fill_null(first, ""), ""))
    join: Any = compute.binary_join_element_wise
    keys = join(first, *others, " / ", null_handling="replace", null_replacement="") if others else first
    return compute.if_else(pa.array(blank), pa.scalar(None, pa.string()), keys), blank


def _repeated(keys: pa.Array[Any]) -> dict[str, NDArray[np.intp]]:
    """The keys that several rows share, with their positions, in the order of the first."""
    coded: Any = keys.dictionary_encode()
    indices = np.asarray(coded.indices.fill_null(-1))
    counted = np.bincount(indices[indices >= 0], minlength=len(coded.dictionary))
    several = np.flatnonzero(counted > 1)
    order = np.argsort(indices, kind="stable")
    starts = np.searchsorted(indices[order], several)
    return {
        str(coded.dictionary[int(one)].as_py()): order[start : start + counted[one]]
        for one, start in zip(several, starts, strict=True)
    }


def _told_repeated(
    looked: Looked, code: str, column: str | None, groups: Mapping[str, NDArray[np.intp]], *, shown: bool
) -> Finding:
    rows = looked.numbers[np.concatenate(list(groups.values()))]
    repeats = len(rows) - len(groups)
    worst, places = max(groups.items(), key=lambda one: len(one[1]))
    first = int(looked.numbers[places].min())
    name = f"{worst} " if shown else ""
    more = Text(
        f"({len(groups):,} รหัส ซ้ำเกินมา {repeats:,} แถว มากที่สุด {name}× {len(places)} เริ่มแถว {first})",
        f"{len(groups):,} codes, {repeats:,} rows more than codes, the worst {name}× {len(places)} from row {first}",
    )
    values = shown_values({key: len(found) for key, found in groups.items()}) if shown else ()
    facts: dict[str, Any] = {"repeats": repeats, "codes": len(groups), "worst_times": len(places), "worst_row": first}
    facts |= {"worst": worst} if shown else {}
    facts["groups"] = [looked.numbers[found].tolist() for found in sorted(groups.values(), key=len)[::-1][:MOST_GROUPS]]
    return finding(code, more, looked=looked, rows=rows, column=column, values=values, facts=facts)


def _parts(looked: Looked, kept: Composition) -> Iterator[Finding]:
    column = looked.column_of("parcel_code")
    n = forms(looked)
    counted = Text(
        f"(แบบ 3 ช่อง {n['three']:,} แบบ 2 ช่อง {n['two']:,} ไม่เข้าแบบใด {n['disagrees']:,} เทียบไม่ได้ {n['unjudged']:,})",
        f"of all rows {n['three']:,} are in three parts, {n['two']:,} in two, {n['disagrees']:,} fit neither, "
        f"{n['unjudged']:,} cannot be judged",
    )
    for code, mask in (("key-composition", kept.disagrees), ("code-unjudged", kept.unjudged)):
        if mask.any():
            yield finding(code, counted, looked=looked, rows=looked.numbers[mask], column=column, facts=n)
    if kept.other_zone.any():
        share = kept.other_zone.sum() / max(int(kept.in_two.sum()), 1)
        more = Text(f"จาก {n['two']:,} แถว ({share:.0%})", f"of {n['two']:,} ({share:.0%})")
        rows = looked.numbers[kept.other_zone]
        yield finding("zone-contradicts", more, looked=looked, rows=rows, column=looked.column_of("zone"), facts=n)


def _zone_of_others(looked: Looked) -> Iterator[Finding]:
    """`zone_id` is the survey zone in a parcel file and the village (หมู่) elsewhere: told once, no error."""
    column = next((name for name in looked.raw.column_names if folded_header(name) == ZONE_HEADER), None)
    if column is not None:
        yield finding("zone-means-other", column=column, count=1, of="columns")
