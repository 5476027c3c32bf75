"""What filters need of SQL: case folding, accents left out, arithmetic that never fails."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from geo.store.filter_functions import FILTER_DROPS, filter_functions

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for function in filter_functions():
        op.execute(sa.text(function.replace(":", "\\:")))


def downgrade() -> None:
    for drop in FILTER_DROPS:
        op.execute(sa.text(drop))
