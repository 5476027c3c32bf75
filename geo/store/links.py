"""The links between layers: found from the codes that a file quotes, or by location; never over a person's own choice.

A link says how it was found (`given`, `location`, `hand`). One by location follows the targets when they change; the
other two stay until somebody changes them. Neither a code nor a place leads into another town: whoever may see what
they are linked to would see the neighbours' rows, and outlines along a border overlap.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.layer import Layer, Link
from geo.shapes.whereabouts import Box
from geo.store.history import columns_as_they_were, quoted
from geo.store.tables import Change

GIVEN, LOCATION, HAND = "given", "location", "hand"
# Rows carry the code of their town (DESIGN §2.7); the layer of that name holds the towns' outlines.
TOWN = "municipality"
MOST_IN_MEMORY = 20_000

Ids = NDArray[np.int64]
Places = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class Targets:
    """Rows that can be linked to: small enough a number to be held, with their shapes."""

    ids: Ids
    towns: list[str | None]
    codes: list[str | None]
    shapes: NDArray[np.object_]
    by_code: Mapping[tuple[str, str], list[int]]

    @property
    def have_shapes(self) -> bool:
        """Whether anything could lie in one of them: lists of communities come before their outlines."""
        return bool((~shapely.is_missing(self.shapes)).any())

    def around(self, points: NDArray[np.object_], towns: Sequence[str | None] | None = None) -> Places:
        """For each point the place of the smallest target that covers it, of its town if told; -1 where none does."""
        best = np.full(len(points), -1, dtype=np.intp)
        present = ~shapely.is_missing(self.shapes)
        if not present.any() or not len(points):
            return best
        places = np.flatnonzero(present)
        # The targets are asked, not the points: GEOS prepares what it is asked with, and targets are the complex ones.
        target, point = shapely.STRtree(points).query(self.shapes[present], predicate="covers")
        target = places[target]
        if towns is not None:
            same = np.array(self.towns, dtype=object)[target] == np.array(towns, dtype=object)[point]
            target, point = target[same], point[same]
        areas = np.where(present, np.nan_to_num(shapely.area(self.shapes)), np.inf)
        # Largest first, so that the smallest is written last and stays; the lowest id wins among equals.
        order = np.lexsort((-self.ids[target], -areas[target]))
        best[point[order]] = target[order]
        return best

    def named(self, town: str | None, code: str, point: Any) -> tuple[int, bool]:
        """The place of the target with that code in that town, -1 if none; and whether the point had to decide."""
        found = self.by_code.get((town or "", code), [])
        if len(found) < 2:
            return (found[0] if found else -1), False
        if point is None:
            return found[0], True
        distances = shapely.distance(self.shapes[found], point)
        return found[int(np.argmin(np.where(np.isnan(distances), np.inf, distances)))], True


@dataclass(frozen=True, kw_only=True)
class Linked:
    """The links of some rows: id (0 for none), how it was found, and where a given code named nothing or several."""

    ids: Ids
    how: list[str | None]
    unknown: Places
    several: Places


def points_for(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """The point by which a shape is located; None where there is no shape."""
    found: NDArray[np.object_] = np.array(shapely.point_on_surface(shapes), dtype=object)
    return found


class Linker:
    """Finds towns and links for the batches of one load."""

    def __init__(self, session: Session, layer: Layer, layers: Mapping[str, Layer]) -> None:
        self._session = session
        self.layer = layer
        self.links = {name: (link, layers[link.to]) for name, link in layer.links.items()}
        self._held = {
            name: _all_targets(session, target, link.code)
            for name, (link, target) in self.links.items() if not _is_large(session, target)
        }  # fmt: skip
        self._towns = None
        if TOWN in layers and layer.id != TOWN:
            self._towns = _all_targets(session, layers[TOWN], layers[TOWN].keys[0][0])

    @property
    def asks_for_each_batch(self) -> bool:
        """Whether a target is too large to be held, so that every batch asks the database."""
        return len(self._held) < len(self.links)

    @property
    def locates(self) -> bool:
        """Whether anything could be found by location at all."""
        return self.asks_for_each_batch or any(held.have_shapes for held in self._held.values())

    @property
    def knows_towns(self) -> bool:
        """Whether any town has an outline here."""
        return self._towns is not None and self._towns.have_shapes

    def towns_around(self, points: NDArray[np.object_]) -> list[str | None]:
        """The code of the smallest town that covers each point."""
        if self._towns is None:
            return [None] * len(points)
        codes = [*self._towns.codes, None]
        return [codes[place] for place in self._towns.around(points)]

    def linked(
        self, name: str, towns: Sequence[str | None], codes: Sequence[str | None] | None, points: NDArray[np.object_]
    ) -> Linked:
        """One link of some rows: by the given code first, then by location."""
        link, target = self.links[name]
        held = self._held.get(name)
        if held is None:
            held = _targets_near(self._session, target, link.code, codes or (), points)
        best = held.around(points, towns)
        how: list[str | None] = [LOCATION if place >= 0 else None for place in best]
        unknown, several = [], []
        for row, code in enumerate(codes or ()):
            if code is None:
                continue
            place, crowded = held.named(towns[row], code, points[row])
            if place < 0:
                unknown.append(row)
                continue
            best[row], how[row] = place, GIVEN
            if crowded:
                several.append(row)
        ids = np.append(held.ids, 0)[best]
        return Linked(
            ids=ids, how=how, unknown=np.array(unknown, dtype=np.intp), several=np.array(several, dtype=np.intp)
        )


def _is_large(session: Session, target: Layer) -> bool:
    few = f"SELECT count(*) FROM (SELECT 1 FROM {quoted(target.id)} LIMIT {MOST_IN_MEMORY + 1}) AS few"
    return bool(session.scalar(text(few)) > MOST_IN_MEMORY)


def _columns(target: Layer, code: str) -> str:
    return f"t.id, t.municipality, t.{quoted(code)}::text AS code, ST_AsBinary(ST_Force2D(t.geom)) AS shape"


def _all_targets(session: Session, target: Layer, code: str) -> Targets:
    everything = f"SELECT {_columns(target, code)} FROM {quoted(target.id)} AS t ORDER BY t.id"
    return _targets(session.execute(text(everything)))


def _targets_near(
    session: Session, target: Layer, code: str, codes: Sequence[str | None], points: NDArray[np.object_]
) -> Targets:
    """Those that some rows could mean: named by a code of theirs, or with a box around one of their points."""
    near = text(
        f"SELECT {_columns(target, code)} FROM {quoted(target.id)} AS t WHERE t.id IN ("
        f"SELECT id FROM {quoted(target.id)} WHERE {quoted(code)}::text = ANY(CAST(:codes AS text[])) "
        "UNION SELECT n.id FROM unnest(CAST(:xs AS float8[]), CAST(:ys AS float8[])) AS p(x, y) "
        f"JOIN {quoted(target.id)} AS n ON n.geom && ST_SetSRID(ST_MakePoint(p.x, p.y), 4326)) ORDER BY t.id"
    )
    located = points[~shapely.is_missing(points)]
    given = {
        "codes": sorted({one for one in codes if one is not None}),
        "xs": shapely.get_x(located).tolist(), "ys": shapely.get_y(located).tolist(),
    }  # fmt: skip
    return _targets(session.execute(near, given))


def _targets(rows: Any) -> Targets:
    found = rows.all()
    by_code: dict[tuple[str, str], list[int]] = {}
    for place, row in enumerate(found):
        if row.code is not None:
            by_code.setdefault((row.municipality or "", row.code), []).append(place)
    shapes: NDArray[np.object_] = np.full(len(found), None, dtype=object)
    shapes[:] = shapely.from_wkb([None if row.shape is None else bytes(row.shape) for row in found])
    return Targets(
        ids=np.array([row.id for row in found], dtype=np.int64), towns=[row.municipality for row in found],
        codes=[row.code for row in found], shapes=shapes, by_code=by_code,
    )  # fmt: skip


def found_around(
    session: Session, target: Layer, link: Link, towns: Sequence[str | None], points: NDArray[np.object_]
) -> list[int | None]:
    """The links by location of a few rows, asked for one by one: what a load holds is too much for them."""
    held = _targets_near(session, target, link.code, (), points)
    return [int(one) or None for one in np.append(held.ids, 0)[held.around(points, towns)]]


def towns_at(session: Session, towns: Layer, points: NDArray[np.object_]) -> list[str | None]:
    """The code of the smallest town that covers each of a few points, among those that this session sees."""
    held = _targets_near(session, towns, towns.keys[0][0], (), points)
    codes = [*held.codes, None]
    return [codes[place] for place in held.around(points)]


def relink(
    session: Session, target: Layer, layers: Mapping[str, Layer], box: Box | None, *, town: str | None = None,
    cause: Change, at: dt.datetime,
) -> dict[str, int]:  # fmt: skip
    """Let the links by location follow a target layer that changed inside `box`; how many rows of each layer did.

    Where the change was of one town alone, `town`, so are the rows that follow.

    Each row whose link really changes gets a new version under a change of its own; `given` and `hand` stay, and so
    does what a person was asked to decide.
    """
    done: dict[str, int] = {}
    if box is None:
        return done
    for layer in layers.values():
        for name, link in layer.links.items():
            if link.to != target.id:
                continue
            changed = _relinked(session, layer, name, link, box, town=town, cause=cause, at=at)
            if changed:
                done[layer.id] = done.get(layer.id, 0) + changed
    return done


def _relinked(
    session: Session, layer: Layer, name: str, link: Link, box: Box, *, town: str | None, cause: Change,
    at: dt.datetime,
) -> int:  # fmt: skip
    change = Change(
        made_at=at, made_by=cause.made_by, origin=cause.origin, operation="relink", layer=layer.id,
        batch_id=cause.batch_id,
    )  # fmt: skip
    session.add(change)
    session.flush()
    given = {
        "west": box.west, "south": box.south, "east": box.east, "north": box.north, "change": change.id, "at": at,
        **({} if town is None else {"town": town}),
    }  # fmt: skip
    changed = int(session.scalar(text(_relink_sql(layer, name, link, of_one_town=town is not None)), given) or 0)
    if changed:
        change.counts = {"relinked": changed, "link": name}
    else:
        session.delete(change)
    session.flush()
    return changed


def _relink_sql(layer: Layer, name: str, link: Link, *, of_one_town: bool) -> str:
    table, history = quoted(layer.id), quoted(layer.history.name)
    column, how = quoted(name), quoted(f"{name.removesuffix('_id')}_link")
    kept = columns_as_they_were(layer)
    of_the_town = " AND r.municipality = :town" if of_one_town else ""
    # Behind row policies an index serves the comparison of boxes alone, so that `&&` is said beside ST_Covers.
    return f"""
WITH moved AS (
  SELECT r.id, n.id AS target
  FROM {table} AS r LEFT JOIN LATERAL (
    SELECT t.id FROM {quoted(link.to)} AS t, ST_PointOnSurface(r.geom) AS p
    WHERE t.geom && p AND ST_Covers(t.geom, p) AND t.municipality IS NOT DISTINCT FROM r.municipality
    ORDER BY ST_Area(t.geom), t.id LIMIT 1
  ) AS n ON true
  WHERE r.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
    AND coalesce(r.{how}, '{LOCATION}') = '{LOCATION}' AND r.{column} IS DISTINCT FROM n.id{of_the_town}
    AND NOT EXISTS (
      SELECT 1 FROM link_question AS q
      WHERE q.layer = '{layer.id}' AND q.row_id = r.id AND q.link = '{name}' AND q.state = 'open')
), closed AS (
  INSERT INTO {history} ({", ".join(kept)}, closed_at, closed_change_id, closed_as)
  SELECT {", ".join(f"r.{one}" for one in kept)}, greatest(:at, r.changed_at), :change, 'update'
  FROM moved JOIN {table} AS r USING (id)
), opened AS (
  UPDATE {table} AS r SET {column} = m.target, {how} = CASE WHEN m.target IS NULL THEN NULL ELSE '{LOCATION}' END,
    version = r.version + 1, change_id = :change, changed_at = greatest(:at, r.changed_at)
  FROM moved AS m WHERE r.id = m.id RETURNING 1
)
SELECT count(*) FROM opened
"""
