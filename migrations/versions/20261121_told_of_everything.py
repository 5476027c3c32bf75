"""Workers are told of rows without a shape too, and of a table that is emptied."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from geo.store.functions import EMPTIED_DROP, TOLD_OF_EVERYTHING

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for function in TOLD_OF_EVERYTHING:
        op.execute(sa.text(function.replace(":", "\\:")))


def downgrade() -> None:
    op.execute(sa.text(EMPTIED_DROP))
