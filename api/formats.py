"""The formats that features are written in: names for `f=`, media types, and which of them an Accept asks for."""

from __future__ import annotations

from enum import StrEnum

from starlette.exceptions import HTTPException
from starlette.requests import Request

from api.negotiation import accepted
from geo.errors import BadRequest


class Format(StrEnum):
    """How features are written; the value is the name for `f=`."""

    GEOJSON = "geojson"
    SEQUENCE = "geojsonseq"
    JSON_FG = "jsonfg"
    FLATGEOBUF = "fgb"
    CSV = "csv"
    PARQUET = "parquet"
    HTML = "html"

    @property
    def media_type(self) -> str:
        """Its media type."""
        return _MEDIA[self]

    @property
    def called(self) -> str:
        """What a link to it says."""
        return _TITLES[self]


_MEDIA = {
    Format.GEOJSON: "application/geo+json",
    Format.SEQUENCE: "application/geo+json-seq",
    Format.JSON_FG: "application/vnd.ogc.fg+json",
    Format.FLATGEOBUF: "application/flatgeobuf",
    Format.CSV: "text/csv",
    Format.PARQUET: "application/vnd.apache.parquet",
    Format.HTML: "text/html",
}
_TITLES = {
    Format.GEOJSON: "GeoJSON",
    Format.SEQUENCE: "GeoJSON Text Sequence",
    Format.JSON_FG: "JSON-FG",
    Format.FLATGEOBUF: "FlatGeobuf",
    Format.CSV: "CSV",
    Format.PARQUET: "GeoParquet",
    Format.HTML: "เป็นหน้าเว็บ · As a page",
}
# What programs also call them; MapLibre's GeoJSON source asks for plain JSON.
_NAMES = {str(one): one for one in Format} | {
    "json": Format.GEOJSON, "geojson-seq": Format.SEQUENCE, "geojsons": Format.SEQUENCE, "jsonseq": Format.SEQUENCE,
    "json-fg": Format.JSON_FG, "flatgeobuf": Format.FLATGEOBUF, "geoparquet": Format.PARQUET,
}  # fmt: skip
_ACCEPTED = {one.media_type: one for one in Format} | {
    "application/json": Format.GEOJSON, "application/vnd.flatgeobuf": Format.FLATGEOBUF,
    "application/vnd.geo+json": Format.GEOJSON, "application/x-parquet": Format.PARQUET,
    "application/parquet": Format.PARQUET,
}  # fmt: skip
NAMES = tuple(_NAMES)
ALL = tuple(Format)
ONE_FEATURE = (Format.GEOJSON, Format.JSON_FG, Format.HTML)


def features_format(request: Request, among: tuple[Format, ...] = ALL) -> Format:
    """The format that is asked for; 400 for an `f` that is none of them, 406 where Accept allows none."""
    asked = request.query_params.get("f") if request.scope["query_string"] else None
    if asked is not None:
        if _NAMES.get(asked) not in among:
            names = ", ".join(among)
            raise BadRequest(
                f"f: ไม่รู้จักรูปแบบ {asked[:80]!r} (มี {names})", f"f: unknown format {asked[:80]!r} (there are {names})"
            )
        return _NAMES[asked]
    accept = request.headers.get("accept", "*/*")
    return Format.GEOJSON if accept == "*/*" else _by_accept(accepted(request), among)


def _by_accept(types: dict[str, float], among: tuple[Format, ...]) -> Format:
    if not types:
        return Format.GEOJSON
    # Browsers list HTML first and everything with less weight; of equal weights the more special wins, then the order.
    best: tuple[float, int, int] | None = None
    chosen: Format | None = None
    for place, (kind, weight) in enumerate(types.items()):
        if weight <= 0:
            continue
        found = _ACCEPTED.get(kind)
        special = 2
        if found is None and kind in ("*/*", "application/*"):
            found, special = Format.GEOJSON, 0 if kind == "*/*" else 1
        if found is None and kind == "text/*":
            found, special = Format.HTML, 1
        if found in among and (best is None or (weight, special, -place) > best):
            best, chosen = (weight, special, -place), found
    if chosen is None:
        raise HTTPException(406)
    return chosen
