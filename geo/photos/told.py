"""What a camera wrote beside a picture: where and when. Whatever makes no sense is not told, and stops nothing."""

from __future__ import annotations

import datetime as dt
import math
import re
import struct
from collections.abc import Mapping
from typing import Any

from PIL import ExifTags, Image

from geo.people.grants import BANGKOK

_FIRST_YEAR, _LAST_YEAR = 1990, 2200
_BUDDHIST = 543
_WHEN = re.compile(r"(\d{4})[:\-/](\d{2})[:\-/](\d{2})[ T](\d{2}):(\d{2}):(\d{2})", re.ASCII)
_OFFSET = re.compile(r"([+-])(\d{2}):(\d{2})", re.ASCII)
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, struct.error)


def place_of(image: Image.Image) -> tuple[float, float] | None:
    """Longitude and latitude (WGS 84, degrees) as the camera had them; None where it says none, or nonsense."""
    gps = _part(image, ExifTags.IFD.GPSInfo)
    lon = _degrees(gps, ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef, "EW")
    lat = _degrees(gps, ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef, "NS")
    return place_in(lon, lat)


def place_in(lon: float | None, lat: float | None) -> tuple[float, float] | None:
    """A place on earth; a telephone that has not found itself yet writes nought and nought."""
    if lon is None or lat is None or not (abs(lon) <= 180 and abs(lat) <= 90) or (lon, lat) == (0, 0):
        return None
    return round(lon, 7), round(lat, 7)


def taken_at_of(image: Image.Image) -> dt.datetime | None:
    """When it was taken, as the camera's clock had it; a camera that says no offset is in Bangkok."""
    exif = _part(image, ExifTags.IFD.Exif)
    written = exif.get(ExifTags.Base.DateTimeOriginal)
    offset = exif.get(ExifTags.Base.OffsetTimeOriginal)
    return moment_in(_text(written), _text(offset))


def moment_in(written: str, offset: str = "") -> dt.datetime | None:
    """`2026:03:01 14:30:00`, or with dashes, in the Buddhist era or not; None where it is no time of a photograph."""
    found = _WHEN.match(written.strip())
    if found is None:
        return None
    year, *rest = map(int, found.groups())
    # A clock set to the Buddhist era writes 2569; nobody takes a photograph in that year of the common one.
    year = year - _BUDDHIST if year > _LAST_YEAR else year
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        return dt.datetime(year, *rest, tzinfo=_zone(offset or written.strip()[found.end() :]))  # type: ignore[misc, arg-type]  # six numbers
    except ValueError:
        return None


def _zone(offset: str) -> dt.tzinfo:
    if offset.strip().endswith(("Z", "z")):
        return dt.UTC
    found = _OFFSET.search(offset)
    if found is None:
        return BANGKOK
    sign, hours, minutes = found.groups()
    away = dt.timedelta(hours=int(hours), minutes=int(minutes))
    return dt.timezone(-away if sign == "-" else away) if away < dt.timedelta(hours=15) else BANGKOK


def _part(image: Image.Image, which: ExifTags.IFD) -> Mapping[int, Any]:
    try:
        return dict(image.getexif().get_ifd(which))
    except _BROKEN:
        return {}


def _degrees(gps: Mapping[int, Any], of: int, side: int, sides: str) -> float | None:
    """Degrees, minutes and seconds as one number; west and south are below nought."""
    parts, towards = gps.get(of), _text(gps.get(side)).strip().upper()[:1]
    if not isinstance(parts, (tuple, list)) or not 1 <= len(parts) <= 3 or towards not in tuple(sides):
        return None
    try:
        # A rational over nought comes as "not a number", or as a division that fails.
        numbers = [float(part) for part in parts]
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    if not all(math.isfinite(number) and number >= 0 for number in numbers) or any(n >= 60 for n in numbers[1:]):
        return None
    found: float = sum(number / 60.0**place for place, number in enumerate(numbers))
    return -found if towards == sides[1] else found


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("ascii", "replace").strip("\x00 ")
    return value.strip("\x00 ") if isinstance(value, str) else ""
