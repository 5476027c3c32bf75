"""From a plan to land: quarters between the main roads, streets, blocks and lots.

A block is a four-cornered piece between streets, a lot a four-cornered piece of a block: cuts run straight from edge
to edge, so neighbours meet exactly and nothing lies on a street. Everything is computed for a whole quarter at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from data.demo.plan import Floats, Line, Plan

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Shapes = NDArray[np.object_]

CORE, INNER, MIDDLE, OUTER, ESTATE, RAILSIDE, CANALSIDE, PARK = range(8)
BANK_METRES = 48.0
TRACK_METRES, RESERVE_METRES = 9.0, 40.0


@dataclass(frozen=True, kw_only=True)
class Grain:
    """How land is cut: block sides, street widths, and the usual frontage of a lot."""

    along: float
    deep: float
    street: float
    frontage: float
    bend: float


GRAINS = {
    CORE: Grain(along=110, deep=48, street=10, frontage=10.5, bend=2.0),
    INNER: Grain(along=160, deep=68, street=9, frontage=18.0, bend=8.0),
    MIDDLE: Grain(along=210, deep=92, street=9, frontage=27.0, bend=14.0),
    OUTER: Grain(along=330, deep=180, street=8, frontage=58.0, bend=22.0),
    ESTATE: Grain(along=96, deep=42, street=7, frontage=11.0, bend=0.0),
}


@dataclass(frozen=True, kw_only=True)
class Lots:
    """Pieces of land, one row each: corners (front left, front right, back right, back left) and the shape as cut."""

    corners: Floats
    shapes: Shapes
    whole: Bools
    grain: Ints
    quarter: Ints
    block: Ints
    single: Bools

    def __len__(self) -> int:
        return len(self.shapes)

    def only(self, rows: Bools | Ints) -> Lots:
        """The lots of those rows."""
        return Lots(**{name: value[rows] for name, value in vars(self).items()})


@dataclass(frozen=True, kw_only=True)
class Cells:
    """The land with half of its streets, cut along street middles: what communities are put together from."""

    shapes: Shapes
    quarter: Ints
    grain: Ints


@dataclass(frozen=True, kw_only=True)
class Strip:
    """A narrow community's land along a railway or canal."""

    shape: shapely.Geometry
    grain: int


@dataclass(frozen=True, kw_only=True)
class Land:
    """A town's land, ready for people."""

    plan: Plan
    lots: Lots
    cells: Cells
    strips: tuple[Strip, ...]
    water: shapely.Geometry
    reserve: shapely.Geometry
    carriageways: shapely.Geometry


def land_of(plan: Plan, rng: Generator) -> Land:
    """Lay the town out."""
    settled = _settled(plan)
    water = shapely.union_all([line.shape.buffer(line.width / 2) for line in plan.canals])
    rails = [line.shape.buffer(RESERVE_METRES, cap_style="flat") for line in plan.railways]
    reserve = shapely.union_all(rails) if rails else shapely.Polygon()
    carriageways = shapely.union_all([line.shape.buffer(line.width / 2) for line in plan.roads])
    strips, strip_lots = _strips(plan, settled, water, reserve, carriageways, rng)
    taken = shapely.union_all([water, reserve, *[strip.shape for strip in strips]])
    lots, cells = [strip_lots, _park_lots(plan, settled, shapely.union(taken, carriageways))], []
    green = shapely.union_all([carriageways, *plan.parks])
    for number, quarter in enumerate(_quarters(plan, settled), start=1):
        for free in shapely.get_parts(shapely.difference(quarter, taken)):
            piece = shapely.difference(free, green)
            if piece.area < 900:
                continue
            grain, angle = _grain(plan, piece, rng), _angle(piece)
            found, around = _laid_out(piece, free, grain, angle, rng)
            lots.append(_numbered(found, number, lots))
            cells.append((around, number, grain))
    return Land(
        plan=plan, lots=_joined(lots), cells=_cells(cells), strips=strips, water=water, reserve=reserve,
        carriageways=carriageways,
    )  # fmt: skip


def quads(corners: Floats) -> Shapes:
    """Four-cornered shapes from an array of corners."""
    rings = np.concatenate((corners, corners[:, :1]), axis=1)
    return np.asarray(shapely.polygons(rings), dtype=object)


def inside_quads(corners: Floats, u: Floats, v: Floats) -> Floats:
    """Places in four-cornered shapes: `u` runs along the front, `v` from front to back, both 0–1."""
    u, v = u[..., None], v[..., None]
    a, b, c, d = (corners[..., place, :] for place in range(4))
    found: Floats = (1 - v) * ((1 - u) * a + u * b) + v * ((1 - u) * d + u * c)
    return found


def _settled(plan: Plan) -> shapely.Geometry:
    if plan.kept >= 1:
        return plan.outline
    radius = math.sqrt(plan.outline.area * plan.kept**1.5 / math.pi)
    return shapely.intersection(plan.outline, shapely.Point(plan.core).buffer(radius))


def _quarters(plan: Plan, settled: shapely.Geometry) -> list[shapely.Geometry]:
    """The faces between main roads, canals, railways and the edge, numbered from the core outwards."""
    lines = [line.shape for line in (*plan.roads, *plan.canals, *plan.railways)]
    noded = shapely.union_all([*lines, settled.boundary])
    faces = shapely.get_parts(shapely.polygonize([noded]))
    kept = faces[shapely.contains(settled, shapely.point_on_surface(faces))]
    away = shapely.distance(kept, shapely.Point(plan.core)) + shapely.area(kept) * 1e-9
    return list(kept[np.argsort(away, kind="stable")])


def _grain(plan: Plan, piece: shapely.Geometry, rng: Generator) -> int:
    """Small lots in the core, fields at the edge, with some chance between."""
    away = piece.centroid.distance(shapely.Point(plan.core)) / plan.core_metres * rng.uniform(0.9, 1.1)
    return int(np.searchsorted((0.95, 1.75, 2.6), away))


def _angle(piece: shapely.Geometry) -> float:
    """Streets follow the longest side of their quarter."""
    ring = np.asarray(shapely.oriented_envelope(piece).exterior.coords)
    sides = np.diff(ring[:3], axis=0)
    longest = sides[np.argmax(np.hypot(sides[:, 0], sides[:, 1]))]
    return float(np.arctan2(longest[1], longest[0]))


def _laid_out(
    piece: shapely.Geometry, around: shapely.Geometry, grain: int, angle: float, rng: Generator
) -> tuple[Lots, Shapes]:
    """Lots inside `piece`, and cells that cover `around` near it."""
    corners, nodes = _grid(piece.buffer(40).bounds if grain == ESTATE else around.bounds, GRAINS[grain], angle, rng)
    if grain == ESTATE:
        cells = np.empty(0, dtype=object)
    else:
        cells = shapely.intersection(quads(nodes), around)
        cells = cells[shapely.area(cells) > 1]
    blocks = corners[shapely.intersects(piece, quads(corners))]
    single = rng.random(len(blocks)) < (0.012, 0.03, 0.04, 0.05, 0.0)[grain]
    lots = _cut(blocks, single, grain, piece, rng)
    if grain in (MIDDLE, OUTER):
        lots = _with_estates(lots, blocks, single, grain, piece, rng)
    return lots, cells


def _grid(bounds: tuple[float, ...], grain: Grain, angle: float, rng: Generator) -> tuple[Floats, Floats]:
    """Blocks between streets, and the same to the middles of the streets, over a turned box."""
    west, south, east, north = bounds
    middle = np.array([(west + east) / 2, (south + north) / 2])
    half = math.hypot(east - west, north - south) / 2 + grain.along
    x = _steps(half, grain.along, rng)
    y = _steps(half, grain.deep, rng)
    phase = rng.uniform(0, 2 * math.pi, 2)

    def placed(across: Floats, up: Floats) -> Floats:
        bent_x = across + grain.bend * np.sin(up / 210 + phase[0])
        bent_y = up + grain.bend * np.sin(across / 260 + phase[1])
        cosine, sine = math.cos(angle), math.sin(angle)
        turned = np.stack((cosine * bent_x - sine * bent_y, sine * bent_x + cosine * bent_y), axis=-1)
        return turned + middle

    def boxes(gap: float) -> Floats:
        left, low = np.meshgrid(x[:-1] + gap, y[:-1] + gap, indexing="ij")
        right, high = np.meshgrid(x[1:] - gap, y[1:] - gap, indexing="ij")
        sides = ((left, low), (right, low), (right, high), (left, high))
        return np.stack([placed(a.ravel(), b.ravel()) for a, b in sides], axis=1)

    return boxes(grain.street / 2), boxes(0)


def _steps(half: float, step: float, rng: Generator) -> Floats:
    count = math.ceil(2 * half / step) + 1
    found: Floats = np.cumsum(rng.uniform(0.8, 1.2, count) * step) - half - step
    return found


def _cut(blocks: Floats, single: Bools, grain: int, piece: shapely.Geometry, rng: Generator) -> Lots:
    """Two rows of lots back to back in each block; a single block stays whole (a school, a temple, a market)."""
    ids = np.arange(len(blocks))
    spine = rng.uniform(0.44, 0.56, len(blocks))
    front = _row(blocks, ids[~single], np.zeros(len(blocks)), spine, grain, rng)
    back = _row(blocks[:, [2, 3, 0, 1]], ids[~single], np.zeros(len(blocks)), 1 - spine, grain, rng)
    corners = np.concatenate((front[0], back[0], blocks[single]))
    block = np.concatenate((front[1], back[1], ids[single]))
    alone = np.arange(len(corners)) >= len(front[0]) + len(back[0])
    return _clipped(corners, block, alone, grain, piece)


def _row(
    blocks: Floats, ids: Ints, low: Floats, high: Floats, grain: int, rng: Generator
) -> tuple[Floats, Ints]:
    """One row of lots along the front of each block, as uneven as real ones."""
    if not len(ids):
        return np.empty((0, 4, 2)), ids
    chosen = blocks[ids]
    length = np.hypot(*(chosen[:, 1] - chosen[:, 0]).T)
    usual = GRAINS[grain].frontage * np.exp(rng.normal(0, 0.22, len(ids)))
    count = np.maximum(1, np.round(length / usual)).astype(int)
    shares = rng.uniform(0.72, 1.28, (len(ids), count.max()))
    # Two neighbours joined into one: the wide lots that any real row has.
    shares = np.where(rng.random(shares.shape) < 0.08, shares * 2, shares)
    shares *= np.arange(count.max()) < count[:, None]
    ends = np.cumsum(shares, axis=1) / shares.sum(axis=1, keepdims=True)
    starts = np.hstack((np.zeros((len(ids), 1)), ends[:, :-1]))
    row, place = np.nonzero(shares > 0)
    u = np.stack((starts[row, place], ends[row, place], ends[row, place], starts[row, place]), axis=1)
    v = np.stack((low[ids][row], low[ids][row], high[ids][row], high[ids][row]), axis=1)
    return inside_quads(chosen[row][:, None], u, v), ids[row]


def _clipped(corners: Floats, block: Ints, single: Bools, grain: int, piece: shapely.Geometry) -> Lots:
    """Lots cut off at the quarter's edge; what is left too small or too thin becomes verge."""
    shapes = quads(corners)
    shapely.prepare(piece)
    whole = shapely.contains_properly(piece, shapes)
    edge = np.flatnonzero(~whole & shapely.intersects(piece, shapes))
    cut = _largest_parts(shapely.intersection(shapes[edge], piece))
    area, around = shapely.area(cut), shapely.length(cut)
    with np.errstate(divide="ignore", invalid="ignore"):
        round_enough = 4 * math.pi * area / around**2 > 0.3
    full = GRAINS[grain].frontage * GRAINS[grain].deep / 2
    good = (area > max(36.0, 0.22 * full)) & round_enough
    shapes[edge[good]] = cut[good]
    kept = np.sort(np.concatenate((np.flatnonzero(whole), edge[good])))
    n = len(kept)
    return Lots(
        corners=corners[kept], shapes=shapes[kept], whole=whole[kept], grain=np.full(n, grain),
        quarter=np.zeros(n, dtype=np.int64), block=block[kept], single=single[kept],
    )  # fmt: skip


def _largest_parts(shapes: Shapes) -> Shapes:
    """Each shape's largest polygon; cutting leaves collections where only an edge is touched."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    order = np.lexsort((shapely.area(parts), owner))
    last = np.append(owner[order][1:] != owner[order][:-1], True) if len(order) else np.empty(0, dtype=bool)
    found = np.full(len(shapes), shapely.Polygon(), dtype=object)
    found[owner[order][last]] = parts[order][last]
    return np.asarray(np.where(shapely.get_type_id(found) == 3, found, shapely.Polygon()), dtype=object)


def _with_estates(
    lots: Lots, blocks: Floats, single: Bools, grain: int, piece: shapely.Geometry, rng: Generator
) -> Lots:
    """Some blocks at the edge are housing estates: small lots on lanes of their own."""
    whole = shapely.contains_properly(piece, quads(blocks))
    chosen = np.flatnonzero(whole & ~single & (rng.random(len(blocks)) < 0.1))
    parts, first = [lots.only(~np.isin(lots.block, chosen))], len(blocks)
    for number in chosen:
        ground = shapely.Polygon(blocks[number])
        inner, _ = _laid_out(ground, ground, ESTATE, _angle(ground), rng)
        parts.append(Lots(**{**vars(inner), "block": inner.block + first}))
        first += int(inner.block.max(initial=0)) + 1
    return _joined(parts)


def _strips(
    plan: Plan, settled: shapely.Geometry, water: shapely.Geometry, reserve: shapely.Geometry,
    carriageways: shapely.Geometry, rng: Generator,
) -> tuple[tuple[Strip, ...], Lots]:  # fmt: skip
    """Homes on the railway's land and along the canal's banks: small uneven lots in two rows."""
    strips: list[Strip] = []
    lots = [_no_lots()]
    reach = plan.core_metres * 2.9
    near = shapely.intersection(settled.buffer(-15), shapely.Point(plan.core).buffer(reach))
    drawn = [(line, RAILSIDE, TRACK_METRES, RESERVE_METRES, 5, near) for line in plan.railways]
    along = shapely.intersection(settled.buffer(-15), shapely.Point(plan.core).buffer(plan.canalside_metres))
    drawn += [(line, CANALSIDE, line.width / 2 + 4, line.width / 2 + BANK_METRES, 4, along) for line in plan.canals[:1]]
    for line, grain, inner, outer, count, where in drawn:
        others = water if grain == RAILSIDE else reserve
        free = shapely.difference(where, shapely.union(carriageways.buffer(2), others.buffer(4)))
        for side in (-1.0, 1.0):
            for part in _split(_stretch(line, where.buffer(90)), count):
                shape = shapely.intersection(_band(part, side * (inner - 4), side * outer), where)
                if shape.area < 3000:
                    continue
                strips.append(Strip(shape=shape, grain=grain))
                room = shapely.intersection(shape.buffer(-0.6), free)
                for low, high in _rows_between(inner, outer):
                    lots.append(_strip_lots(part, side * low, side * high, grain, room, len(strips), rng))
    return tuple(strips), _joined(lots)


def _rows_between(inner: float, outer: float) -> tuple[tuple[float, float], ...]:
    middle = (inner + outer) / 2
    return (inner + 1, middle - 1.5), (middle + 1.5, outer - 1)


def _stretch(line: Line, where: shapely.Geometry) -> Floats:
    """The part of the line's points that lies inside."""
    found: Floats = line.points[shapely.contains_xy(where, line.points[:, 0], line.points[:, 1])]
    return found


def _split(points: Floats, count: int) -> list[Floats]:
    """The points in as many lengths, each beginning where the last one ends."""
    ends = np.linspace(0, len(points) - 1, count + 1).astype(int)
    return [points[low : high + 1] for low, high in zip(ends[:-1], ends[1:], strict=True) if high - low > 3]


def beside(points: Floats, away: float) -> Floats:
    """The points moved sideways."""
    ahead = np.gradient(points, axis=0)
    ahead /= np.hypot(ahead[:, 0], ahead[:, 1])[:, None]
    return points + away * np.column_stack((-ahead[:, 1], ahead[:, 0]))


def _band(points: Floats, inner: float, outer: float) -> shapely.Geometry:
    ring = np.vstack((beside(points, inner), beside(points, outer)[::-1]))
    return shapely.make_valid(shapely.Polygon(ring)).buffer(0)


def _strip_lots(
    points: Floats, low: float, high: float, grain: int, room: shapely.Geometry, block: int, rng: Generator
) -> Lots:
    gone = np.concatenate(([0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))))
    count = max(1, int(gone[-1] / 12.5))
    ends = np.cumsum(rng.uniform(0.6, 1.5, count))
    at = np.concatenate(([0.0], ends)) / ends[-1] * gone[-1]

    def edge(away: float) -> Floats:
        side = beside(points, away)
        return np.column_stack((np.interp(at, gone, side[:, 0]), np.interp(at, gone, side[:, 1])))

    front, back = edge(low), edge(high)
    corners = np.stack((front[:-1], front[1:], back[1:], back[:-1]), axis=1)
    if low < 0:
        corners = corners[:, [1, 0, 3, 2]]
    # A tight bend may fold a lot over; such a place stays empty.
    corners = corners[shapely.is_valid(quads(corners)) & (shapely.area(quads(corners)) > 40)]
    kept = corners[(rng.random(len(corners)) < 0.9) & shapely.contains_properly(room, quads(corners))]
    n = len(kept)
    return Lots(
        corners=kept, shapes=quads(kept), whole=np.ones(n, dtype=bool), grain=np.full(n, grain),
        quarter=np.zeros(n, dtype=np.int64), block=np.full(n, block), single=np.zeros(n, dtype=bool),
    )  # fmt: skip


def _park_lots(plan: Plan, settled: shapely.Geometry, taken: shapely.Geometry) -> Lots:
    inside = [park for park in plan.parks if settled.contains(park)]
    shapes = _largest_parts(np.array([park.difference(taken) for park in inside], dtype=object))
    n = len(shapes)
    corners = np.array([np.asarray(shapely.box(*shape.bounds).exterior.coords)[:4] for shape in shapes])
    return Lots(
        corners=corners.reshape(n, 4, 2), shapes=shapes, whole=np.zeros(n, dtype=bool), grain=np.full(n, PARK),
        quarter=np.zeros(n, dtype=np.int64), block=1000 + np.arange(n), single=np.ones(n, dtype=bool),
    )  # fmt: skip


def _numbered(lots: Lots, quarter: int, before: list[Lots]) -> Lots:
    """Give the lots their quarter, and blocks that no other piece of it has."""
    used = max((int(other.block.max(initial=-1)) for other in before if len(other)), default=-1) + 1
    return Lots(**{**vars(lots), "quarter": np.full(len(lots), quarter), "block": lots.block + used})


def _no_lots() -> Lots:
    none, nothing = np.empty(0, dtype=np.int64), np.empty(0, dtype=bool)
    return Lots(
        corners=np.empty((0, 4, 2)), shapes=np.empty(0, dtype=object), whole=nothing, grain=none, quarter=none,
        block=none, single=nothing,
    )  # fmt: skip


def _joined(lots: list[Lots]) -> Lots:
    return Lots(**{name: np.concatenate([vars(part)[name] for part in lots]) for name in vars(lots[0])})


def _cells(found: list[tuple[Shapes, int, int]]) -> Cells:
    return Cells(
        shapes=np.concatenate([shapes for shapes, _, _ in found]),
        quarter=np.concatenate([np.full(len(shapes), quarter) for shapes, quarter, _ in found]),
        grain=np.concatenate([np.full(len(shapes), grain) for shapes, _, grain in found]),
    )
