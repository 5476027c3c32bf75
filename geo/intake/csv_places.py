"""Which columns of a CSV say where, and the shapes they make."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from geo.errors import Problem, Text
from geo.intake.refusals import refusal
from geo.intake.tables import Notes
from geo.shapes.repair import from_wkt
from geo.thai import is_null_literal, number

_LAT = (
    "latitude",
    "lat",
    "y",
    "ycoord",
    "coordy",
    "latdd",
    "ละติจูด",
    "ละติจูต",
    "ละติจุด",
    "northing",
    "utmn",
    "utmy",
    "n",
)
_LON = ("longitude", "lon", "long", "lng", "x", "xcoord", "coordx", "londd", "ลองจิจูด", "ลองติจูด", "ลองจิจุด",
                "easting", "utme", "utmx", "e")  # fmt: skip
_WKT = ("wkt", "geom", "geometry", "thegeom", "shape", "wktgeom", "geomwkt", "geometry2")
_GEOPOINT = ("geopoint", "gps", "location", "พิกัด", "latlong", "latlng", "latlon", "coordinates", "coordinate",
             "point", "geolocation", "ตำแหน่ง", "จุดพิกัด")  # fmt: skip
_IS_WKT = re.compile(r"\s*(?:SRID=\d+;)?\s*(?:MULTI)?(?:POINT|LINESTRING|POLYGON|GEOMETRYCOLLECTION)\b", re.IGNORECASE)
_IS_GEOPOINT = re.compile(r"[\s\[(]*(-?[0-9]+\.[0-9]+)[\s,]+(-?[0-9]+\.[0-9]+)(?:[\s,]+-?[0-9.]+){0,2}[\s\])]*")
_NORTH_OR_EAST = re.compile(r"(?P<number>[0-9.]+)\s*°?\s*(?P<side>[NSEWnsew])?")


@dataclass(frozen=True, kw_only=True)
class Places:
    """The columns that say where: WKT, or a geopoint ("lat lon alt accuracy"), or longitude and latitude."""

    lon: str | None = None
    lat: str | None = None
    geopoint: str | None = None
    wkt: str | None = None

    def __bool__(self) -> bool:
        return bool(self.wkt or self.geopoint or (self.lon and self.lat))


def found_places(names: Sequence[str], sample: Sequence[Sequence[str]], asked: Places) -> Places:
    """The columns asked for, else those that headers and contents show; none when the file has no places."""
    for name in (asked.lon, asked.lat, asked.geopoint, asked.wkt):
        if name is not None and name not in names:
            raise refusal("no-such-column", f"ไม่มีคอลัมน์ “{name}”", f"there is no column “{name}”", column=name)
    if asked:
        return asked
    if bool(asked.lon) != bool(asked.lat):
        raise refusal(
            "half-a-place",
            "ต้องระบุทั้งคอลัมน์ลองจิจูดและละติจูด",
            "both the longitude and the latitude column are needed",
        )
    plain = {_plain(name): name for name in reversed(names)}
    column = {name: [row[position] for row in sample] for position, name in enumerate(names)}
    for key in _WKT:
        if key in plain and _mostly(_IS_WKT, column[plain[key]]):
            return Places(wkt=plain[key])
    lat, lon = _named(plain, _LAT, "latitude"), _named(plain, _LON, "longitude")
    if lat and lon:
        return Places(lon=lon, lat=lat)
    for key in _GEOPOINT:
        if key in plain and _mostly(_IS_GEOPOINT, column[plain[key]]):
            return Places(geopoint=plain[key])
    return Places()


def _plain(name: str) -> str:
    return re.sub(r"[\s_.\-/()°]+", "", name.casefold())


def _named(plain: dict[str, str], names: Sequence[str], ending: str) -> str | None:
    """A column by its whole name, else the only one that ends so, as ODK writes `_where_latitude`."""
    for name in names:
        if name in plain:
            return plain[name]
    ends = [given for key, given in plain.items() if key.endswith(ending)]
    return ends[0] if len(ends) == 1 else None


def _mostly(pattern: re.Pattern[str], cells: Sequence[str]) -> bool:
    written = [cell for cell in cells if not is_null_literal(cell)]
    return bool(written) and sum(bool(pattern.match(cell)) for cell in written) >= len(written) * 0.8


def shapes_of(
    names: Sequence[str], records: Sequence[Sequence[str]], places: Places, notes: Notes, *, first_row: int
) -> NDArray[np.object_]:
    """The shapes of these rows; None where there is no place, told when something unreadable stands there."""
    if places.wkt:
        return _from_wkt([row[names.index(places.wkt)] for row in records], places.wkt, notes, first_row)
    if places.geopoint:
        column = places.geopoint
        cells = [row[names.index(column)] for row in records]
        lats, lons = _geopoints(cells, column, notes, first_row)
    else:
        lon, lat = places.lon or "", places.lat or ""
        lats = _numbers([row[names.index(lat)] for row in records], lat, notes, first_row)
        lons = _numbers([row[names.index(lon)] for row in records], lon, notes, first_row)
    points = np.full(len(records), None, dtype=object)
    whole = np.isfinite(lats) & np.isfinite(lons)
    points[whole] = shapely.points(lons[whole], lats[whole])
    return points


def _from_wkt(cells: Sequence[str], column: str, notes: Notes, first_row: int) -> NDArray[np.object_]:
    read = from_wkt(pa.array([None if is_null_literal(cell[:20]) else cell for cell in cells], pa.string()))
    for index in np.flatnonzero(read.unreadable).tolist():
        told = Text("อ่าน WKT ไม่ได้", "this is no WKT")
        notes.add(_problem("bad-geometry", told, column, cells[index], first_row + index, "error"))
    for index in np.flatnonzero(read.closed).tolist():
        told = Text("วงขอบไม่ปิด จึงปิดให้", "a ring was open and was closed")
        notes.add(_problem("ring-closed", told, column, cells[index], first_row + index, "changed"))
    return read.geoms


def _geopoints(
    cells: Sequence[str], column: str, notes: Notes, first_row: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lats, lons = np.full(len(cells), np.nan), np.full(len(cells), np.nan)
    for index, cell in enumerate(cells):
        if found := _IS_GEOPOINT.fullmatch(cell):
            lats[index], lons[index] = float(found[1]), float(found[2])
        elif not is_null_literal(cell):
            notes.add(_no_number(column, cell, first_row + index))
    return lats, lons


def _numbers(cells: Sequence[str], column: str, notes: Notes, first_row: int) -> NDArray[np.float64]:
    try:  # all of a block at once, as nearly every file allows
        values = np.array([cell or "nan" for cell in cells], dtype=np.float64)
    except ValueError:
        values = np.array([_number(cell) for cell in cells], dtype=np.float64)
    for index in np.flatnonzero(~np.isfinite(values)).tolist():
        if cells[index].strip() not in ("", "-"):
            notes.add(_no_number(column, cells[index], first_row + index))
    return values


def _number(cell: str) -> float:
    value = number(cell)
    if value is not None:
        return float(value)
    found = _NORTH_OR_EAST.fullmatch(cell.strip())
    if found is None or found["number"].count(".") > 1:
        return float("nan")
    return float(found["number"]) * (-1 if (found["side"] or "").upper() in ("S", "W") else 1)


def _no_number(column: str, cell: str, row: int) -> Problem:
    told = Text("พิกัดไม่ใช่ตัวเลข แถวนี้จึงไม่มีตำแหน่ง", "this is no coordinate, so the row has no place")
    return _problem("bad-coordinate", told, column, cell, row, "error")


def _problem(code: str, told: Text, column: str, cell: str, row: int, level: str) -> Problem:
    return Problem(code=code, told=told, level=level, row=row, column=column, value=cell[:80])
