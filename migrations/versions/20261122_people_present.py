"""People really there stand beside those who are registered, each with its day and source."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

COLUMNS = (
    ("registered_source", sa.Text()),
    ("present_people", sa.Integer()),
    ("present_on", sa.Date()),
    ("present_source", sa.Text()),
)


def upgrade() -> None:
    # Closed versions have the columns of the present ones (geo/layer.py, `history_of`).
    for table in ("community", "community_history"):
        for name, kind in COLUMNS:
            op.add_column(table, sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for table in ("community_history", "community"):
        for name, _ in reversed(COLUMNS):
            op.drop_column(table, name)
