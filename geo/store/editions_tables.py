"""The tables of a year's file: the edition, what it changes, the links that a person must decide, chosen columns.

Nothing personal is in any of them: which columns change is said by their names, values stay in the file and in the
layer; codes, shapes and areas are what everybody may see of a parcel.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import BigInteger, Boolean, Double, ForeignKey, Identity, Index, Integer, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo.layer import Base


class Edition(Base):
    """One file that was brought for a layer of a town, to be compared with what is there and accepted or not.

    `work_done` of `work_total` was reached at `heartbeat_at`; `told` says in both languages why it failed or was
    refused; `doctor` is what the examination found; `counts` how many changes of each kind were found, of rows that
    are the same and of those that the file says nothing of.
    """

    __tablename__ = "edition"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    layer: Mapped[str]
    municipality: Mapped[str] = mapped_column(index=True)
    file_name: Mapped[str]
    file_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    file_bytes: Mapped[int] = mapped_column(BigInteger)
    tax_year: Mapped[int | None]
    is_whole: Mapped[bool]
    options: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str]
    work_done: Mapped[int] = mapped_column(BigInteger)
    work_total: Mapped[int | None] = mapped_column(BigInteger)
    heartbeat_at: Mapped[dt.datetime]
    cancel_asked: Mapped[bool]
    told: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    doctor: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str]
    compared_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    ended_by: Mapped[str | None]
    file_gone_at: Mapped[dt.datetime | None]


class EditionChange(Base):
    """One change that an edition would make, by its number.

    `old_ids` with `old_versions` are the rows it is about as they were when compared, `rows` the rows of the file
    (from 1) and beside each in `continues` the id that it continues (0 makes a new one). `areas_*` are square metres
    beside each row, `wah_*` what the papers say in square wah. `sure` and `doubts` are those of
    `geo/shapes/editions_kinds.py`. `change_id` is the change that carried it, `undone_change_id` the one that took it
    back.
    """

    __tablename__ = "edition_change"
    __table_args__ = (
        Index("edition_change_state_index", "edition_id", "state", "kind"),
        Index("edition_change_geom_index", "geom", postgresql_using="gist"),
    )

    edition_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("edition.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    municipality: Mapped[str]
    kind: Mapped[str]
    event: Mapped[str | None]
    old_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    old_versions: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    rows: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    continues: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    codes_before: Mapped[list[str | None]] = mapped_column(ARRAY(Text))
    codes_after: Mapped[list[str | None]] = mapped_column(ARRAY(Text))
    columns: Mapped[list[str]] = mapped_column(ARRAY(Text))
    areas_before: Mapped[list[float | None]] = mapped_column(ARRAY(Double))
    areas_after: Mapped[list[float | None]] = mapped_column(ARRAY(Double))
    wah_before: Mapped[list[float | None]] = mapped_column(ARRAY(Double))
    wah_after: Mapped[list[float | None]] = mapped_column(ARRAY(Double))
    geom_before: Mapped[WKBElement | None] = mapped_column(Geometry(geometry_type=None, srid=-1, spatial_index=False))
    geom_after: Mapped[WKBElement | None] = mapped_column(Geometry(geometry_type=None, srid=-1, spatial_index=False))
    # The box around both, for a map's window.
    geom: Mapped[WKBElement | None] = mapped_column(Geometry(geometry_type=None, srid=-1, spatial_index=False))
    sure: Mapped[str]
    doubts: Mapped[list[str]] = mapped_column(ARRAY(Text))
    state: Mapped[str]
    change_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    undone_change_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    decided_at: Mapped[dt.datetime | None]
    decided_by: Mapped[str | None]


class LinkQuestion(Base):
    """A row whose link a change left undecided: a person says which it is. No value of the row is repeated here.

    `was_id` is what it was linked to, `candidates` what it may be, best first, with the part of its shape in each.
    """

    __tablename__ = "link_question"
    __table_args__ = (Index("link_question_row_index", "layer", "row_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    municipality: Mapped[str] = mapped_column(index=True)
    layer: Mapped[str]
    row_id: Mapped[int] = mapped_column(BigInteger)
    link: Mapped[str]
    target: Mapped[str]
    was_id: Mapped[int] = mapped_column(BigInteger)
    was_code: Mapped[str | None]
    why: Mapped[str]
    candidates: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    shares: Mapped[list[float]] = mapped_column(ARRAY(Double))
    change_id: Mapped[int] = mapped_column(BigInteger, index=True)
    asked_at: Mapped[dt.datetime]
    asked_by: Mapped[str]
    state: Mapped[str]
    answer_id: Mapped[int | None] = mapped_column(BigInteger)
    answered_at: Mapped[dt.datetime | None]
    answered_by: Mapped[str | None]


class ColumnChoice(Base):
    """What a municipality's officer said of a header of its files: the field that it feeds, or none."""

    __tablename__ = "column_choice"

    municipality: Mapped[str] = mapped_column(primary_key=True)
    layer: Mapped[str] = mapped_column(primary_key=True)
    header: Mapped[str] = mapped_column(primary_key=True)
    field: Mapped[str | None]
    is_used: Mapped[bool] = mapped_column(Boolean)
    chosen_at: Mapped[dt.datetime]
    chosen_by: Mapped[str]
