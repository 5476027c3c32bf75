"""Who withdrew an edition and why, how many squares were too small, and which part of a square is whose."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from geo.store.functions import SHARE_OF, SHARE_OF_DROP

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("release", sa.Column("too_small", sa.Integer(), nullable=True))
    op.add_column("release", sa.Column("withdrawn_by", sa.Text(), nullable=True))
    op.add_column("release", sa.Column("withdrawn_reason", sa.Text(), nullable=True))
    op.execute(sa.text(SHARE_OF.replace(":", "\\:")))


def downgrade() -> None:
    op.execute(sa.text(SHARE_OF_DROP))
    op.drop_column("release", "withdrawn_reason")
    op.drop_column("release", "withdrawn_by")
    op.drop_column("release", "too_small")
