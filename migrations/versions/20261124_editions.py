"""A newer file is compared before it is accepted: editions, their changes, links left undecided, chosen columns."""

from __future__ import annotations

from typing import Any

import geoalchemy2
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "edition",
        _identity(),
        *_texts("layer", "municipality", "file_name"),
        sa.Column("file_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("tax_year", sa.Integer(), nullable=True),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("options", JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("work_done", sa.BigInteger(), nullable=False),
        sa.Column("work_total", sa.BigInteger(), nullable=True),
        sa.Column("heartbeat_at", _TIME, nullable=False),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        sa.Column("told", JSONB(), nullable=True),
        sa.Column("doctor", JSONB(), nullable=True),
        sa.Column("counts", JSONB(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("compared_at", _TIME, nullable=True),
        *_ended("ended"),
        sa.Column("file_gone_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("edition_pkey")),
    )
    op.create_index(op.f("edition_municipality_index"), "edition", ["municipality"])
    _make_changes()
    _make_questions()
    op.create_table(
        "column_choice",
        *_texts("municipality", "layer", "header"),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("is_used", sa.Boolean(), nullable=False),
        sa.Column("chosen_at", _TIME, nullable=False),
        sa.Column("chosen_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("municipality", "layer", "header", name=op.f("column_choice_pkey")),
    )


def _make_changes() -> None:
    op.create_table(
        "edition_change",
        sa.Column("edition_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        *_texts("municipality", "kind"),
        sa.Column("event", sa.Text(), nullable=True),
        _several("old_ids", sa.BigInteger()),
        _several("old_versions", sa.Integer()),
        _several("rows", sa.Integer()),
        _several("continues", sa.BigInteger()),
        *(_several(name, sa.Text()) for name in ("codes_before", "codes_after", "columns")),
        *(_several(name, sa.Double()) for name in ("areas_before", "areas_after", "wah_before", "wah_after")),
        *(sa.Column(name, _shape(), nullable=True) for name in ("geom_before", "geom_after", "geom")),
        *_texts("sure"),
        _several("doubts", sa.Text()),
        *_texts("state"),
        sa.Column("change_id", sa.BigInteger(), nullable=True),
        sa.Column("undone_change_id", sa.BigInteger(), nullable=True),
        *_ended("decided"),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("edition_change_edition_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition_id", "number", name=op.f("edition_change_pkey")),
    )
    op.create_index("edition_change_state_index", "edition_change", ["edition_id", "state", "kind"])
    op.create_index("edition_change_geom_index", "edition_change", ["geom"], postgresql_using="gist")
    for name in ("change_id", "undone_change_id"):
        op.create_index(op.f(f"edition_change_{name}_index"), "edition_change", [name])


def _make_questions() -> None:
    op.create_table(
        "link_question",
        _identity(),
        *_texts("municipality", "layer"),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        *_texts("link", "target"),
        sa.Column("was_id", sa.BigInteger(), nullable=False),
        sa.Column("was_code", sa.Text(), nullable=True),
        *_texts("why"),
        _several("candidates", sa.BigInteger()),
        _several("shares", sa.Double()),
        sa.Column("change_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        *_texts("asked_by", "state"),
        sa.Column("answer_id", sa.BigInteger(), nullable=True),
        *_ended("answered"),
        sa.PrimaryKeyConstraint("id", name=op.f("link_question_pkey")),
    )
    op.create_index(op.f("link_question_municipality_index"), "link_question", ["municipality"])
    op.create_index(op.f("link_question_change_id_index"), "link_question", ["change_id"])
    op.create_index("link_question_row_index", "link_question", ["layer", "row_id"])


def _identity() -> sa.Column[Any]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _several(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, ARRAY(kind), nullable=False)


def _ended(what: str) -> list[sa.Column[Any]]:
    return [sa.Column(f"{what}_at", _TIME, nullable=True), sa.Column(f"{what}_by", sa.Text(), nullable=True)]


def _shape() -> geoalchemy2.Geometry:
    return geoalchemy2.Geometry(geometry_type=None, srid=-1, spatial_index=False)


def downgrade() -> None:
    for table in ("column_choice", "link_question", "edition_change", "edition"):
        op.drop_table(table)
