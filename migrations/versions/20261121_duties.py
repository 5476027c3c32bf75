"""What the law asks of a town: registers, consent texts, why each file came in, and whose values were taken out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from geo.store.erasing_functions import ERASING_DROPS, ERASING_FUNCTIONS, KEPT_TABLES

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_OF_A_BATCH = ("purpose", "lawful_basis", "sensitive_basis")


def upgrade() -> None:
    op.create_table(
        "controller",
        sa.Column("municipality", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("name", "address", "officer", "reached_by")),
        *_made(),
        sa.PrimaryKeyConstraint("municipality", name=op.f("controller_pkey")),
    )
    op.create_table(
        "consent_text",
        _identity(),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        *_made(),
        sa.PrimaryKeyConstraint("id", name=op.f("consent_text_pkey")),
        sa.UniqueConstraint("municipality", "code", "version", name=op.f("consent_text_municipality_code_version_key")),
    )
    op.create_table(
        "subject_request",
        _identity(),
        *(sa.Column(name, sa.Text(), nullable=False)
          for name in ("municipality", "kind", "subject", "reached_by", "asked")),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        *_made(),
        *_closed(),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("subject_request_pkey")),
    )  # fmt: skip
    op.create_index(op.f("subject_request_municipality_index"), "subject_request", ["municipality"])
    op.create_table(
        "incident",
        _identity(),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("known_at", _TIME, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("is_high_risk", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        *_made(),
        sa.Column("office_told_at", _TIME, nullable=True),
        sa.Column("people_told_at", _TIME, nullable=True),
        *_closed(),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("incident_pkey")),
    )
    op.create_index(op.f("incident_municipality_index"), "incident", ["municipality"])
    op.create_table(
        "register_note",
        _identity(),
        sa.Column("register", sa.Text(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        *_made(),
        sa.Column("what", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("register_note_pkey")),
    )
    op.create_index("register_note_entry_index", "register_note", ["register", "entry"])
    op.create_table(
        "erased_row",
        _identity(),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=True),
        sa.Column("mark", sa.LargeBinary(), nullable=True),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        *_made(),
        sa.ForeignKeyConstraint(["request_id"], ["subject_request.id"], name=op.f("erased_row_request_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("erased_row_pkey")),
    )
    op.create_index("erased_row_mark_index", "erased_row", ["layer", "mark"])
    op.create_index(op.f("erased_row_request_id_index"), "erased_row", ["request_id"])
    op.create_table(
        "housekeeping",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ran_at", _TIME, nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("housekeeping_pkey")),
    )
    for name in _OF_A_BATCH:
        op.add_column("import_batch", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("import_batch", sa.Column("consent_text_id", sa.BigInteger(), nullable=True))
    op.add_column("import_batch", sa.Column("retain_until", sa.Date(), nullable=True))
    op.create_foreign_key(
        op.f("import_batch_consent_text_id_fkey"), "import_batch", "consent_text", ["consent_text_id"], ["id"]
    )
    op.create_index(op.f("import_batch_consent_text_id_index"), "import_batch", ["consent_text_id"])
    for function in ERASING_FUNCTIONS:
        op.execute(sa.text(function.replace(":", "\\:")))
    for table in KEPT_TABLES:
        op.execute(
            sa.text(f"CREATE TRIGGER atlas_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                    "FOR EACH STATEMENT EXECUTE FUNCTION atlas_kept()")
        )  # fmt: skip


def downgrade() -> None:
    for table in KEPT_TABLES:
        op.execute(sa.text(f"DROP TRIGGER atlas_kept ON {table}"))
    for drop in ERASING_DROPS:
        op.execute(sa.text(drop))
    for name in ("retain_until", "consent_text_id", *_OF_A_BATCH):
        op.drop_column("import_batch", name)
    for table in (
        "housekeeping", "erased_row", "register_note", "incident", "subject_request", "consent_text", "controller",
    ):  # fmt: skip
        op.drop_table(table)


def _identity() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _made() -> tuple[sa.Column[object], ...]:
    return (sa.Column("made_at", _TIME, nullable=False), sa.Column("made_by", sa.Text(), nullable=False))


def _closed() -> tuple[sa.Column[object], ...]:
    return (sa.Column("closed_at", _TIME, nullable=True), sa.Column("closed_by", sa.Text(), nullable=True))
