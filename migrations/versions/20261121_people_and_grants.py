"""People, their grants, and what they sign in with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("oidc_subject", sa.Text(), nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=True),
        sa.Column("is_demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("person_pkey")),
        sa.UniqueConstraint("login", name=op.f("person_login_key")),
        sa.UniqueConstraint("oidc_subject", name=op.f("person_oidc_subject_key")),
    )
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("whence", sa.Text(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("sign_in_failure_pkey")),
    )
    op.create_index(op.f("sign_in_failure_failed_at_index"), "sign_in_failure", ["failed_at"], unique=False)
    op.create_index("sign_in_failure_whence_index", "sign_in_failure", ["whence", "login", "failed_at"], unique=False)
    op.create_table(
        "totp_rule",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("municipality", "audience", name=op.f("totp_rule_pkey")),
    )
    op.create_table(
        "bearer_token",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("family", sa.Uuid(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("may_write", sa.Boolean(), nullable=False),
        sa.Column("with_totp", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("bearer_token_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("bearer_token_pkey")),
        sa.UniqueConstraint("token_sha256", name=op.f("bearer_token_token_sha256_key")),
    )
    op.create_index(op.f("bearer_token_family_index"), "bearer_token", ["family"], unique=False)
    op.create_index(op.f("bearer_token_person_id_index"), "bearer_token", ["person_id"], unique=False)
    op.create_table(
        "invitation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("invitation_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("invitation_pkey")),
        sa.UniqueConstraint("code_sha256", name=op.f("invitation_code_sha256_key")),
    )
    op.create_index(op.f("invitation_person_id_index"), "invitation", ["person_id"], unique=False)
    op.create_table(
        "person_grant",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("person_grant_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("person_grant_pkey")),
    )
    op.create_index("person_grant_area_index", "person_grant", ["kind", "area"], unique=False)
    op.create_index(
        "person_grant_once",
        "person_grant",
        ["person_id", "audience", "kind", "area"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "security_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("security_event_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("security_event_pkey")),
    )
    op.create_index(op.f("security_event_happened_at_index"), "security_event", ["happened_at"], unique=False)
    op.create_index(op.f("security_event_person_id_index"), "security_event", ["person_id"], unique=False)
    op.create_table(
        "web_session",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("switched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("with_totp", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("web_session_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("web_session_pkey")),
        sa.UniqueConstraint("token_sha256", name=op.f("web_session_token_sha256_key")),
    )
    op.create_index(op.f("web_session_ends_at_index"), "web_session", ["ends_at"], unique=False)
    op.create_index(op.f("web_session_person_id_index"), "web_session", ["person_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("web_session_person_id_index"), table_name="web_session")
    op.drop_index(op.f("web_session_ends_at_index"), table_name="web_session")
    op.drop_table("web_session")
    op.drop_index(op.f("security_event_person_id_index"), table_name="security_event")
    op.drop_index(op.f("security_event_happened_at_index"), table_name="security_event")
    op.drop_table("security_event")
    op.drop_index("person_grant_once", table_name="person_grant", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_index("person_grant_area_index", table_name="person_grant")
    op.drop_table("person_grant")
    op.drop_index(op.f("invitation_person_id_index"), table_name="invitation")
    op.drop_table("invitation")
    op.drop_index(op.f("bearer_token_person_id_index"), table_name="bearer_token")
    op.drop_index(op.f("bearer_token_family_index"), table_name="bearer_token")
    op.drop_table("bearer_token")
    op.drop_table("totp_rule")
    op.drop_index("sign_in_failure_whence_index", table_name="sign_in_failure")
    op.drop_index(op.f("sign_in_failure_failed_at_index"), table_name="sign_in_failure")
    op.drop_table("sign_in_failure")
    op.drop_table("person")
