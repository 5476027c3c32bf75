"""Layers that towns make without code: what each of them is, and what was done to it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from geo.store.functions import TOWN_LAYERS_CHANGED
from geo.store.history import quoted

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "town_layer",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=True),
        sa.Column("definition", JSONB(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("closed_at", _TIME, nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("town_layer_pkey")),
    )
    op.create_index(op.f("town_layer_municipality_index"), "town_layer", ["municipality"])
    op.create_table(
        "town_layer_act",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("did", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("definition", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("town_layer_act_pkey")),
    )
    op.create_index(op.f("town_layer_act_layer_index"), "town_layer_act", ["layer"])
    op.execute(sa.text(TOWN_LAYERS_CHANGED.replace(":", "\\:")))
    op.execute(
        sa.text("CREATE TRIGGER atlas_changed AFTER INSERT OR UPDATE OR DELETE ON town_layer "
                "FOR EACH STATEMENT EXECUTE FUNCTION atlas_town_layers_changed()")
    )  # fmt: skip


def downgrade() -> None:
    made = op.get_bind().scalars(sa.text("SELECT id FROM town_layer")).all()
    for name in made:
        for table in (f"{name}_history", name):
            op.execute(sa.text(f"DROP TABLE {quoted(table)}"))
    op.drop_table("town_layer_act")
    op.drop_table("town_layer")
    op.execute(sa.text("DROP FUNCTION atlas_town_layers_changed()"))
