"""The tables beside the layers: who changed what, which file came in, which token may write, what a far zoom counts."""

from __future__ import annotations

import datetime as dt
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Integer, LargeBinary, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

import geo.store.citizen_tables  # what citizens report
import geo.store.duties_tables  # a batch names the text that people agreed to
import geo.store.editions_tables  # what a year's file changes
import geo.store.following_tables  # who is told of a step
import geo.store.life_tables  # what was done with marks
import geo.store.photo_tables
import geo.store.tax_tables  # what towns set for their taxes
import geo.store.town_tables  # noqa: F401  # photographs and the layers that towns made are beside the layers too
from geo.layer import Base

# Who makes the demo's rows; a map that holds any of them says so.
DEMO = "demo"


class Change(Base):
    """One act of a person or program: every row names the change that made it (DESIGN §2.9)."""

    __tablename__ = "change"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    made_at: Mapped[dt.datetime] = mapped_column(server_default=func.now(), index=True)
    made_by: Mapped[str]
    origin: Mapped[str]
    operation: Mapped[str]
    layer: Mapped[str]
    reason: Mapped[str | None]
    batch_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("import_batch.id"), index=True)
    counts: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class ImportBatch(Base):
    """One file that was brought in: what it was, how it was read, the report; of persons, also why and how long."""

    __tablename__ = "import_batch"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    layer: Mapped[str]
    file_name: Mapped[str]
    file_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    file_bytes: Mapped[int] = mapped_column(BigInteger)
    loaded_at: Mapped[dt.datetime] = mapped_column(server_default=func.now(), index=True)
    loaded_by: Mapped[str]
    municipality: Mapped[str | None]
    driver: Mapped[str]
    encoding: Mapped[str | None]
    crs_in: Mapped[str | None]
    crs_operation: Mapped[str | None]
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)
    purpose: Mapped[str | None]
    lawful_basis: Mapped[str | None]
    sensitive_basis: Mapped[str | None]
    consent_text_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("consent_text.id"), index=True)
    retain_until: Mapped[dt.date | None]


class AccessToken(Base):
    """A token that may write over HTTP; only its SHA-256 is kept, so that a copy of the database opens nothing."""

    __tablename__ = "access_token"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    made_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    ends_at: Mapped[dt.datetime | None]


class AreaKey(Base):
    """The one key that signs where somebody may look (`area.py`), as HMAC pads it; the owner's alone."""

    __tablename__ = "area_key"
    __table_args__ = (CheckConstraint("one", name="one"),)

    one: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    inside: Mapped[bytes] = mapped_column(LargeBinary)
    outside: Mapped[bytes] = mapped_column(LargeBinary)


class Release(Base):
    """One dated edition of what the public gets of a layer of cells in one town: made by a person, and kept.

    `rows_as_of` is the last change of the layer that it counts, so that the same numbers can be worked out again;
    `too_small` is how many squares held rows and were not told. One that is withdrawn stays: the public has seen it.
    """

    __tablename__ = "release"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    layer: Mapped[str] = mapped_column(index=True)
    municipality: Mapped[str]
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str]
    reason: Mapped[str | None]
    method: Mapped[str]
    at_least: Mapped[int]
    metres: Mapped[int]
    rows_as_of: Mapped[int] = mapped_column(BigInteger)
    withdrawn_at: Mapped[dt.datetime | None]
    # Of editions made before it was kept nobody knows it.
    too_small: Mapped[int | None]
    withdrawn_by: Mapped[str | None]
    withdrawn_reason: Mapped[str | None]


class ReleaseCell(Base):
    """One square of a release: the number that is told, or none, and what the next edition compares with."""

    __tablename__ = "release_cell"
    __table_args__ = (Index("release_cell_geom_index", "geom", postgresql_using="gist"),)

    release_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("release.id"), primary_key=True)
    cell_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    count: Mapped[int | None]
    basis: Mapped[int]
    geom: Mapped[WKBElement] = mapped_column(Geometry(geometry_type=None, srid=-1, spatial_index=False))
    geom_mercator: Mapped[WKBElement] = mapped_column(Geometry(geometry_type=None, srid=-1, spatial_index=False))


class ReadLog(Base):
    """One reading of rows that are personal or of taxes: who, why, through which door, which records.

    Rows are written by `atlas_note_read` alone. `chain` is the digest of the row with the chain of the one before, so
    that a row which was altered or taken out shows.
    """

    __tablename__ = "read_log"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[dt.datetime]
    person: Mapped[str]
    audience: Mapped[str]
    purpose: Mapped[str]
    door: Mapped[str]
    layer: Mapped[str]
    records: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    chain: Mapped[bytes] = mapped_column(LargeBinary)


class ReadLogHead(Base):
    """How many readings there are and the last one's chain: so that rows missing at the end show too."""

    __tablename__ = "read_log_head"
    __table_args__ = (CheckConstraint("one", name="one"),)

    one: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    readings: Mapped[int] = mapped_column(BigInteger)
    chain: Mapped[bytes] = mapped_column(LargeBinary)


class TileCount(Base):
    """Features per square of the tile grid, kept by triggers: what far zooms draw instead of a million shapes.

    A square is one tile of zoom 17 (about 300 m); `x` and `y` are its column and row.
    """

    __tablename__ = "tile_count"

    layer: Mapped[str] = mapped_column(primary_key=True)
    x: Mapped[int] = mapped_column(Integer, primary_key=True)
    y: Mapped[int] = mapped_column(Integer, primary_key=True)
    features: Mapped[int] = mapped_column(BigInteger)


class WriteReceipt(Base):
    """One write that was done under a key of its sender's choice; `mark` and `body` are keyed digests of what came.

    It holds nothing that was sent, so that nothing is left here of what is erased elsewhere.
    """

    __tablename__ = "write_receipt"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    mark: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[dt.datetime] = mapped_column(index=True)
    status: Mapped[int]
    ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    versions: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
