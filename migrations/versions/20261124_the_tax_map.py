"""The tax map's signs, zones, blocks and sheets; what the tax is worked out from; the parcel that a household lives on."""

from __future__ import annotations

from typing import Any

import geoalchemy2
import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_ADDED: dict[str, tuple[tuple[str, Any], ...]] = {
    "parcel": (
        ("farm_wah", sa.Numeric()), ("home_wah", sa.Numeric()), ("other_wah", sa.Numeric()),
        ("vacant_wah", sa.Numeric()), ("vacant_since", sa.Integer()), ("owner_kind", sa.Text()),
        ("main_home", sa.Text()), ("baht_per_wah", sa.Numeric()),
    ),
    "building": (("floor_area_square_metres", sa.Numeric()), ("baht_per_square_metre", sa.Numeric())),
    "household": (("parcel_id", sa.BigInteger()), ("parcel_link", sa.Text())),
}  # fmt: skip
_MADE: dict[str, tuple[tuple[str, Any], ...]] = {
    "sign_board": (
        ("sign_code", sa.Text()), ("kind", sa.Text()), ("moving", sa.Boolean()), ("width_cm", sa.Integer()),
        ("height_cm", sa.Integer()), ("faces", sa.Integer()), ("surveyed_on", sa.Date()), ("words", sa.Text()),
        ("owner_name", sa.Text()), ("parcel_id", sa.BigInteger()), ("community_id", sa.BigInteger()),
        ("parcel_link", sa.Text()), ("community_link", sa.Text()),
    ),
    "tax_zone": (("zone", sa.Text()), ("name_th", sa.Text()), ("area_square_metres", sa.Double())),
    "tax_block": (
        ("block_code", sa.Text()), ("zone", sa.Text()), ("block", sa.Text()), ("area_square_metres", sa.Double()),
    ),
    "tax_sheet": (("sheet_no", sa.Text()), ("scale", sa.Text()), ("numbering", sa.Text())),
}  # fmt: skip
_INDEXED = {"sign_board": "sign_code", "tax_zone": "zone", "tax_block": "block_code", "tax_sheet": "sheet_no"}
_KINDS = {"sign_board": "'POINT'"}
_AREAS = "'POLYGON', 'MULTIPOLYGON'"
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    for layer, columns in _ADDED.items():
        for table in (layer, f"{layer}_history"):
            for name, kind in columns:
                op.add_column(table, sa.Column(name, kind, nullable=True))
    op.create_foreign_key(op.f("household_parcel_id_fkey"), "household", "parcel", ["parcel_id"], ["id"],
                          ondelete="SET NULL")  # fmt: skip
    op.create_index(op.f("household_parcel_id_index"), "household", ["parcel_id"])
    for layer, columns in _MADE.items():
        _make(layer, columns)


def _make(layer: str, columns: tuple[tuple[str, Any], ...]) -> None:
    links = [name for name, _ in columns if name.endswith("_id")]
    op.create_table(
        layer,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=True),
        *(sa.Column(name, kind, nullable=True) for name, kind in columns),
        sa.Column("geom", _shape(), nullable=False),
        sa.Column("changed_at", _TIME, server_default=sa.text("now()"), nullable=False),
        sa.Column("source_digest", sa.Uuid(), nullable=True),
        sa.Column("change_id", sa.BigInteger(), nullable=False),
        sa.Column("geom_mercator", _shape(), sa.Computed("ST_Transform(ST_Force2D(geom), 3857)", persisted=True)),
        sa.CheckConstraint(f"GeometryType(geom) IN ({_KINDS.get(layer, _AREAS)})", name=op.f(f"{layer}_geom_kind_check")),
        sa.CheckConstraint("ST_SRID(geom) = 4326", name=op.f(f"{layer}_geom_srid_check")),
        *(
            sa.ForeignKeyConstraint([name], [f"{name.removesuffix('_id')}.id"], name=op.f(f"{layer}_{name}_fkey"),
                                    ondelete="SET NULL")
            for name in links
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"{layer}_pkey")),
    )  # fmt: skip
    for name in ("municipality", _INDEXED[layer], *links):
        op.create_index(op.f(f"{layer}_{name}_index"), layer, [name])
    op.create_index(f"{layer}_geom_index", layer, ["geom"], postgresql_using="gist")
    op.create_table(
        f"{layer}_history",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("municipality", sa.Text(), nullable=True),
        *(sa.Column(name, kind, nullable=True) for name, kind in columns),
        sa.Column("geom", _shape(), nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.Column("source_digest", sa.Uuid(), nullable=True),
        sa.Column("change_id", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", _TIME, nullable=False),
        sa.Column("closed_change_id", sa.BigInteger(), nullable=False),
        sa.Column("closed_as", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f(f"{layer}_history_pkey")),
    )


def _shape() -> geoalchemy2.Geometry:
    return geoalchemy2.Geometry(geometry_type=None, srid=-1, spatial_index=False)


def downgrade() -> None:
    for layer in reversed(_MADE):
        op.drop_table(f"{layer}_history")
        op.drop_table(layer)
    # Who sees what of these columns is said by the locks; those of before are put on by the release of before.
    for layer, columns in _ADDED.items():
        for table in (f"{layer}_history", layer):
            for name, _ in columns:
                op.drop_column(table, name)
