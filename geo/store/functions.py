"""The SQL functions and triggers that the tables rely on: written once, used by the migrations.

Triggers are per layer and are put on after every upgrade, so that a new layer needs only its table.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, text

from geo.layer import Layer, Published
from geo.store.history import quoted

COUNT_ZOOM = 17

# The square of the UTM grid that a point falls in, as one number: zone, easting and northing in squares.
# Zones 47 and 48 cover Thailand (DESIGN §2.10); elsewhere the zone of the place is used the same way.
ATLAS_CELL = """
CREATE FUNCTION atlas_cell(geom geometry, metres integer) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  zone integer := least(60, 1 + floor((ST_X(geom) + 180) / 6)::integer);
  place geometry := ST_Transform(ST_Force2D(geom), CASE WHEN ST_Y(geom) < 0 THEN 32700 ELSE 32600 END + zone);
BEGIN
  RETURN (CASE WHEN ST_Y(geom) < 0 THEN 100 ELSE 0 END + zone)::bigint * 10000000000
       + floor(ST_X(place) / metres)::bigint * 100000 + floor(ST_Y(place) / metres)::bigint;
END $$
"""

ATLAS_CELL_SHAPE = """
CREATE FUNCTION atlas_cell_shape(cell bigint, metres integer) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT ST_Transform(ST_MakeEnvelope(
    (cell / 100000 % 100000) * metres, (cell % 100000) * metres,
    (cell / 100000 % 100000 + 1) * metres, (cell % 100000 + 1) * metres,
    32600 + (cell / 10000000000)::integer), 4326)
$$
"""

# Tell every worker which layer changed and where (null: what changed has no shape), and keep the counts that far zooms
# draw.
_TOLD = """
CREATE OR REPLACE FUNCTION atlas_told(layer text, box box2d) RETURNS void LANGUAGE sql AS $$
  SELECT pg_notify('atlas_edit', json_build_object('layer', layer, 'box', CASE WHEN box IS NOT NULL THEN
    json_build_array(ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)) END)::text)
$$
"""

_COUNTED = """
CREATE FUNCTION atlas_counted(told_layer text, x integer, y integer, more bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO tile_count AS t (layer, x, y, features) VALUES (told_layer, x, y, more)
  ON CONFLICT ON CONSTRAINT tile_count_pkey DO UPDATE SET features = t.features + excluded.features;
END $$
"""


_HIDDEN = 0.05
WIDENED = f"""
CREATE OR REPLACE FUNCTION atlas_widened(box box2d) RETURNS box2d LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT ST_MakeBox2D(
    ST_MakePoint(floor(ST_XMin(box) / {_HIDDEN}) * {_HIDDEN}, floor(ST_YMin(box) / {_HIDDEN}) * {_HIDDEN}),
    ST_MakePoint(ceil(ST_XMax(box) / {_HIDDEN}) * {_HIDDEN}, ceil(ST_YMax(box) / {_HIDDEN}) * {_HIDDEN}))
$$
"""


def _square(alias: str) -> str:
    side = 40075016.685578488 / 2**COUNT_ZOOM
    half = 20037508.342789244
    west_east = f"(ST_XMin({alias}.geom_mercator) + ST_XMax({alias}.geom_mercator)) / 2"
    south_north = f"(ST_YMin({alias}.geom_mercator) + ST_YMax({alias}.geom_mercator)) / 2"
    return (
        f"floor(({west_east} + {half}) / {side})::integer AS x, floor(({half} - {south_north}) / {side})::integer AS y"
    )


def _followed(operation: str, sources: tuple[tuple[str, int], ...]) -> str:
    rows = " UNION ALL ".join(f"SELECT geom FROM {table}" for table, _ in sources)
    counts = " UNION ALL ".join(
        f"SELECT {_square('r')}, {sign} AS one FROM {table} r WHERE geom_mercator IS NOT NULL"
        for table, sign in sources
    )
    # Squares are taken in order so that two writers never wait for each other crosswise.
    # Anybody may listen: where the shapes themselves are hidden, only the {_HIDDEN}-degree square around them is told.
    return f"""
CREATE OR REPLACE FUNCTION atlas_followed_{operation}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM atlas_told(TG_TABLE_NAME::text, CASE WHEN TG_ARGV[0] = 'hidden' THEN atlas_widened(box) ELSE box END)
  FROM (SELECT ST_Extent(geom)::box2d AS box FROM ({rows}) AS touched HAVING count(*) > 0) AS edit;
  IF TG_ARGV[0] = 'counted' THEN
    PERFORM atlas_counted(TG_TABLE_NAME::text, x, y, more) FROM (
      SELECT x, y, sum(one) AS more FROM ({counts}) AS c GROUP BY x, y HAVING sum(one) <> 0 ORDER BY x, y
    ) AS changed;
  END IF;
  RETURN NULL;
END $$
"""


EMPTIED = """
CREATE OR REPLACE FUNCTION atlas_followed_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM atlas_told(TG_TABLE_NAME::text, 'BOX(-180 -90,180 90)'::box2d);
  DELETE FROM tile_count WHERE layer = TG_TABLE_NAME::text;
  RETURN NULL;
END $$
"""
EMPTIED_DROP = "DROP FUNCTION atlas_followed_truncate() CASCADE"

# Which part of a square of the public's grid is a community's: by the buildings on the public map, and by land where
# there are none. Both are the same for whoever asks, so that nobody's total differs from the public's.
SHARE_OF = """
CREATE FUNCTION atlas_share_of(square geometry, of_community bigint) RETURNS double precision
LANGUAGE sql STABLE STRICT PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT coalesce(CASE WHEN b.here > 0 THEN b.ours::float8 / b.here ELSE (
    SELECT sum(part) FILTER (WHERE id = of_community) / nullif(sum(part), 0) FROM (
      SELECT c.id, public.ST_Area(public.ST_Intersection(c.geom, square)) AS part
      FROM public.community AS c WHERE c.geom OPERATOR(public.&&) square AND public.ST_Intersects(c.geom, square)
    ) AS land
  ) END, 0)
  FROM (
    SELECT count(*) AS here, count(*) FILTER (WHERE community_id = of_community) AS ours
    FROM public.building
    WHERE geom OPERATOR(public.&&) square AND public.ST_Intersects(public.ST_Centroid(geom), square)
  ) AS b
$$
"""
SHARE_OF_DROP = "DROP FUNCTION atlas_share_of(geometry, bigint)"

# What decides who somebody is: a change of any of it is told as an edit everywhere.
PEOPLE_TABLES = ("person", "person_grant", "totp_rule", "web_session", "bearer_token")
PEOPLE_CHANGED = """
CREATE FUNCTION atlas_people_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('atlas_edit', '{"layer": "people", "box": [-180, -90, 180, 90]}');
  RETURN NULL;
END $$
"""

FOLLOWED = (
    WIDENED,
    _followed("insert", (("new_rows", 1),)),
    _followed("update", (("new_rows", 1), ("old_rows", -1))),
    _followed("delete", (("old_rows", -1),)),
)

TOLD_OF_EVERYTHING = (_TOLD, *FOLLOWED, EMPTIED)

FUNCTIONS = (ATLAS_CELL, ATLAS_CELL_SHAPE, _TOLD, _COUNTED, *FOLLOWED)

DROPS = (
    "DROP FUNCTION atlas_followed_insert()",
    "DROP FUNCTION atlas_followed_update()",
    "DROP FUNCTION atlas_followed_delete()",
    "DROP FUNCTION IF EXISTS atlas_widened(box2d)",
    "DROP FUNCTION atlas_counted(text, integer, integer, bigint)",
    "DROP FUNCTION atlas_told(text, box2d)",
    "DROP FUNCTION atlas_cell_shape(bigint, integer)",
    "DROP FUNCTION atlas_cell(geometry, integer)",
)

# A layer that the town made, changed or removed is told as an edit everywhere: every worker looks at them anew.
TOWN_LAYERS_CHANGED = """
CREATE FUNCTION atlas_town_layers_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('atlas_edit', '{"layer": "town_layer", "box": [-180, -90, 180, 90]}');
  RETURN NULL;
END $$
"""

_REFERENCING = {"insert": "NEW TABLE AS new_rows", "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
                "delete": "OLD TABLE AS old_rows"}  # fmt: skip


def recount(connection: Connection, layer: Layer) -> None:
    """Count a layer's features per square anew, or forget them where far zooms draw no counts of it."""
    connection.execute(text("DELETE FROM tile_count WHERE layer = :layer"), {"layer": layer.id})
    if layer.generalise:
        counted = f"SELECT {_square('r')} FROM {quoted(layer.id)} AS r WHERE geom_mercator IS NOT NULL"
        connection.execute(
            text("INSERT INTO tile_count (layer, x, y, features) "
                 f"SELECT :layer, x, y, count(*) FROM ({counted}) AS c GROUP BY x, y"),
            {"layer": layer.id},
        )  # fmt: skip


def follow_edits(connection: Connection, layers: Mapping[str, Layer]) -> None:
    """Put the edit triggers on every layer table that exists; doing it twice changes nothing."""
    for layer in layers.values():
        if connection.scalar(text("SELECT to_regclass(:name)"), {"name": f"public.{quoted(layer.id)}"}) is None:
            continue
        kind = "counted" if layer.generalise else "hidden" if layer.shape.public is not Published.AS_IT_IS else "told"
        for operation, referencing in _REFERENCING.items():
            connection.execute(
                text(
                    f"CREATE OR REPLACE TRIGGER atlas_{operation} AFTER {operation.upper()} ON {quoted(layer.id)} "
                    f"REFERENCING {referencing} FOR EACH STATEMENT "
                    f"EXECUTE FUNCTION atlas_followed_{operation}('{kind}')"
                )
            )
        connection.execute(
            text(
                f"CREATE OR REPLACE TRIGGER atlas_truncate AFTER TRUNCATE ON {quoted(layer.id)} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION atlas_followed_truncate()"
            )
        )
