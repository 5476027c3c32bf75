"""Who follows a place or a mark, where mail reaches them, and what waits to be mailed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from geo.store.following_tables import ON_EACH_STEP, TELL_FOLLOWERS

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "follow",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("follow_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("follow_pkey")),
    )
    holds = sa.text("ended_at IS NULL")
    op.create_index("follow_once", "follow", ["person_id", "kind", "area"], unique=True, postgresql_where=holds)
    op.create_index("follow_area_index", "follow", ["kind", "area"], postgresql_where=holds)
    op.create_table(
        "person_address",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("confirmed_at", _TIME, nullable=True),
        sa.Column("told_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("person_address_person_id_fkey")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("person_address_pkey")),
    )
    op.create_table(
        "mail",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("life_step_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("next_try_at", _TIME, nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("sent_at", _TIME, nullable=True),
        sa.Column("given_up_at", _TIME, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["life_step_id"], ["life_step.id"], name=op.f("mail_life_step_id_fkey")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("mail_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("mail_pkey")),
    )
    waiting = sa.text("sent_at IS NULL AND given_up_at IS NULL")
    op.create_index("mail_waiting_index", "mail", ["next_try_at"], postgresql_where=waiting)
    op.create_index("mail_person_index", "mail", ["person_id"])
    # A collector's queue is what they marked themselves.
    op.create_index("life_step_maker_index", "life_step", ["made_by"])
    op.execute(TELL_FOLLOWERS)
    op.execute(ON_EACH_STEP)


def downgrade() -> None:
    op.execute("DROP TRIGGER atlas_tell_followers ON life_step")
    op.execute("DROP FUNCTION atlas_tell_followers()")
    op.drop_index("life_step_maker_index", table_name="life_step")
    for table in ("mail", "person_address", "follow"):
        op.drop_table(table)
