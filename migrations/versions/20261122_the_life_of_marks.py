"""Marks have a life: its steps, what a town does about it, who has one open, who is to see to it, what was said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_RISKS = ("risk_point", "risk_zone")
# Of the states of before, what each is in the life that `geo/life.py` tells.
_BECAME = {"in_plan": "in_action", "in_progress": "in_action", "resolved": "closed", "recurrent": "verified"}
_WAS = {"in_action": "in_progress", "closed": "resolved", "inspected": "reported", "reinspected": "in_progress",
        "draft": "reported", "expired": "verified", "rejected": "reported", "duplicate": "reported"}  # fmt: skip


def _columns(layer: str) -> list[sa.Column[object]]:
    found: list[sa.Column[object]] = [
        sa.Column("inspected_on", sa.Date(), nullable=True),
        sa.Column("reinspect_on", sa.Date(), nullable=True),
        sa.Column("belongs_to", sa.Text(), nullable=True),
        sa.Column("division", sa.Text(), nullable=True),
        sa.Column("budget_baht", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
    ]
    if layer == "asset":
        return [
            sa.Column("status", sa.Text(), nullable=True),
            sa.Column("plan_activity", sa.Text(), nullable=True),
            *found,
        ]
    return [sa.Column("threatens", sa.Text(), nullable=True), *found]


def upgrade() -> None:
    for layer in ("asset", *_RISKS):
        for table in (layer, f"{layer}_history"):
            for column in _columns(layer):
                op.add_column(table, column)
    op.create_index(op.f("asset_status_index"), "asset", ["status"])
    _rename(_BECAME)
    op.create_table(
        "life_step",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("was", sa.Text(), nullable=True),
        sa.Column("became", sa.Text(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", postgresql.JSONB(), nullable=True),
        sa.Column("municipality", sa.Text(), nullable=True),
        sa.Column("community_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("life_step_pkey")),
    )
    op.create_index("life_step_mark_index", "life_step", ["layer", "row_id"])
    op.create_index("life_step_place_index", "life_step", ["municipality", "made_at"])
    op.create_table(
        "mark_lock",
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.Column("held_by", sa.Text(), nullable=False),
        sa.Column("taken_at", _TIME, nullable=False),
        sa.Column("ends_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("layer", "row_id", name=op.f("mark_lock_pkey")),
    )
    op.create_table(
        "mark_duty",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("mark_duty_pkey")),
    )
    op.create_index("mark_duty_mark_index", "mark_duty", ["layer", "row_id"])
    op.create_index("mark_duty_person_index", "mark_duty", ["person"])
    op.create_table(
        "mark_comment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("mark_comment_pkey")),
    )
    op.create_index("mark_comment_mark_index", "mark_comment", ["layer", "row_id"])


def downgrade() -> None:
    for table in ("mark_comment", "mark_duty", "mark_lock", "life_step"):
        op.drop_table(table)
    _rename(_WAS)
    op.drop_index(op.f("asset_status_index"), table_name="asset")
    # Who may see an asset depends on its state; the locks of before are put on by the release of before.
    for role in ("atlas_public", "atlas_member"):
        op.execute(sa.text(f"DROP POLICY IF EXISTS {role} ON asset"))
    for layer in ("asset", *_RISKS):
        for table in (layer, f"{layer}_history"):
            for column in _columns(layer):
                op.drop_column(table, column.name)


def _rename(names: dict[str, str]) -> None:
    """The words of the state alone: nothing that happened to a row, and so no version."""
    for layer in _RISKS:
        for table in (layer, f"{layer}_history"):
            for was, became in names.items():
                op.execute(sa.text(f"UPDATE {table} SET status = '{became}' WHERE status = '{was}'"))
