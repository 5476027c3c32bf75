"""A year passes in Cambridge: the town's lots of 2013, and a copy in which known things happened to some of them.

`python -m tests.taxmap.changed FOLDER --seed 1` writes both years (`before.gpkg`, `after.gpkg`) and what happened
(`truth.json`). Each seed is another year. Every change is on parcels of its own; what is a change beyond a slip of the
pen is decided here by measuring what was done, not by asking what is to be tested.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from geo.shapes.editions import Differences, Edition, digest_of
from geo.shapes.topology import overlaps, plan_of
from tests.taxmap.cuts import corner_moved, cut_in_two

PARCELS = Path(__file__).resolve().parents[2] / "../shared/data/parcels"
NO_LOT = ""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How much happens in a year."""

    splits: int = 500
    merges: int = 200
    corners: int = 300
    uses: int = 1_000
    deletions: int = 50


@dataclass(frozen=True, kw_only=True)
class Year:
    """The file of one year, row by row: lot code (None for none), shape, use code, assessed value."""

    keys: NDArray[np.object_]
    shapes: NDArray[np.object_]
    use: NDArray[np.object_]
    value: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def edition(self) -> Edition:
        """As the difference takes it."""
        groups = {"use": digest_of([self.use], len(self)), "value": digest_of([self.value], len(self))}
        return Edition(keys=self.keys, shapes=self.shapes, values=groups)


@dataclass(kw_only=True)
class Truth:
    """What happened: rows before → rows after."""

    splits: list[tuple[list[int], list[int]]] = field(default_factory=list)
    merges: list[tuple[list[int], list[int]]] = field(default_factory=list)
    corners: list[tuple[list[int], list[int]]] = field(default_factory=list)
    uses: list[tuple[list[int], list[int]]] = field(default_factory=list)
    deletions: list[tuple[list[int], list[int]]] = field(default_factory=list)


def cambridge() -> Year:
    """The lots of the fiscal year 2013 with the use and value of their first row in the roll."""
    _, _, shapes, fields = pyogrio.raw.read(PARCELS / "cambridge_ma_parcels_fy2013.fgb", columns=["map_lot"])
    keys = np.array([None if key in (None, NO_LOT) else str(key) for key in fields[0]], dtype=object)
    roll: dict[str, tuple[str, str]] = {}
    with (PARCELS / "cambridge_ma_tax_fy2013.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            roll.setdefault(row["ML"], (row["UseCode"], row["TotalAppraisedParcelValue"]))
    told = [roll.get(key, (None, None)) for key in keys.tolist()]
    use, value = (np.array(column, dtype=object) for column in zip(*told, strict=True))
    return Year(keys=keys, shapes=np.array(shapely.from_wkb(shapes), dtype=object), use=use, value=value)


def changed(before: Year, *, seed: int, counts: Counts | None = None) -> tuple[Year, Truth]:
    """The year after, in an order of its own, and what happened."""
    year = _Passing(before, np.random.default_rng(seed))
    counts = counts or Counts()
    year.move_corners(counts.corners)
    year.merge(counts.merges)
    year.split(counts.splits)
    year.delete(counts.deletions)
    year.change_uses(counts.uses)
    return year.over()


class _Passing:
    """A year that passes: parcels to which something happened are left alone by all that follows."""

    def __init__(self, before: Year, rng: Generator) -> None:
        self.before, self.rng = before, rng
        self.plan = plan_of(before.shapes)
        self.neighbours = _neighbours(self.plan.shapes)
        self.free = _ordinary(before, self.plan)
        self.gone = np.zeros(len(before), dtype=bool)
        self.shapes = before.shapes.copy()
        self.use = before.use.copy()
        self.added: list[tuple[str | None, Any, Any, Any]] = []
        self.truth = Truth()

    def _drawn(self) -> Iterator[int]:
        """Parcels in an order of the seed's, as long as they are free."""
        for row in self.rng.permutation(np.flatnonzero(self.free)).tolist():
            if self.free[row]:
                yield row

    def move_corners(self, count: int) -> None:
        """A corner moves in every parcel that has it; parcels beside those keep their corners."""
        of = _owners_of_corners(self.before.shapes)
        quiet = np.ones(len(self.free), dtype=bool)
        corners = [(key, sorted(rows)) for key, rows in of.items() if 2 <= len(rows) <= 4]
        for number in self.rng.permutation(len(corners)).tolist():
            if len(self.truth.corners) == count:
                return
            corner, rows = corners[number]
            if not (self.free[rows] & quiet[rows]).all():
                continue
            beside = sorted(set().union(*(self.neighbours[row] for row in rows)) - set(rows))
            moved = corner_moved(self.before.shapes, corner, rows, beside, self.rng)
            if moved is None:
                continue
            self.shapes[rows] = moved
            self.free[rows] = False
            quiet[beside] = False
            self.truth.corners.append((rows, rows))
        raise ValueError(f"there are no {count} corners to move")

    def merge(self, count: int) -> None:
        """Neighbours become one, under the lowest of their codes."""
        for row in self._drawn():
            if len(self.truth.merges) == count:
                return
            rows = self._to_merge(row)
            joined = shapely.union_all(self.before.shapes[rows])
            if len(rows) < 2 or joined.geom_type != "Polygon" or shapely.get_num_interior_rings(joined):
                continue
            stays = min(rows, key=lambda one: str(self.before.keys[one]))
            self.shapes[stays] = joined
            self.gone[[one for one in rows if one != stays]] = True
            self.free[rows] = False
            self.truth.merges.append((sorted(rows), [stays]))
        raise ValueError(f"there are no {count} parcels to merge")

    def _to_merge(self, row: int) -> list[int]:
        """A parcel and one or two free neighbours that have a side in common with it."""
        rows, most = [row], 3 if self.rng.random() < 0.2 else 2
        for other in sorted(self.neighbours[row]):
            side = shapely.intersection(self.plan.shapes[row], self.plan.shapes[other])
            if self.free[other] and shapely.length(side) > 3 and len(rows) < most:
                rows.append(other)
        return rows

    def split(self, count: int) -> None:
        """One becomes two or three; the codes of the parts follow the rule, or are anything, or are blank."""
        for row in self._drawn():
            if len(self.truth.splits) == count:
                return
            parts = cut_in_two(self.before.shapes[row], self.rng)
            if parts and self.rng.random() < 0.25:
                again = cut_in_two(parts[1], self.rng)
                parts = [parts[0], *again] if again else parts
            if not parts:
                continue
            self.shapes[row] = parts[0]
            self.free[row] = False
            first = len(self.before) + len(self.added)
            way = self.rng.random()
            for number, part in enumerate(parts[1:], start=1):
                code = (
                    f"{self.before.keys[row]}/{number:03d}" if way < 0.8 else f"N{row}-{number}" if way < 0.9 else None
                )
                self.added.append((code, part, self.before.use[row], self.before.value[row]))
            self.truth.splits.append(([row], [row, *range(first, first + len(parts) - 1)]))
        raise ValueError(f"there are no {count} parcels to split")

    def delete(self, count: int) -> None:
        """Some are gone."""
        rows = [row for row, _ in zip(self._drawn(), range(count), strict=False)]
        self.gone[rows], self.free[rows] = True, False
        self.truth.deletions += [([row], []) for row in rows]

    def change_uses(self, count: int) -> None:
        """Some are used otherwise."""
        known = sorted({use for use in self.before.use.tolist() if use})
        for row in [row for row, _ in zip(self._drawn(), range(count), strict=False)]:
            self.use[row] = str(self.rng.choice([use for use in known if use != self.use[row]]))
            self.free[row] = False
            self.truth.uses.append(([row], [row]))

    def over(self) -> tuple[Year, Truth]:
        """The rows that there are now, shuffled, and where they went."""
        keys, shapes, use, value = (
            np.concatenate((old, _column(added)))
            for old, added in zip(
                (self.before.keys, self.shapes, self.use, self.before.value),
                zip(*self.added, strict=True) if self.added else [()] * 4,
                strict=True,
            )
        )
        there = np.flatnonzero(~np.concatenate((self.gone, np.zeros(len(self.added), dtype=bool))))
        order = self.rng.permutation(there)
        place = {int(row): number for number, row in enumerate(order)}
        after = Year(keys=keys[order], shapes=shapes[order], use=use[order], value=value[order])
        moved = {
            name: [(old, [place[row] for row in new]) for old, new in changes]
            for name, changes in vars(self.truth).items()
        }
        return after, replace(self.truth, **moved)


def _column(cells: Any) -> NDArray[np.object_]:
    column = np.empty(len(cells), dtype=object)
    column[:] = list(cells)
    return column


def _neighbours(shapes: NDArray[np.object_]) -> list[set[int]]:
    found: list[set[int]] = [set() for _ in shapes]
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    for a, b in zip(one.tolist(), other.tolist(), strict=True):
        if a != b:
            found[a].add(b)
    return found


def _ordinary(before: Year, plan: Any) -> NDArray[np.bool_]:
    """Parcels with a code of their own and a plain shape on ground that is theirs alone."""
    areas = shapely.area(plan.shapes)
    plain = shapely.is_valid(before.shapes) & (shapely.get_num_geometries(before.shapes) == 1)
    plain &= (areas > 150) & (areas < 20_000)
    plain &= np.array([shapely.get_num_interior_rings(shape.geoms[0]) == 0 for shape in before.shapes])
    keys = [str(key) for key in before.keys.tolist()]
    times: dict[str, int] = defaultdict(int)
    for key in keys:
        times[key] += 1
    plain &= np.array([key is not None and times[str(key)] == 1 for key in before.keys.tolist()])
    found = overlaps(plan, least_square_metres=0, least_width_metres=0)
    plain[np.concatenate((found.left, found.right, found.duplicates.position))] = False
    return np.asarray(plain)


def _owners_of_corners(shapes: NDArray[np.object_]) -> dict[tuple[float, float], set[int]]:
    of: dict[tuple[float, float], set[int]] = defaultdict(set)
    corners, rows = shapely.get_coordinates(shapes, return_index=True)
    for (x, y), row in zip(corners.tolist(), rows.tolist(), strict=True):
        of[x, y].add(row)
    return of


def each_row_once(found: Differences, old: int, new: int) -> bool:
    """Whether each row of both editions is in one change, or in one pair of rows that are the same."""
    before = np.concatenate((found.old, found.same_old))
    after = np.concatenate((found.new, found.same_new))
    return np.array_equal(np.sort(before), np.arange(old)) and np.array_equal(np.sort(after), np.arange(new))


def write(folder: Path, before: Year, after: Year, truth: Truth) -> None:
    """Both years as GeoPackages, and what happened as JSON (row positions from 0)."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, year in (("before", before), ("after", after)):
        pyogrio.raw.write(
            folder / f"{name}.gpkg", shapely.to_wkb(year.shapes), [year.keys, year.use, year.value],
            ["map_lot", "use_code", "assessed"], geometry_type="Unknown", crs="EPSG:4326", driver="GPKG",
            layer="parcel",
        )  # fmt: skip
    (folder / "truth.json").write_text(json.dumps(asdict(truth), indent=1), "utf-8")


def main() -> None:
    """Write both years."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("folder", type=Path)
    words.add_argument("--seed", type=int, default=1)
    found = words.parse_args()
    before = cambridge()
    after, truth = changed(before, seed=found.seed)
    write(found.folder, before, after, truth)


if __name__ == "__main__":
    main()
