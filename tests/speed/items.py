"""Pages of features: against the same JSON built by PostgreSQL, and against tipg and pygeoapi, at every size."""

from __future__ import annotations

import contextlib
import json
import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from tests.speed import peers
from tests.speed.asking import Rate, asked, enough, fetched, median_of, one_by_one, pgbench_rate
from tests.speed.report import Figure
from tests.speed.tools import Bench, said, serving

ONE = 1  # a feature by its id; the other sizes are pages within a rectangle
SIZES = (ONE, 10, 1_000, 10_000)
MOST_ASKED = {ONE: 12_000, 10: 6_000, 1_000: 1_500, 10_000: 300}
SECONDS = 4.0  # about so long each side is asked, each time
CHECKED = 4
AGAINST = {"tipg": 6.0, "pygeoapi": 12.0}
PAGE = 1_000
ITEMS = {
    "atlas": "/collections/{layer}/items",
    "tipg": "/collections/peers.{layer}/items",
    "pygeoapi": "/collections/{layer}/items",
}
KINDS = {"atlas": "", "tipg": "f=geojson", "pygeoapi": "f=json"}

BOX = "ST_MakeEnvelope(:w, :s, :e, :n, 4326)"
# The half side of a rectangle is how far, around the middle of 20 drawn places, so many features lie.
REACH = """
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY reach) * 1.2 FROM (
  SELECT (SELECT max(d) FROM (SELECT f.geom <-> p AS d FROM {layer} AS f ORDER BY f.geom <-> p LIMIT {size}) AS near)
    AS reach
  FROM (SELECT ST_Centroid(geom) AS p FROM {layer} ORDER BY md5(concat_ws(' ', {seed}, id)) LIMIT 20) AS places
) AS reaches
"""
BOXES = """
CREATE TABLE bench_box_{layer}_{size} AS
SELECT row_number() OVER () AS id, w, s, e, n FROM (
  SELECT round((ST_X(p) - {reach})::numeric, 6)::float8 AS w, round((ST_Y(p) - {reach})::numeric, 6)::float8 AS s,
         round((ST_X(p) + {reach})::numeric, 6)::float8 AS e, round((ST_Y(p) + {reach})::numeric, 6)::float8 AS n
  FROM (SELECT ST_Centroid(geom) AS p FROM {layer} ORDER BY md5(concat_ws(' ', {seed}, id)) LIMIT {most}) AS places
) AS boxes
WHERE (SELECT count(*) FROM (SELECT 1 FROM {layer} AS f WHERE f.geom && ST_MakeEnvelope(w, s, e, n, 4326)
                             LIMIT {size}) AS held) >= {size}
"""
WHOLE = """
INSERT INTO bench_box_{layer}_{size}
SELECT number, ST_XMin(b) - number * 0.00001, ST_YMin(b), ST_XMax(b), ST_YMax(b)
FROM generate_series(1, 100) AS number, (SELECT ST_Expand(ST_Extent(geom)::geometry, 0.001) AS b FROM {layer}) AS town
WHERE NOT EXISTS (SELECT 1 FROM bench_box_{layer}_{size})
"""


@dataclass(frozen=True)
class Asks:
    """The paths for one layer and size, the same places for every side."""

    layer: str
    size: int
    places: Sequence[Any]

    def paths(self, side: str, places: Sequence[Any]) -> list[str]:
        """What one side is asked at these places."""
        base, kind = ITEMS[side].format(layer=self.layer), KINDS[side]
        if self.size == ONE:
            return [f"{base}/{place.id}{f'?{kind}' if kind else ''}" for place in places]
        more = f"&{kind}" if kind else ""
        return [f"{base}?bbox={one.w},{one.s},{one.e},{one.n}&limit={self.size}{more}" for one in places]


def items_rows(bench: Bench, *, rounds: int) -> list[Figure]:
    """Every size on every side, in turn."""
    peers.make_views(bench)
    asks = [_asks(bench, layer, size) for layer in peers.SERVED for size in SIZES]
    found: dict[tuple[str, int, str], list[Rate]] = {}
    built: list[float] = []
    with contextlib.ExitStack() as others:
        sides = {
            "tipg": others.enter_context(peers.tipg(bench)),
            "pygeoapi": others.enter_context(peers.pygeoapi(bench)),
        }
        for number in range(rounds):
            said(f"items, round {number + 1} of {rounds}")
            with serving(bench) as address:
                sides["atlas"] = address
                for one in asks:
                    if not number:
                        _check(bench, one, sides)
                    for side in sorted(sides):
                        found.setdefault((one.layer, one.size, side), []).append(
                            _rate(bench, one, side, sides[side], number)
                        )
                    if (one.layer, one.size) == ("parcel", PAGE):
                        built.append(_built(bench, len(one.places), round(found["parcel", PAGE, "atlas"][-1].rate * 5)))
    return [_against_postgresql(found["parcel", PAGE, "atlas"], built), *(_against(found, side) for side in AGAINST)]


def _asks(bench: Bench, layer: str, size: int) -> Asks:
    words: dict[str, Any] = {"layer": layer, "size": size, "seed": bench.seed, "most": MOST_ASKED[size]}
    if size == ONE:
        query = "SELECT id FROM peers.{layer} ORDER BY md5(concat_ws(' ', {seed}, id)) LIMIT {most}"
    else:
        with bench.engine.connect() as connection:
            words["reach"] = connection.scalar(text(REACH.format(**words)))
        bench.run_sql(
            f"DROP TABLE IF EXISTS bench_box_{layer}_{size}", BOXES.format(**words), WHOLE.format(**words),
            f"ALTER TABLE bench_box_{layer}_{size} ADD PRIMARY KEY (id)", f"VACUUM ANALYZE bench_box_{layer}_{size}",
        )  # fmt: skip
        query = "SELECT id, w, s, e, n FROM bench_box_{layer}_{size} ORDER BY id"
    with bench.engine.connect() as connection:
        return Asks(layer, size, connection.execute(text(query.format(**words))).all())


def _rate(bench: Bench, one: Asks, side: str, address: str, number: int) -> Rate:
    paths = one.paths(side, random.Random(bench.seed + number).sample(one.places, len(one.places)))
    return asked(bench, address, paths[: enough(address, paths, seconds=SECONDS, least=16)])


def _check(bench: Bench, one: Asks, sides: Mapping[str, str]) -> None:
    """Every side tells of as many features; else it was asked something else, and the benchmark ends."""
    for place in one.places[:CHECKED]:
        held = {side: _told(address, one.paths(side, [place])[0]) for side, address in sides.items()}
        if len({len(features) for features in held.values()}) != 1:
            numbers = {side: len(features) for side, features in held.items()}
            raise SystemExit(f"{one.layer}, {one.size} at {place}: not the same number of features: {numbers}")
        if (one.layer, one.size) == ("parcel", PAGE):
            _check_built(bench, place, held["atlas"])


def _told(address: str, path: str) -> list[Any]:
    document = json.loads(fetched(address, path)[0])
    return list(document["features"]) if "features" in document else [document]


def _json_sql(layer: str, size: int) -> str:
    """A FeatureCollection with the members of ours: id, geometry with 7 decimals, every property of the public."""
    names = peers.public_names(layer)
    pairs = ", ".join(f"'{name}', {name}" for name in names)
    return (
        "SELECT json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(json_build_object("
        "'type', 'Feature', 'id', id, 'geometry', ST_AsGeoJSON(ST_ForcePolygonCCW(geom), 7)::json, "
        f"'properties', json_build_object({pairs})) ORDER BY id), '[]')) "
        f"FROM (SELECT id, {', '.join(names)}, geom FROM {layer} "
        f"WHERE geom && {BOX} AND ST_Intersects(geom, {BOX}) ORDER BY id LIMIT {size}) AS r"
    )


def _check_built(bench: Bench, place: Any, ours: list[Any]) -> None:
    with bench.engine.connect() as connection:
        built = connection.scalar(text(_json_sql("parcel", PAGE)), {name: getattr(place, name) for name in "wsen"})
    told = [{name: one[name] for name in ("type", "id", "geometry", "properties")} for one in ours]
    for own, other in zip(told, built["features"], strict=True):
        if own != other:
            raise SystemExit(f"PostgreSQL builds another feature than ours:\n{other}\n{own}")


def _built(bench: Bench, count: int, transactions: int) -> float:
    """Pages a second through pgbench, without the look-up of the rectangle."""
    pick = f"\\set pick random(1, {count})\nSELECT w, s, e, n FROM bench_box_parcel_{PAGE} WHERE id = :pick \\gset\n"
    with_page, without = bench.home / "page.sql", bench.home / "lookup.sql"
    with_page.write_text(f"{pick}{_json_sql('parcel', PAGE)};\n", "utf-8")
    without.write_text(pick, "utf-8")
    both, alone = (pgbench_rate(bench, [(script, 1)], max(160, transactions)) for script in (with_page, without))
    return 1 / (1 / both - 1 / alone)


def _against_postgresql(own: list[Rate], built: list[float]) -> Figure:
    ours, other = median_of(own), statistics.median(built)
    return Figure(
        what="items, limit 1,000 within a rectangle ÷ the same JSON built by PostgreSQL through pgbench, throughput",
        measured=f"{ours / other:.2f} ({ours:.1f} ÷ {other:.1f} pages a second)",
        promised="≥ 0.9",
        holds=ours >= 0.9 * other,
        details=(
            "**Items ÷ PostgreSQL**: parcels within rectangles around drawn places, 8 connections, 2 workers; then "
            "`pgbench -M prepared -c 8` over the same rectangles with `json_build_object` and `ST_AsGeoJSON` (the same "
            "features, compared value by value; no links, no number matched), its look-up of the rectangle taken off. "
            f"In turn, ours {one_by_one(own)}, pgbench {', '.join(f'{rate:.1f}' for rate in built)} a second.",
        ),
    )


def _against(found: Mapping[tuple[str, int, str], list[Rate]], side: str) -> Figure:
    least = AGAINST[side]
    ratios: dict[str, float] = {}
    for layer in peers.SERVED:
        for size in SIZES:
            own, other = median_of(found[layer, size, "atlas"]), median_of(found[layer, size, side])
            name = f"{layer}, {'one by its id' if size == ONE else f'{size:,}'}"
            ratios[f"{name}: {own / other:.1f} ({own:,.1f} ÷ {other:,.1f})"] = own / other
    worst = min(ratios.values())
    return Figure(
        what=f"items 10, 1,000, 10,000 and one ÷ {side}, throughput at 8 connections, 2 workers: the lowest of all",
        measured=f"{worst:.1f}",
        promised=f"≥ {least:g} at every size",
        holds=worst >= least,
        details=(
            f"**Items ÷ {side}**, answers a second over the same drawn places, each asked for once, as many as fit in "
            f"about {SECONDS:g} s, in turn; every side tells the same number of features. {'; '.join(ratios)}.",
        ),
    )
