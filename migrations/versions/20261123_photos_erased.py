"""Photographs that are erased for good, and those that wait to be looked at, found quickly."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("photo", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("photo", sa.Column("file_gone_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "photo_going_index", "photo", ["id"],
        postgresql_where=sa.text("erased_at IS NOT NULL AND file_gone_at IS NULL"),
    )  # fmt: skip
    op.create_index(
        "photo_waiting_index", "photo", ["layer", "municipality"],
        postgresql_where=sa.text("ended_at IS NULL AND cleared_at IS NULL AND refused_at IS NULL"),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("photo_waiting_index", "photo")
    op.drop_index("photo_going_index", "photo")
    op.drop_column("photo", "file_gone_at")
    op.drop_column("photo", "erased_at")
