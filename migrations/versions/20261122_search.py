"""Words are found in the middle of names and codes, in a layer of a million rows too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from geo.store.search_functions import (
    FIRST_SOUGHT,
    SEARCH_KEY,
    SEARCH_KEY_DROP,
    TRIGRAMS,
    function_drops,
    functions,
    index_drops,
    indexes,
)

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in (SEARCH_KEY, TRIGRAMS, *indexes(FIRST_SOUGHT), *functions(FIRST_SOUGHT)):
        op.execute(sa.text(statement.replace(":", "\\:")))


def downgrade() -> None:
    for statement in (*function_drops(FIRST_SOUGHT), *index_drops(FIRST_SOUGHT), SEARCH_KEY_DROP):
        op.execute(sa.text(statement))
