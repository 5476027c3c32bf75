"""Filters as the standard writes them, over columns of our own, and some that it does not allow."""

from __future__ import annotations

from typing import Any

POLYGON = "POLYGON((100 7, 101 7, 101 8, 100 8, 100 7))"
MEETING = ("t_after", "t_before", "t_disjoint", "t_equals", "t_intersects")
SPATIAL = (
    "s_contains", "s_crosses", "s_disjoint", "s_equals", "s_intersects", "s_overlaps", "s_touches", "s_within",
)  # fmt: skip
RELATING = (
    "t_contains", "t_during", "t_finishedBy", "t_finishes", "t_meets", "t_metBy", "t_overlappedBy", "t_overlaps",
    "t_startedBy", "t_starts",
)  # fmt: skip
ARRAYS = ("a_containedBy", "a_contains", "a_equals", "a_overlaps")
SHAPES = (
    "POINT(100.5 7.5)", "POINT Z (100.5 7.5 30)", "POINTZ(+100.5 .5 5.)", "LINESTRING(100 7, 101 8)",
    "LINESTRING Z(100 7 1, 101 8 2)", POLYGON, "MULTIPOINT((100 7), (101 8))", "MULTIPOINT(7 50,10 51)",
    "MULTILINESTRING((100 7, 101 8), (100 8, 101 7))", "MULTIPOLYGON(((100 7, 101 7, 101 8, 100 7)))",
    "GEOMETRYCOLLECTION(POINT(100 7), LINESTRING(100 7, 101 8))", "BBOX(100, 7, 101, 8)", "BBOX(100,7,0,101,8,9)",
    "BBOX(170, -10, -170, 10)", "polygon ((0 0, 1 0, 1 1, 0 0), (0.1 0.05, 0.2 0.05, 0.2 0.1, 0.1 0.05))",
)  # fmt: skip

TEXTS = (
    "TRUE", "false", "good", "good = true", "NOT good = FALSE", "name = 'x'", "name <> 'Via dell''Avvento'",
    r"name = 'Via dell\'Avvento'", "name < > 'x'", "count > = 1", "count = .5", "count = 5.", "count = +5",
    "count = -5.25E-3", "count = 1e+5", "'x' = name", "1 = 1", "name = other", "ชื่อ = 'ก'", "a:b.c = 1", '"date" = 1',
    "count BETWEEN 1 AND 2", "count NOT BETWEEN -1 AND 2 AND name = 'x'", "name LIKE 'a_%'", "name NOT LIKE '\\%'",
    "CASEI(name) LIKE casei('ช%')", "ACCENTI(CASEI(name)) = accenti(casei('É'))", "name IN ('a', 'b')",
    "CASEI(name) IN (CASEI('Οδος'), CASEI('Straße'))", "count NOT IN (1, 2.5, count + 1)", "name IS NULL",
    "geometry IS NOT NULL", "(count = 1) IS NULL", "count = 1 IS NOT NULL", "DATE('2020-01-01') IS NULL",
    "INTERVAL(from_on, until_on) IS NULL", "NOT (name = 'a' OR count = 2) AND good", "((count)) = ((1))",
    "count + 2 * amount ^ 2 - 1 >= 7 div 2 % 3 / 4", "-count = 1", "-(count + 1) = 1", "count-1=0", "count -1=0",
    "2 ^ -1 = .5", "from_on = DATE('2020-02-29')", "from_at > TIMESTAMP('2020-01-01T00:00:00.123456789Z')",
    "from_on < TIMESTAMP('2020-01-01T00:00:00Z')", "count IN (1) AND\n\tname\r\n=\f'x'",
    *(f"{op}(from_on, DATE('2020-01-01'))" for op in MEETING),
    *(f"{op}(INTERVAL(from_on, '..'), INTERVAL('2020-01-01', until_on))" for op in (*MEETING, *RELATING)),
    *(f"{op}(geometry, {shape})" for op in SPATIAL for shape in SHAPES[:4]),
    *(f"S_INTERSECTS({shape}, geometry)" for shape in SHAPES),
    *(f"{op}(codes, ('a', 'b'))" for op in ARRAYS),
    "A_EQUALS(codes, ())", "A_CONTAINS(codes, ('a'))", "A_OVERLAPS(('a', true, 1), (DATE('2020-01-01'), name))",
    "A_CONTAINEDBY((1, (2, 3)), ((3, 2), INTERVAL('2020-01-01', '..'), POINT(1 1), count + 1))",
    "abs(count) > length(name)", "lower(trim(name)) = 'x'", "year(from_on) = 2020", "geometryType(geometry) = 'POINT'",
    "S_WITHIN(centroid(geometry), BBOX(0,0,1,1))",
)  # fmt: skip

REFUSED = (
    "", " ", "count =", "= 1", "name = 'x", "name = 'x' 1", "name == 'x'", "name != 'x'", "count = 1 AND", "(count = 1",
    "count = 1)", "name LIKE other", "name LIKE 5", r"name LIKE 'x\\'", "count IN ()", "count IN 1", "2 ^ 3 ^ 2 = 1",
    "count BETWEEN 1", "name IS", "NULL = name", "nofunction(1) = 1", "sleep(10)", "pg_sleep(1) = 1", "CASEI()",
    "CASEI('a', 'b') = 'a'", "and(good, good)", "isnull(name)", "property(1)", "DATE('2020-02-30') = from_on",
    "DATE(2020) = from_on", "DATE('2020-01-01T00:00:00Z') = from_on", "TIMESTAMP('2020-01-01') = from_at",
    "TIMESTAMP('2020-01-01T00:00:00+07:00') = from_at", "TIMESTAMP('2020-01-01T25:00:00Z') = from_at",
    "T_AFTER(from_on)", "T_AFTER(from_on, INTERVAL('2020-01-01'))",
    "T_AFTER(from_on, INTERVAL('2021-01-01','2020-01-01'))",
    "T_AFTER(from_on, INTERVAL('2020-01-01','2020-02-01T00:00:00Z'))", "S_INTERSECTS(geometry)",
    "S_INTERSECTS(geometry, POINT(90 180))", "S_DISJOINT(geometry, POINT(90 180))",
    "S_INTERSECTS(geometry, POINT(181 0))",
    "S_INTERSECTS(geometry, POINT())", "S_INTERSECTS(geometry, POINT(1))", "S_INTERSECTS(geometry, POINT EMPTY)",
    "S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 1 0)))", "S_INTERSECTS(geometry, LINESTRING(1 1))",
    "S_INTERSECTS(geometry, POINT(nan 1))", "S_INTERSECTS(geometry, POINT(1e999 1))",
    "S_INTERSECTS(geometry, BBOX(1,2,3))", "S_INTERSECTS(geometry, BBOX(1,5,3,2))",
    "S_INTERSECTS(geometry, BBOX(count,5,3,7))",
    "count = 1; DROP TABLE parcel", "count /* x */ = 1", "count = $1", "count = %s",
    "name = E'x'", "name || 'x' = 'y'", "count = (SELECT 1)", "A_CONTAINS(codes)",
)  # fmt: skip


def op(name: str, *args: Any) -> dict[str, Any]:
    """An operation of CQL2 JSON."""
    return {"op": name, "args": list(args)}


def prop(name: str) -> dict[str, str]:
    """A property of CQL2 JSON."""
    return {"property": name}


_DAYS = {"interval": ["2020-01-01", ".."]}
BOTH: tuple[tuple[str, Any], ...] = (
    ("true", True),
    ("name = 'x'", op("=", prop("name"), "x")),
    ("count <> 1.50", op("<>", prop("count"), 1.5)),
    ("good AND NOT count >= -1e3 AND true", op("and", prop("good"), op("not", op(">=", prop("count"), -1000)), True)),
    ("name LIKE 'a%' OR name NOT LIKE '_'",
     op("or", op("like", prop("name"), "a%"), op("not", op("like", prop("name"), "_")))),
    ("count BETWEEN 1 AND 2", op("between", prop("count"), 1, 2)),
    ("count NOT IN (1, 2)", op("not", op("in", prop("count"), [1, 2]))),
    ("name IS NULL", op("isNull", prop("name"))),
    ("CASEI(name) = CASEI(ACCENTI('É'))", op("=", op("casei", prop("name")), op("casei", op("accenti", "É")))),
    ("count + 1 > 2 div 3", op(">", op("+", prop("count"), 1), op("div", 2, 3))),
    ("-count = 1", op("=", op("*", -1, prop("count")), 1)),
    ("from_on = DATE('2020-01-01')", op("=", prop("from_on"), {"date": "2020-01-01"})),
    ("from_at < TIMESTAMP('2020-01-01T00:00:00Z')", op("<", prop("from_at"), {"timestamp": "2020-01-01T00:00:00Z"})),
    ("T_INTERSECTS(from_on, INTERVAL('2020-01-01','..'))", op("t_intersects", prop("from_on"), _DAYS)),
    *((f"{name.upper()}(INTERVAL(from_on,until_on), INTERVAL('2020-01-01','..'))",
       op(name, {"interval": [prop("from_on"), prop("until_on")]}, _DAYS)) for name in RELATING),
    *((f"{name.upper()}(codes, ('a', 'b'))", op(name, prop("codes"), ["a", "b"])) for name in ARRAYS),
    ("A_EQUALS(codes, ())", op("a_equals", prop("codes"), [])),
    ("A_CONTAINS(codes, ('a'))", op("a_contains", prop("codes"), ["a"])),
    ("A_CONTAINS((1, (2, true)), ((2, true)))", op("a_contains", [1, [2, True]], [[2, True]])),
    ("S_WITHIN(geometry, POINT(100.5 7))",
     op("s_within", prop("geometry"), {"type": "Point", "coordinates": [100.5, 7]})),
    ("S_INTERSECTS(geometry, BBOX(100,7,101,8))", op("s_intersects", prop("geometry"), {"bbox": [100, 7, 101, 8]})),
    (f"S_TOUCHES(geometry, {POLYGON})",
     op("s_touches", prop("geometry"),
        {"type": "Polygon", "coordinates": [[[100, 7], [101, 7], [101, 8], [100, 8], [100, 7]]]})),
    ("S_EQUALS(geometry, GEOMETRYCOLLECTION(POINT(5 5), LINESTRING(0 0, 1 1)))",
     op("s_equals", prop("geometry"), {"type": "GeometryCollection", "geometries": [
         {"type": "Point", "coordinates": [5, 5]}, {"type": "LineString", "coordinates": [[0, 0], [1, 1, 9]]}]})),
    ("S_CROSSES(MULTILINESTRING((0 0,1 1),(2 2,3 3)), MULTIPOLYGON(((0 0,1 0,1 1,0 0))))",
     op("s_crosses", {"type": "MultiLineString", "coordinates": [[[0, 0], [1, 1]], [[2, 2], [3, 3]]]},
        {"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 0], [1, 1], [0, 0]]]]})),
    ("S_OVERLAPS(MULTIPOINT((1 1),(2 2)), geometry)",
     op("s_overlaps", {"type": "MultiPoint", "coordinates": [[1, 1], [2, 2]]}, prop("geometry"))),
    ("abs(count) = 1", op("=", op("abs", prop("count")), 1)),
)  # fmt: skip
