"""Rows as PostgreSQL would send them, and tiles read as strictly as their specification is written."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo import encode
from geo.encode import EncodedPage, Records
from geo.shapes.grids import Tile

INT8, TEXT, FLOAT8, GEOMETRY = 20, 25, 701, 99_999


def record(values: Sequence[tuple[int, bytes | None]]) -> bytes:
    """One row as `record_send` writes it."""
    told = struct.pack("!i", len(values))
    for kind, value in values:
        told += struct.pack("!Ii", kind, -1 if value is None else len(value)) + (value or b"")
    return told


def rows_of(shapes: Iterable[Any], *, names: Iterable[str | None] | None = None) -> bytes:
    """Rows with ids from 1, a text (where there are any) and these shapes (None: no shape)."""
    held = list(shapes)
    texts = None if names is None else list(names)
    told = b""
    for place, shape in enumerate(held):
        wkb = None if shape is None else shapely.to_wkb(shape, byte_order=1, flavor="extended", include_srid=True)
        values: list[tuple[int, bytes | None]] = [(INT8, struct.pack("!q", place + 1))]
        if texts is not None:
            words = texts[place]
            values.append((TEXT, None if words is None else words.encode()))
        told += record([*values, (GEOMETRY, wkb)])
    return told


def as_messages(rows: bytes, columns: int) -> Records:
    """The same rows as the protocol sends them."""
    told, types, at = b"", [0] * columns, 0
    while at < len(rows):
        at, values = at + 4, b""
        for column in range(columns):
            types[column], length = struct.unpack_from("!Ii", rows, at)
            end = at + 8 + max(length, 0)
            at, values = end, values + rows[at + 4 : end]
        told += b"D" + struct.pack("!ih", len(values) + 6, columns) + values
    return Records(told, np.array(types, np.uint32).astype(np.int32))


def mvt(rows: bytes, layer: str, names: tuple[str, ...], tile: Tile, **asked: Any) -> bytes:
    """What comes of rows, be they `record_send`'s or the protocol's."""
    made = encode.mvt(Records(rows), layer, names, tile, **asked)
    assert encode.mvt(as_messages(rows, len(names) + 2), layer, names, tile, **asked) == made
    return made


def geojson(rows: bytes, layer: str, names: tuple[str, ...], tile: Tile, **asked: Any) -> bytes:
    """The same as GeoJSON."""
    made = encode.geojson(Records(rows), layer, names, tile, **asked)
    assert encode.geojson(as_messages(rows, len(names) + 2), layer, names, tile, **asked) == made
    return made


def page(rows: bytes, names: tuple[str, ...], **asked: Any) -> EncodedPage:
    """A page of features from either."""
    made = encode.features(Records(rows), names, **asked)
    assert encode.features(as_messages(rows, len(names) + 2), names, **asked) == made
    return made


@dataclass(frozen=True)
class Feature:
    """A feature as MVT has it: its kind (1 point, 2 line, 3 polygon) and its paths in tile units."""

    id: int
    kind: int
    paths: list[list[tuple[int, int]]]
    tags: dict[str, Any]


def strictly_read(tile: bytes) -> dict[str, list[Feature]]:
    """The layers of a tile; an AssertionError where it departs from the specification (2.1)."""
    layers = {}
    for field, value in _fields(tile):
        assert field == 3, "a tile holds layers and nothing else"
        name, features = _layer(value)
        assert name not in layers, "two layers of one name"
        layers[name] = features
    return layers


def _layer(message: bytes) -> tuple[str, list[Feature]]:
    held = list(_fields(message))
    one = {field: value for field, value in held if field in (1, 5, 15)}
    assert one[15] == 2, "version 2"
    assert one[5] == 4096
    keys = [value.decode() for field, value in held if field == 3]
    assert len(keys) == len(set(keys)), "a key stands once"
    raw = [value for field, value in held if field == 4]
    assert len(raw) == len(set(raw)), "a value stands once"
    values = [_value(value) for value in raw]
    features = [_feature(value, keys, values) for field, value in held if field == 2]
    assert features, "no layer without features"
    ids = [feature.id for feature in features]
    assert ids == sorted(set(ids)), "ids are unique, and in order"
    return one[1].decode(), features


def _value(message: bytes) -> Any:
    ((field, value),) = _fields(message)
    if field == 1:
        return value.decode()
    if field == 3:
        return struct.unpack("<d", value)[0]
    if field == 6:
        return (value >> 1) ^ -(value & 1)
    assert field in (5, 7), field
    return bool(value) if field == 7 else value


def _feature(message: bytes, keys: list[str], values: list[Any]) -> Feature:
    held = dict(_fields(message))
    tags = list(_varints(held.get(2, b"")))
    assert len(tags) % 2 == 0
    names = [keys[place] for place in tags[::2]]
    assert len(names) == len(set(names)), "a feature has a key once"
    told = dict(zip(names, (values[place] for place in tags[1::2]), strict=True))
    return Feature(held[1], held[3], _paths(held[3], list(_varints(held[4]))), told)


def _paths(kind: int, numbers: list[int]) -> list[list[tuple[int, int]]]:
    paths: list[list[tuple[int, int]]] = []
    x, y, at = 0, 0, 0
    while at < len(numbers):
        command, count = numbers[at] & 7, numbers[at] >> 3
        at += 1
        if command == 7:
            assert (kind, count) == (3, 1)
            assert len(paths[-1]) >= 3, "a ring has three places"
            continue
        assert command in (1, 2)
        assert count > 0
        assert kind == 1 or command == 2 or count == 1, "a path begins once"
        if command == 1:
            assert kind == 1 or not paths or kind == 2 or numbers[at - 2] == 15, "a ring is closed before the next"
            paths.append([])
        for _ in range(count):
            dx, dy = ((number >> 1) ^ -(number & 1) for number in numbers[at : at + 2])
            assert command == 1 or (dx, dy) != (0, 0), "no place is repeated"
            x, y, at = x + dx, y + dy, at + 2
            paths[-1].append((x, y))
    assert paths
    if kind == 3:
        assert numbers[-1] == 15
        areas = [area(path) for path in paths]
        assert areas[0] > 0, "an exterior comes first"
        assert all(areas), "no ring without an area"
    if kind == 2:
        assert all(len(path) >= 2 for path in paths)
    return paths


def area(ring: Sequence[tuple[int, int]]) -> int:
    """Twice the surveyor's area."""
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)


def shape_of(feature: Feature) -> Any:
    """What a feature draws, as a shape in tile units."""
    if feature.kind == 1:
        return shapely.MultiPoint(feature.paths[0])
    if feature.kind == 2:
        return shapely.MultiLineString(feature.paths)
    polygons: list[tuple[Any, list[Any]]] = []
    for ring in feature.paths:
        if area(ring) > 0:
            polygons.append((ring, []))
        else:
            polygons[-1][1].append(ring)
    return shapely.MultiPolygon([shapely.Polygon(outer, holes) for outer, holes in polygons])


def _fields(message: bytes) -> Iterable[tuple[int, Any]]:
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        field, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(message, at)
            yield field, value
            continue
        assert wire in (1, 2)
        length = 8
        if wire == 2:
            length, at = _varint(message, at)
        assert at + length <= len(message), "a message ends within a field"
        yield field, message[at : at + length]
        at += length


def _varints(message: bytes) -> Iterable[int]:
    at = 0
    while at < len(message):
        number, at = _varint(message, at)
        yield number


def _varint(message: bytes, at: int) -> tuple[int, int]:
    number, shift = 0, 0
    while True:
        byte = message[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
