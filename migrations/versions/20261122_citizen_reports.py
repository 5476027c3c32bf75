"""What citizens report: the digest of a receipt beside its mark, and how often something was tried."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "citizen_report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("receipt_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("citizen_report_pkey")),
        sa.UniqueConstraint("receipt_sha256", name=op.f("citizen_report_receipt_sha256_key")),
    )
    op.create_index("citizen_report_mark_index", "citizen_report", ["layer", "row_id"])
    op.create_table(
        "citizen_try",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("whence", sa.Text(), nullable=False),
        sa.Column("began_at", _TIME, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "whence", "began_at", name=op.f("citizen_try_pkey")),
    )
    op.create_index(op.f("citizen_try_began_at_index"), "citizen_try", ["began_at"])


def downgrade() -> None:
    op.drop_table("citizen_try")
    op.drop_table("citizen_report")
