"""The lane (soi) that a building stands in, found by its name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from geo.store.search_functions import function_drops, functions, index_drops, indexes

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

SOUGHT = (("building", "soi"),)


def upgrade() -> None:
    # Closed versions have the columns of the present ones (geo/layer.py, `history_of`).
    for table in ("building", "building_history"):
        op.add_column(table, sa.Column("soi", sa.Text(), nullable=True))
    for statement in (*indexes(SOUGHT), *functions(SOUGHT)):
        op.execute(sa.text(statement.replace(":", "\\:")))


def downgrade() -> None:
    for statement in (*function_drops(SOUGHT), *index_drops(SOUGHT)):
        op.execute(sa.text(statement))
    for table in ("building_history", "building"):
        op.drop_column(table, "soi")
