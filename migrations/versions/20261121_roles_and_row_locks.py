"""Each audience signs in as a role of its own; where somebody may look is signed for each transaction."""

from __future__ import annotations

import geoalchemy2
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from geo.store.area import AREA_FUNCTION_DROPS, AREA_FUNCTIONS
from geo.store.audit import NOTE_READ, NOTE_READ_DROP
from geo.store.functions import FOLLOWED, PEOPLE_CHANGED, PEOPLE_TABLES
from geo.store.locks import drop_locks
from layers import LAYERS

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "area_key",
        sa.Column("one", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("inside", sa.LargeBinary(), nullable=False),
        sa.Column("outside", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("one", name=op.f("area_key_one_check")),
        sa.PrimaryKeyConstraint("one", name=op.f("area_key_pkey")),
    )
    op.create_table(
        "release",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("at_least", sa.Integer(), nullable=False),
        sa.Column("metres", sa.Integer(), nullable=False),
        sa.Column("rows_as_of", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("release_pkey")),
    )
    op.create_index(op.f("release_layer_index"), "release", ["layer"])
    shape = geoalchemy2.Geometry(geometry_type=None, srid=-1, spatial_index=False)
    op.create_table(
        "release_cell",
        sa.Column("release_id", sa.BigInteger(), nullable=False),
        sa.Column("cell_id", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.Column("basis", sa.Integer(), nullable=False),
        sa.Column("geom", shape, nullable=False),
        sa.Column("geom_mercator", shape, nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("release_cell_release_id_fkey")),
        sa.PrimaryKeyConstraint("release_id", "cell_id", name=op.f("release_cell_pkey")),
    )
    op.create_index("release_cell_geom_index", "release_cell", ["geom"], postgresql_using="gist")
    op.create_table(
        "read_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("records", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("read_log_pkey")),
    )
    op.create_table(
        "read_log_head",
        sa.Column("one", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("readings", sa.BigInteger(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("one", name=op.f("read_log_head_one_check")),
        sa.PrimaryKeyConstraint("one", name=op.f("read_log_head_pkey")),
    )
    op.execute(sa.text("INSERT INTO read_log_head (readings, chain) VALUES (0, '')"))
    op.execute(sa.text(PEOPLE_CHANGED.replace(":", "\\:")))
    for table in PEOPLE_TABLES:
        op.execute(
            sa.text(f"CREATE TRIGGER atlas_people AFTER INSERT OR UPDATE OR DELETE ON {table} "
                    "FOR EACH STATEMENT EXECUTE FUNCTION atlas_people_changed()")
        )  # fmt: skip
    # Made by the server and never on the wire: 32 random bytes, padded to a block, with the two masks of RFC 2104.
    op.execute(
        sa.text("""
        WITH key AS (
          SELECT sha256(convert_to(string_agg(gen_random_uuid()::text, ''), 'UTF8'))
            || decode(repeat('00', 32), 'hex') AS padded FROM generate_series(1, 4)
        ), bytes AS (SELECT n, get_byte(padded, n) AS byte FROM key, generate_series(0, 63) AS n)
        INSERT INTO area_key (inside, outside)
        SELECT decode(string_agg(lpad(to_hex(byte # 54), 2, '0'), '' ORDER BY n), 'hex'),
          decode(string_agg(lpad(to_hex(byte # 92), 2, '0'), '' ORDER BY n), 'hex') FROM bytes
        """)
    )
    for function in (*FOLLOWED, *AREA_FUNCTIONS, NOTE_READ):
        op.execute(sa.text(function.replace(":", "\\:")))


def downgrade() -> None:
    drop_locks(op.get_bind(), LAYERS)
    for table in PEOPLE_TABLES:
        op.execute(sa.text(f"DROP TRIGGER atlas_people ON {table}"))
    op.execute(sa.text("DROP FUNCTION atlas_people_changed()"))
    for drop in (*AREA_FUNCTION_DROPS, NOTE_READ_DROP):
        op.execute(sa.text(drop))
    for table in ("read_log_head", "read_log", "release_cell", "release", "area_key"):
        op.drop_table(table)
