"""Coordinates as people write them: decimal degrees in either order, degrees with minutes and seconds, UTM metres.

Two numbers can mean several places. All of those that lie where the Atlas is used are given, each with the words for
how it was read, so that nobody is taken to a place that they did not mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from pyproj.transformer import Transformer

from geo.errors import Text
from geo.shapes.whereabouts import THAILAND
from geo.thai_digits import western_digits

LONGEST = 120
_ZONES = {47: 32647, 48: 32648}
_NUMBER = r"[+-]?\d{1,8}(?:\.\d{1,12})?"
_PAIR = re.compile(rf"({_NUMBER})\s*[,;\s]\s*({_NUMBER})")
_PART = re.compile(
    r"""(?P<before>[NSEW])?\s*(?P<degrees>\d{1,3}(?:\.\d{1,12})?)\s*[°ºdD\s:]\s*
    (?:(?P<minutes>\d{1,2}(?:\.\d{1,12})?)\s*['’′mM\s:]?\s*)?
    (?:(?P<seconds>\d{1,2}(?:\.\d{1,12})?)\s*(?:["”″]|''|[sS](?![A-Za-z]))?\s*)?(?(before)|(?P<after>[NSEW]))""",
    re.VERBOSE,
)
_ZONE = re.compile(r"\b(?:UTM\s*)?(?:ZONE\s*)?(4[78])\s*([NP])?\b")
_METRES_BEFORE, _METRES_AFTER = re.compile(r"\b[EN]\s*=?\s*(?=\d)"), re.compile(r"(?<=\d)\s*(?:M\.?)?\s*[EN]\b")
_THAI_SIDES = {"เหนือ": "N", "ใต้": "S", "ตะวันออก": "E", "ตะวันตก": "W", "องศา": "°", "ลิปดา": "'", "พิลิปดา": '"'}


@dataclass(frozen=True, kw_only=True)
class SpokenPlace:
    """A place that somebody wrote in numbers, and how the numbers were read."""

    lon: float
    lat: float
    read_as: Text


def spoken_places(text: str) -> list[SpokenPlace]:
    """The places that a text of nothing but coordinates can mean, likeliest first; empty where it is something else."""
    said = western_digits(text[:LONGEST]).strip()
    for thai in sorted(_THAI_SIDES, key=len, reverse=True):
        said = said.replace(thai, _THAI_SIDES[thai])
    said = said.upper()
    return _in_metres(said) or _in_degrees(said) or _in_minutes(said)


def _in_degrees(said: str) -> list[SpokenPlace]:
    found = _PAIR.fullmatch(said.strip("() "))
    if found is None:
        return []
    first, second = float(found[1]), float(found[2])
    read = [(second, first), (first, second)]  # as most maps copy it: latitude first
    read.sort(key=lambda place: not _is_here(*place))
    places = [place for place in dict.fromkeys(read) if abs(place[0]) <= 180 and abs(place[1]) <= 90]
    # One that lies here leaves no doubt about the other, unless that does too.
    here = [place for place in places if _is_here(*place)]
    return [_in_words(lon, lat) for lon, lat in here or places]


def _in_minutes(said: str) -> list[SpokenPlace]:
    parts = [part for part in _PART.finditer(said) if part["before"] or part["after"]]
    rest = said
    for part in parts:
        rest = rest.replace(part[0], "", 1)
    if len(parts) != 2 or rest.strip(" ,;/"):
        return []
    found: dict[str, float] = {}
    for part in parts:
        side = part["before"] or part["after"]
        minutes, seconds = float(part["minutes"] or 0), float(part["seconds"] or 0)
        if minutes >= 60 or seconds >= 60:
            return []
        value = float(part["degrees"]) + minutes / 60 + seconds / 3600
        found["lat" if side in "NS" else "lon"] = -value if side in "SW" else value
    if set(found) != {"lat", "lon"} or abs(found["lat"]) > 90 or abs(found["lon"]) > 180:
        return []
    return [_in_words(found["lon"], found["lat"])]


def _in_metres(said: str) -> list[SpokenPlace]:
    zone = _ZONE.search(said)
    bare = _ZONE.sub(" ", said) if zone else said
    # Metres may say which is which: 662000E 776000N.
    plain = _METRES_AFTER.sub(" ", _METRES_BEFORE.sub(" ", bare))
    pair = _PAIR.fullmatch(plain.strip(" ,"))
    if pair is None:
        return []
    first, second = float(pair[1]), float(pair[2])
    east, north = (first, second) if first < second else (second, first)
    if not (100_000 <= east <= 900_000 and 500_000 <= north <= 2_400_000):
        return []
    zones = [int(zone[1])] if zone else list(_ZONES)
    found = []
    for number in zones:
        lon, lat = _of_utm(number).transform(east, north)
        if _is_here(lon, lat):
            words = f"UTM {number}N {east:.0f} E {north:.0f} N"
            found.append(SpokenPlace(lon=lon, lat=lat, read_as=Text(f"อ่านเป็น {words}", f"read as {words}")))
    return found


def _in_words(lon: float, lat: float) -> SpokenPlace:
    return SpokenPlace(
        lon=lon, lat=lat,
        read_as=Text(f"อ่านเป็น ละติจูด {lat:.6f} ลองจิจูด {lon:.6f}", f"read as latitude {lat:.6f}, longitude {lon:.6f}"),
    )  # fmt: skip


def _is_here(lon: float, lat: float) -> bool:
    return THAILAND.west <= lon <= THAILAND.east and THAILAND.south <= lat <= THAILAND.north


@lru_cache(maxsize=2)
def _of_utm(zone: int) -> Transformer:
    return Transformer.from_crs(_ZONES[zone], 4326, always_xy=True)
