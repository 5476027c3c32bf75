"""Indian 1975, the datum of old Thai cadastre: recognised in any spelling, and shifted by EPSG:1304 alone.

PROJ's own first choice, EPSG:1812, lands 185 m from every other source, probably by a sign in the registry
(DOMAIN 2.6). The pipeline is therefore written out here and proved against a known point before it is used.
"""

from __future__ import annotations

from functools import lru_cache

import pyproj
from pyproj import CRS

PINNED_CODES = ("EPSG:24047", "EPSG:24048", "EPSG:4240")
PINNED_OPERATION = "EPSG:1304"

_TO_RADIANS = "+step +proj=unitconvert +xy_in=deg +xy_out=rad"
# EPSG:1304, "Indian 1975 to WGS 84 (2)": three translations on Everest 1830 (1937 Adj.); heights untouched.
_SHIFT = (
    "+step +proj=push +v_3 +step +proj=cart +ellps=evrst30 +step +proj=helmert +x=210 +y=814 +z=289 "
    "+step +inv +proj=cart +ellps=WGS84 +step +proj=pop +v_3 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
)


def is_indian_1975(crs: CRS) -> bool:
    """Whether a CRS stands on Indian 1975: by its datum's name, or a nameless datum on its ellipsoid."""
    geodetic = unbound(crs).geodetic_crs
    if geodetic is None or geodetic.datum is None:
        return False
    name = geodetic.datum.name.casefold().replace("_", " ").removeprefix("d ").strip()
    if name.startswith("indian 1975") or geodetic.name.casefold().replace("_", " ").startswith("indian 1975"):
        return True
    return _nameless(name) and _on_its_ellipsoid(geodetic)


def _nameless(name: str) -> bool:
    return name.startswith(("unknown", "unnamed", "not specified", "user")) or name == ""


def _on_its_ellipsoid(crs: CRS) -> bool:
    ellipsoid = crs.ellipsoid
    if ellipsoid is None:
        return False
    same_size = abs(ellipsoid.semi_major_metre - 6377276.345) < 0.01
    return same_size and abs(ellipsoid.inverse_flattening - 300.8017) < 1e-3


def unbound(crs: CRS) -> CRS:
    """The CRS without a TOWGS84 of the file's own: such numbers are as often wrong as right."""
    return crs.source_crs if crs.is_bound and crs.source_crs is not None else crs


def pinned_pipeline(crs: CRS) -> str:
    """The PROJ pipeline from this Indian 1975 CRS to WGS 84 longitude, latitude."""
    _prove_the_pin()
    return _pipeline(crs)


def _pipeline(crs: CRS) -> str:
    plain = unbound(crs)
    if plain.is_geographic:
        return f"+proj=pipeline {_TO_RADIANS} {_SHIFT}"
    # Undoing the projection is exact and the same whoever does it; only the datum shift is a choice.
    undo = pyproj.Transformer.from_crs(plain, plain.geodetic_crs, always_xy=True).definition
    steps = " ".join(part if part.startswith("+") else f"+{part}" for part in undo.split())
    if not steps.startswith("+proj=pipeline"):
        steps = f"+proj=pipeline +step {steps}"
    return f"{steps} {_TO_RADIANS} {_SHIFT}"


@lru_cache(maxsize=1)
def _prove_the_pin() -> None:
    """One point of DOMAIN 10.4 must land where EPSG:1304 puts it, whatever PROJ is installed."""
    lon, lat = pyproj.Transformer.from_pipeline(_pipeline(CRS("EPSG:24047"))).transform(663000, 775000)
    east, north = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:32647", always_xy=True).transform(lon, lat)
    if abs(east - 662666.84) > 1 or abs(north - 775297.88) > 1:
        raise RuntimeError(f"Indian 1975 lands at {east:.2f}, {north:.2f} instead of where EPSG:1304 puts it")
