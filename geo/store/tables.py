"""The tables beside the layers: who changed what, which file came in, which token may write, what a far zoom counts."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Integer, LargeBinary, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

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
    """One file that was brought in: what it was, how it was read, and the report."""

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


class AccessToken(Base):
    """A token that may write over HTTP; only its SHA-256 is kept, so that a copy of the database opens nothing."""

    __tablename__ = "access_token"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    made_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    ends_at: Mapped[dt.datetime | None]


class TileCount(Base):
    """Features per square of the tile grid, kept by triggers: what far zooms draw instead of a million shapes.

    A square is one tile of zoom 17 (about 300 m); `x` and `y` are its column and row.
    """

    __tablename__ = "tile_count"

    layer: Mapped[str] = mapped_column(primary_key=True)
    x: Mapped[int] = mapped_column(Integer, primary_key=True)
    y: Mapped[int] = mapped_column(Integer, primary_key=True)
    features: Mapped[int] = mapped_column(BigInteger)
