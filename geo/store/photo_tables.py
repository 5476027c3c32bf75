"""The tables of photographs: which picture belongs to which row, who may see it yet, and what was done about it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, Boolean, ForeignKey, Identity, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from geo.layer import Base


class Photo(Base):
    """A picture of a row. Where it was taken is for the members of the row's area; the file itself says nothing."""

    __tablename__ = "photo"
    __table_args__ = (
        Index("photo_layer_row_id_index", "layer", "row_id"),
        # The same picture on the same row is one, however often it is sent and by however many at once.
        Index("photo_once_index", "layer", "row_id", "sha256", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("photo_going_index", "id", postgresql_where=text("erased_at IS NOT NULL AND file_gone_at IS NULL")),
        Index("photo_waiting_index", "layer", "municipality",
              postgresql_where=text("ended_at IS NULL AND cleared_at IS NULL AND refused_at IS NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    sha256: Mapped[str] = mapped_column(index=True)
    layer: Mapped[str]
    row_id: Mapped[int] = mapped_column(BigInteger)
    municipality: Mapped[str | None]
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    bytes: Mapped[int] = mapped_column(Integer)
    taken_at: Mapped[dt.datetime | None]
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    caption: Mapped[str | None]
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str]
    cleared_at: Mapped[dt.datetime | None]
    cleared_by: Mapped[str | None]
    no_faces: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    no_plates: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    refused_at: Mapped[dt.datetime | None]
    refused_by: Mapped[str | None]
    refused_reason: Mapped[str | None]
    ended_at: Mapped[dt.datetime | None]
    ended_by: Mapped[str | None]
    # Erased for good: nothing that it told is left, and its file goes as soon as no other photograph is of the same.
    erased_at: Mapped[dt.datetime | None]
    file_gone_at: Mapped[dt.datetime | None]


class PhotoDeed(Base):
    """What was done about a photograph, in order; deeds are added; a reason goes when the photograph is erased."""

    __tablename__ = "photo_deed"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    photo_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("photo.id"), index=True)
    done: Mapped[str]
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str]
    reason: Mapped[str | None]
