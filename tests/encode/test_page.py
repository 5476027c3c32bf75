"""Pages of features: byte for byte what Python's own JSON makes of the same rows."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import geopandas
import psycopg
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url
from sqlalchemy.orm import Session

from geo import encode
from geo.layer import Audience
from geo.store.read import Asking, Cursor, Wanted, features
from geo.store.stream import features_in_bytes
from layers import LAYERS
from tests.encode.rows import as_messages, page, rows_of
from tests.makers import HAT_YAI, make_rows, ring


@pytest.fixture(scope="module")
def postgis(rolled_back_url: str) -> Iterator[psycopg.Connection[Any]]:
    url = make_url(rolled_back_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        yield connection


def encoded(connection: psycopg.Connection[Any], query: str, values: list[Any], *names: str, **asked: Any) -> Any:
    """The page of a query whose first column is the id and whose last the shape."""
    with connection.cursor(binary=True) as cursor:
        cursor.execute(f"SELECT string_agg(record_send(r), '') FROM ({query}) AS r", values)
        (buffer,) = cursor.fetchone() or (None,)
    return encode.features(encode.Records(buffer or b""), names, **{"digits": 7, **asked})


def told(page: Any) -> list[dict[str, Any]]:
    return json.loads(b"[%s]" % page.body)  # type: ignore[no-any-return]


def values_of(connection: psycopg.Connection[Any], kind: str, values: list[Any]) -> list[Any]:
    """What becomes of values of a type."""
    query = f"SELECT n::bigint, v, NULL::geometry FROM unnest(%s::{kind}[]) WITH ORDINALITY AS t (v, n)"
    return [one["properties"]["v"] for one in told(encoded(connection, query, [values], "v"))]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.floats(-1e6, 1e6).map(lambda x: round(x, 2)),
                min_size=1, max_size=60))  # fmt: skip
def test_doubles_are_written_as_python_writes_them(postgis: psycopg.Connection[Any], values: list[float]) -> None:
    query = "SELECT n::bigint, v, NULL::geometry FROM unnest(%s::float8[]) WITH ORDINALITY AS t (v, n)"
    page = encoded(postgis, query, [values], "v").body
    told = b",".join(
        b'{"type":"Feature","id":%d,"geometry":null,"properties":{"v":%s}}' % (place + 1, repr(value).encode())
        for place, value in enumerate(values)
    )
    assert page == told


@settings(max_examples=60, deadline=None)
@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)
                | st.decimals(-1000, 1000, places=2), min_size=1, max_size=40))  # fmt: skip
def test_exact_decimals_keep_their_value(postgis: psycopg.Connection[Any], values: list[Decimal]) -> None:
    query = "SELECT n::bigint, v, NULL::geometry FROM unnest(%s::numeric[]) WITH ORDINALITY AS t (v, n)"
    body = encoded(postgis, query, [values], "v").body
    exact = [one["properties"]["v"] for one in json.loads(b"[%s]" % body, parse_float=Decimal)]
    assert exact == values
    for value, one in zip(values, told(encoded(postgis, query, [values], "v")), strict=True):
        found = one["properties"]["v"]
        assert found == (int(value) if value == value.to_integral_value() else float(value))
        assert isinstance(found, int) == (value == value.to_integral_value())


def test_what_json_has_no_number_for_is_null(postgis: psycopg.Connection[Any]) -> None:
    assert values_of(postgis, "float8", [math.nan, math.inf, -math.inf, 0.0, -0.0]) == [None, None, None, 0.0, 0.0]
    assert values_of(postgis, "float4", [math.nan, 0.5, None]) == [None, 0.5, None]
    assert values_of(postgis, "numeric", [Decimal("NaN"), Decimal("Infinity"), Decimal(0)]) == [None, None, 0]
    assert values_of(postgis, "date", ["infinity", "-infinity"]) == [None, None]
    assert values_of(postgis, "timestamptz", ["infinity"]) == [None]


def test_whole_numbers_of_every_length(postgis: psycopg.Connection[Any]) -> None:
    for kind, bits in (("int2", 15), ("int4", 31), ("int8", 63)):
        values = [0, -1, 2**bits - 1, -(2**bits), None, 10]
        assert values_of(postgis, kind, values) == values


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20), min_size=1))
def test_text_is_written_as_python_writes_it(postgis: psycopg.Connection[Any], values: list[str]) -> None:
    query = "SELECT n::bigint, v, NULL::geometry FROM unnest(%s::text[]) WITH ORDINALITY AS t (v, n)"
    expected = ",".join(
        json.dumps({"type": "Feature", "id": place + 1, "geometry": None, "properties": {"v": value}},
                   ensure_ascii=False, separators=(",", ":"))
        for place, value in enumerate(values)
    )  # fmt: skip
    assert encoded(postgis, query, [values], "v").body.decode() == expected


def test_thai_and_everything_that_has_to_be_escaped(postgis: psycopg.Connection[Any]) -> None:
    values = ["ชุมชนริมคลอง", "", '"', "\\", "\n\r\t\b\f", "\x01\x1f\x7f", "</script>", "𝒳", None]
    assert values_of(postgis, "text", values) == values
    assert values_of(postgis, "varchar", ["ก", None]) == ["ก", None]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.dates(), min_size=1), st.lists(st.datetimes(), min_size=1))
def test_days_and_instants_are_iso_8601(
    postgis: psycopg.Connection[Any], days: list[dt.date], moments: list[dt.datetime]
) -> None:
    assert values_of(postgis, "date", days) == [day.isoformat() for day in days]
    assert values_of(postgis, "timestamp", moments) == [one.isoformat() for one in moments]
    at = [one.replace(tzinfo=dt.UTC) for one in moments if 1 < one.year < 9999]
    if at:
        assert values_of(postgis, "timestamptz", at) == [one.isoformat() for one in at]


def test_truth_lists_identifiers_and_documents(postgis: psycopg.Connection[Any]) -> None:
    one = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
    values = "true, NULL::bool, %s::text[], '{}'::text[], %s::uuid, %s::jsonb, '[1, 2]'::json"
    query = f"SELECT 7::bigint, {values}, NULL::geometry"
    names = ("yes", "unknown", "list", "empty", "uuid", "jsonb", "json")
    (feature,) = told(encoded(postgis, query, [["ก", None, '"'], one, '{"a": "ข"}'], *names))
    assert feature["properties"] == {
        "yes": True, "unknown": None, "list": ["ก", None, '"'], "empty": [], "uuid": one, "jsonb": {"a": "ข"},
        "json": [1, 2],
    }  # fmt: skip


# PostGIS writes what is next to nothing with an exponent, whatever it is rounded to.
tenths = st.integers(-18 * 10**11, 18 * 10**11).map(lambda whole: whole / 10**10 if abs(whole) > 10**6 else 0.0)
coordinate = tenths | st.integers(-180, 180).map(float)
pair = st.tuples(coordinate, coordinate)
path = st.lists(pair, min_size=2, max_size=7)
closed = st.lists(pair, min_size=3, max_size=7)
polygon = st.builds(shapely.Polygon, closed, st.lists(closed, max_size=2))
shape = st.one_of(
    st.builds(shapely.Point, pair), st.builds(shapely.LineString, path), polygon,
    st.builds(shapely.MultiPoint, path), st.builds(shapely.MultiLineString, st.lists(path, min_size=1, max_size=3)),
    st.builds(shapely.MultiPolygon, st.lists(polygon, min_size=1, max_size=3)),
    st.builds(lambda one: shapely.force_3d(one, 12.3456), polygon),
    st.sampled_from([shapely.from_wkt(f"{kind} EMPTY") for kind in
                     ("POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTIPOLYGON", "GEOMETRYCOLLECTION")]),
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.lists(st.none() | shape | st.builds(lambda *parts: shapely.GeometryCollection(parts), polygon, polygon),
                min_size=1, max_size=8), st.sampled_from([7, 3, 0]))  # fmt: skip
def test_shapes_are_what_postgis_makes_of_them(
    postgis: psycopg.Connection[Any], shapes: list[Any], digits: int
) -> None:
    wkb = [None if one is None else shapely.to_wkb(one) for one in shapes]
    source = "unnest(%s::bytea[]) WITH ORDINALITY AS t (w, n)"
    page = encoded(postgis, f"SELECT n::bigint, ST_GeomFromWKB(w, 4326) FROM {source}", [wkb], digits=digits)
    # ST_ForcePolygonCCW also turns lines around, which has no reason.
    turned = "CASE WHEN ST_Dimension(g) = 2 THEN ST_ForcePolygonCCW(g) ELSE g END"
    theirs = postgis.execute(
        f"SELECT ST_AsGeoJSON({turned}, {digits}) FROM (SELECT n, ST_GeomFromWKB(w, 4326) AS g FROM {source}) AS s "
        "ORDER BY n", [wkb],
    ).fetchall()  # fmt: skip
    for one, (other,) in zip(told(page), theirs, strict=True):
        expected = None if other is None else json.loads(other)
        if expected is not None and shapely.is_empty(shapely.from_geojson(json.dumps(expected))):
            assert one["geometry"]["type"] == expected["type"]
            assert not shapely.get_coordinates(shapely.from_geojson(json.dumps(one["geometry"]))).size
        else:
            assert one["geometry"] == expected


def test_the_second_axis_first_where_that_is_asked_for() -> None:
    rows = rows_of([shapely.Point(100.5, 7.25), shapely.box(100, 7, 101, 8)])
    plain, swapped = (told(page(rows, (), digits=7, swap=swap)) for swap in (False, True))
    assert plain[0]["geometry"]["coordinates"] == [100.5, 7.25]
    assert swapped[0]["geometry"]["coordinates"] == [7.25, 100.5]
    turned = [[y, x] for x, y in plain[1]["geometry"]["coordinates"][0]]
    assert swapped[1]["geometry"]["coordinates"] == [turned]


def test_a_page_ends_where_it_should_and_says_that_there_is_more() -> None:
    rows = rows_of([None] * 5, names=["ก"] * 5)
    first = page(rows, ("name",), digits=7, most=3)
    assert (first.count, first.ids, first.first_id, first.last_id, first.more) == (3, (1, 2, 3), 1, 3, True)
    assert len(told(first)) == 3
    whole = page(rows, ("name",), digits=7, most=5)
    assert (whole.count, whole.more) == (5, False)
    nothing = page(b"", ("name",), digits=7)
    assert (nothing.body, nothing.count, nothing.first_id, nothing.last_id) == (b"", 0, None, None)


def test_bytes_that_are_no_rows_are_an_error_and_never_read_beyond() -> None:
    rows = rows_of([shapely.box(0, 0, 1, 1), shapely.MultiPoint([(0, 0), (1, 1)])], names=["กขค", None])
    for end in range(1, len(rows)):
        if end != len(rows_of([shapely.box(0, 0, 1, 1)], names=["กขค"])):
            with pytest.raises(ValueError, match=r"bytes|shape|value"):
                encode.features(encode.Records(rows[:end]), ("name",), digits=7)
    sent = as_messages(rows, 3)
    first = len(as_messages(rows_of([shapely.box(0, 0, 1, 1)], names=["กขค"]), 3).buffer)
    for end in range(1, len(sent.buffer)):
        if end != first:
            with pytest.raises(ValueError, match=r"bytes|shape|value|row"):
                encode.features(encode.Records(sent.buffer[:end], sent.types), ("name",), digits=7)
    with pytest.raises(ValueError, match="columns"):
        encode.features(encode.Records(rows), ("name", "other"), digits=7)
    with pytest.raises(ValueError, match="columns"):
        encode.features(sent, ("name", "other"), digits=7)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_bytes_are_an_error_or_something_else_but_never_the_end(data: st.DataObject) -> None:
    from geo.shapes.grids import Tile

    shapes = [shapely.box(0, 0, 1, 1), shapely.MultiPolygon([shapely.box(0, 0, 1, 1)]), shapely.MultiPoint([(0, 0)])]
    whole = rows_of([*shapes, shapely.LineString([(0, 0), (9, 9)])], names=["กขค", None, "", "x"])
    sent = as_messages(whole, 3)
    rows, types = data.draw(st.sampled_from([(bytearray(whole), None), (bytearray(sent.buffer), sent.types)]))
    for _ in range(data.draw(st.integers(1, 4))):
        rows[data.draw(st.integers(0, len(rows) - 1))] = data.draw(st.integers(0, 255))
    writers: tuple[Callable[[], bytes], ...] = (
        lambda: encode.features(encode.Records(bytes(rows), types), ("name",), digits=7).body,
        lambda: encode.mvt(encode.Records(bytes(rows), types), "x", ("name",), Tile(0, 0, 0)),
        lambda: encode.geojson(encode.Records(bytes(rows), types), "x", ("name",), Tile(0, 0, 0)),
    )
    for write in writers:
        try:
            assert isinstance(write(), bytes)
        except (ValueError, shapely.errors.ShapelyError):
            continue  # told as an error, which is all that is asked of bytes nobody sent


def test_the_door_gives_the_same_as_dicts_and_as_bytes(session: Session) -> None:
    make_rows(session, "parcel", count=7, wah=[Decimal("12.5"), Decimal("3"), None, *[Decimal("0.001")] * 4])
    make_rows(session, "community", count=2, geom=[None, ring(HAT_YAI, (100.6, 7.0), (100.5, 7.2))])
    for layer in (LAYERS["parcel"], LAYERS["community"], LAYERS["household"]):
        for wanted in (Wanted(limit=3), Wanted(), Wanted(limit=3, after=Cursor(id=4))):
            dicts = features(session, layer, Asking(), wanted)
            page = features_in_bytes(session, layer, Asking(), wanted)
            assert told(page) == dicts.features
            assert (Cursor(id=page.last_id or 0) if page.more else None) == dicts.next_after
    (one,) = told(features_in_bytes(session, LAYERS["parcel"], Asking(), Wanted(limit=1, names=("lot",))))
    assert list(one["properties"]) == ["lot"]


def test_reading_what_is_noted_is_noted(session: Session) -> None:
    from geo.errors import NotYours
    from geo.people.areas import Areas
    from geo.store.audit import WITNESS

    ids = make_rows(session, "parcel", count=2)
    asking = Asking(audience=Audience.TAX, person="x", areas=Areas(towns=frozenset({"9098"})), purpose="tax")
    with pytest.raises(NotYours):
        features_in_bytes(session, LAYERS["parcel"], asking, Wanted())
    noted: list[tuple[str, list[int]]] = []

    def note(layer: str, read: Any) -> None:
        noted.append((layer, list(read)))

    session.info[WITNESS] = note
    features_in_bytes(session, LAYERS["parcel"], asking, Wanted(limit=1))
    assert noted == [("parcel", ids[:1])]


def test_real_shapes_are_what_postgis_makes_of_them(postgis: psycopg.Connection[Any], shared_data: Path) -> None:
    frame = geopandas.read_file(shared_data / "admin" / "songkhla_adm3_tambon.geojson")
    wkb = [shapely.to_wkb(one) for one in frame.geometry]
    source = "unnest(%s::bytea[]) WITH ORDINALITY AS t (w, n)"
    page = encoded(postgis, f"SELECT n::bigint, ST_GeomFromWKB(w, 4326) FROM {source}", [wkb])
    theirs = postgis.execute(
        f"SELECT ST_AsGeoJSON(ST_ForcePolygonCCW(ST_GeomFromWKB(w, 4326)), 7) FROM {source}", [wkb]
    ).fetchall()
    assert [one["geometry"] for one in told(page)] == [json.loads(other) for (other,) in theirs]
