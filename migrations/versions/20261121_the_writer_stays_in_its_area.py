"""Features are changed over HTTP by a role that is kept within the person's area: the functions its policies ask."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from geo.store.locks import drop_locks
from geo.store.policies import WRITING_FUNCTION_DROPS, WRITING_FUNCTIONS
from layers import LAYERS

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for function in WRITING_FUNCTIONS:
        op.execute(sa.text(function.replace(":", "\\:")))


def downgrade() -> None:
    # The policies ask these functions; the steps before know how to live without any.
    drop_locks(op.get_bind(), LAYERS)
    for drop in WRITING_FUNCTION_DROPS:
        op.execute(sa.text(drop))
