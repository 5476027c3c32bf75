"""A page of features in the formats that analysts ask for: GeoJSON in any CRS, JSON-FG, CSV, FlatGeobuf, GeoParquet.

They are all made from the same raw page, so that none of them holds more than another.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pyogrio
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geo.layer import Field, Layer
from geo.shapes.crs import moved, swapped_axes
from geo.shapes.served import CRS84, Served, in_served
from geo.store.read import RawPage, plain

Shapes = NDArray[np.object_]


class Profile(StrEnum):
    """How links to other features and codes are told (OGC API Features Part 5, 23-058r2)."""

    KEY = "rel-as-key"
    URI = "rel-as-uri"
    LINK = "rel-as-link"
    CODE = "val-as-code"
    TITLE = "val-as-title"


def shapes_of(page: RawPage, crs: Served) -> Shapes:
    """The shapes in a CRS (None where none is), rings by the right-hand rule, numbers rounded to what is true."""
    shapes = shapely.from_wkb(np.array(page.shapes, dtype=object))
    shapes = in_served(shapely.orient_polygons(shapes), crs)
    rounded: Shapes = moved(shapes, lambda xy: np.round(xy, crs.digits))
    return rounded


def features_of(
    page: RawPage, layer: Layer, crs: Served = CRS84, *, profiles: frozenset[Profile] = frozenset(), base: str = "",
    language: str = "th",
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """GeoJSON features, in the axis order of the CRS."""
    shapes = shapes_of(page, crs)
    if crs.swapped:
        shapes = swapped_axes(shapes)
    for fid, values, shape in zip(page.ids, page.values, shapely.to_geojson(shapes), strict=True):
        told = {
            name: _told(field, value, profiles, base, language)
            for (name, field), value in zip(page.fields.items(), values, strict=True)
        }
        yield {"type": "Feature", "id": fid, "geometry": json.loads(shape) if shape else None, "properties": told}


def _told(field: Field, value: Any, profiles: frozenset[Profile], base: str, language: str) -> Any:
    if value is None:
        return None
    if field.link and profiles & {Profile.URI, Profile.LINK}:
        uri = f"{base}/collections/{field.link.to}/items/{value}"
        return uri if Profile.URI in profiles else {"href": uri, "title": f"{field.link.to}/{value}"}
    if field.codes and Profile.TITLE in profiles:
        return field.told(value).in_language(language)
    return plain(value)


JSON_FG = "http://www.opengis.net/spec/json-fg-1/1.0/conf/core"


def json_fg_feature(feature: dict[str, Any], layer: Layer, crs: Served) -> dict[str, Any]:
    """The same feature with its type, time and place; a place that GeoJSON can hold stays its geometry."""
    is_geojson = crs.is_degrees and not crs.swapped
    when = feature["properties"].get(layer.instant) if layer.instant else None
    return {
        "type": "Feature",
        "id": feature["id"],
        "featureType": layer.id,
        "time": None if when is None else {"timestamp" if "T" in when else "date": when.replace("+00:00", "Z")},
        "place": None if is_geojson else feature["geometry"],
        "geometry": feature["geometry"] if is_geojson else None,
        "properties": feature["properties"],
    }


def csv_text(page: RawPage, crs: Served) -> str:
    """A table with a line of names, the id first and the shape last as WKT (easting or longitude first)."""
    shapes = shapely.to_wkt(shapes_of(page, crs), rounding_precision=crs.digits)
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(["id", *page.fields, "geometry"])
    for fid, values, shape in zip(page.ids, page.values, shapes, strict=True):
        table.writerow([fid, *map(_in_a_cell, values), shape])
    return written.getvalue()


def _in_a_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else plain(value)


_ARROW: dict[type, Any] = {
    int: pa.int64(), float: pa.float64(), Decimal: pa.float64(), bool: pa.bool_(), dt.date: pa.date32(),
    dt.datetime: pa.timestamp("us", tz="UTC"),
}  # fmt: skip


def _columns(page: RawPage) -> dict[str, Any]:
    found: dict[str, Any] = {"id": pa.array(page.ids, pa.int64())}
    for place, (name, field) in enumerate(page.fields.items()):
        values = [row[place] for row in page.values]
        if field.python_type is list:
            found[name] = pa.array(values)
        else:
            kind = _ARROW.get(field.python_type, pa.string())
            told = values if pa.types.is_temporal(kind) else [plain(value) for value in values]
            found[name] = pa.array([str(value) if pa.types.is_string(kind) and value is not None else value
                                    for value in told], kind)  # fmt: skip
    return found


def parquet_bytes(page: RawPage, crs: Served) -> bytes:
    """GeoParquet 1.1: WKB, easting or longitude first as it prescribes."""
    shapes = shapes_of(page, crs)
    present = shapes[[shape is not None for shape in shapes]]
    kinds = sorted({f"{one.geom_type}{' Z' if one.has_z else ''}" for one in present})
    column: dict[str, Any] = {"encoding": "WKB", "geometry_types": kinds, "crs": _projjson(crs)}
    if len(present) and not shapely.is_empty(present).all():
        column["bbox"] = [float(edge) for edge in shapely.total_bounds(present)]
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    table = pa.table({**_columns(page), "geometry": pa.array(list(shapely.to_wkb(shapes)), pa.binary())})
    table = table.replace_schema_metadata({"geo": json.dumps(geo, ensure_ascii=False)})
    written = io.BytesIO()
    pyarrow.parquet.write_table(table, written, compression="zstd")
    return written.getvalue()


def _projjson(crs: Served) -> dict[str, Any]:
    found: dict[str, Any] = CRS("OGC:CRS84" if crs.is_degrees else f"EPSG:{crs.srid}").to_json_dict()
    return found


def flatgeobuf_bytes(page: RawPage, layer: Layer, crs: Served) -> bytes:
    """FlatGeobuf with its spatial index; lists are written as JSON text, because the format has none."""
    shapes = shapes_of(page, crs)
    columns = {
        name: pa.array([None if one is None else json.dumps(one, ensure_ascii=False) for one in column.to_pylist()],
                       pa.string()) if pa.types.is_list(column.type) else column
        for name, column in _columns(page).items()
    }  # fmt: skip
    written = io.BytesIO()
    pyogrio.write_arrow(
        pa.table({**columns, "geometry": pa.array(list(shapely.to_wkb(shapes)), pa.binary())}),
        written, driver="FlatGeobuf", layer=layer.id, geometry_name="geometry", geometry_type="Unknown",
        crs="OGC:CRS84" if crs.is_degrees else f"EPSG:{crs.srid}",
        # The index leaves out features without a shape.
        layer_options={"SPATIAL_INDEX": "NO"} if any(shape is None for shape in page.shapes) else {},
    )  # fmt: skip
    return written.getvalue()
