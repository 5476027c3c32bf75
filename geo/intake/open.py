"""Turn a file that a person brought into rows that can be read, or refuse it with words that help.

The type is decided by content, the encoding by the bytes, the CRS by what the file says; nothing is guessed in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from pyproj import CRS

from geo.errors import Problem, Text
from geo.shapes.whereabouts import Box, Candidate

BATCH_ROWS = 65_536


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A file ready to be read, more than once if need be, while its `with` block lasts.

    `driver`: "ESRI Shapefile", "GPKG", "FlatGeobuf", "GeoJSON", "Parquet", "KML" or "CSV". `encoding` is what text was
    decoded with. `crs` None means the file does not say: ask (`crs_choices`). `columns` are the attributes, in file
    order, without the geometry. `geometry_type` is the file's own word ("Polygon", "MultiPolygon Z", "Unknown") or
    None when it has no geometry. `bounds` are in the file's CRS. `axes` is "swapped" when x is latitude and y longitude
    of Thailand throughout, else "lon,lat"; batches come as the file has them, the caller swaps.
    """

    path: Path
    file_name: str
    sha256: str
    size: int
    driver: str
    encoding: str
    encoding_reason: Text
    crs: CRS | None
    crs_source: Text
    columns: tuple[tuple[str, pa.DataType], ...]
    geometry_type: str | None
    feature_count: int | None
    bounds: Box | None
    axes: str

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What a person should know of the file as a whole; may grow while batches are read."""
        raise NotImplementedError

    def batches(self, columns: Sequence[str] | None = None, size: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """The rows in file order: the attributes asked for (all by default), then `geometry` as WKB (pa.binary)."""
        raise NotImplementedError

    def attributes(self, columns: Sequence[str] | None = None, size: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """The rows without geometry: the cheap pass that decides date orders, keys and nulls of whole columns."""
        raise NotImplementedError


@contextmanager
def opened(
    path: Path,
    *,
    file_name: str | None = None,
    encoding: str | None = None,
    crs: str | None = None,
    layer: str | None = None,
    lon_column: str | None = None,
    lat_column: str | None = None,
    wkt_column: str | None = None,
) -> Iterator[Opened]:
    """Open a file; RefusedImport when it cannot be taken. `file_name` is what its owner calls it (for uploads)."""
    raise NotImplementedError


def crs_choices(file: Opened) -> tuple[Candidate, ...]:
    """The CRSs that would put the file's numbers in Thailand, each with the place where they would fall."""
    raise NotImplementedError
