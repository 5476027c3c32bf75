"""The first ten layers, their history, and the tables beside them."""

from __future__ import annotations

import geoalchemy2
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from geo.store.functions import DROPS, FUNCTIONS

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for function in FUNCTIONS:
        op.execute(sa.text(function))
    op.create_table(
        "access_token",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("access_token_pkey")),
        sa.UniqueConstraint("token_sha256", name=op.f("access_token_token_sha256_key")),
    )
    op.create_table(
        "asset_history",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("municipality", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("asset_code", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("name_th", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("name_en", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("kind", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("capacity", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("operator", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("open_in_flood", sa.Boolean(), autoincrement=False, nullable=True),
        sa.Column("description", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("surveyed_on", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("source_note", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("contact", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type=None,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("community_link", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("source_digest", sa.Uuid(), autoincrement=False, nullable=True),
        sa.Column("change_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_change_id", sa.BigInteger(), nullable=False),
        sa.Column("closed_as", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("asset_history_pkey")),
    )
    op.create_table(
        "building_history",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("municipality", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("building_code", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("use", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("building_type", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("structure", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("storeys", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("area_square_metres", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("year_built", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("house_no", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("house_code", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("appraised_baht", sa.Numeric(), autoincrement=False, nullable=True),
        sa.Column("parcel_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type=None,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("parcel_link", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("community_link", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("source_digest", sa.Uuid(), autoincrement=False, nullable=True),
        sa.Column("change_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_change_id", sa.BigInteger(), nullable=False),
        sa.Column("closed_as", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("building_history_pkey")),
    )
    op.create_table(
        "community",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=True),
        sa.Column("community_code", sa.Text(), nullable=True),
        sa.Column("name_th", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("aliases", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("zone", sa.Text(), nullable=True),
        sa.Column("announced_on", sa.Date(), nullable=True),
        sa.Column("land_owner_agency", sa.Text(), nullable=True),
        sa.Column("registered_households", sa.Integer(), nullable=True),
        sa.Column("registered_people", sa.Integer(), nullable=True),
        sa.Column("counted_on", sa.Date(), nullable=True),
        sa.Column("problems", sa.Text(), nullable=True),
        sa.Column("boundary_note", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type=None, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"
            ),
            nullable=True,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("source_digest", sa.Uuid(), nullable=True),
        sa.Column("change_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "geom_mercator",
            geoalchemy2.types.Geometry(
                geometry_type=None, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"
            ),
            sa.Computed("ST_Transform(ST_Force2D(geom), 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("GeometryType(geom) IN ('POLYGON', 'MULTIPOLYGON')", name=op.f("community_geom_kind_check")),
        sa.CheckConstraint("ST_SRID(geom) = 4326", name=op.f("community_geom_srid_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("community_pkey")),
    )
    op.create_index(op.f("community_community_code_index"), "community", ["community_code"], unique=False)
    op.create_index("community_geom_index", "community", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(op.f("community_municipality_index"), "community", ["municipality"], unique=False)
    op.create_index(op.f("community_name_th_index"), "community", ["name_th"], unique=False)
    op.create_table(
        "community_history",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("municipality", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("community_code", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("name_th", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("name_en", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("aliases", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("kind", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("zone", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("announced_on", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("land_owner_agency", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("registered_households", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("registered_people", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("counted_on", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("problems", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("boundary_note", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("note", sa.Text(), autoincrement=False, nullable=True),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type=None, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"
            ),
            autoincrement=False,
            nullable=True,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("source_digest", sa.Uuid(), autoincrement=False, nullable=True),
        sa.Column("change_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_change_id", sa.BigInteger(), nullable=False),
        sa.Column("closed_as", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("community_history_pkey")),
    )
    op.create_table(
        "flood_station_history",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("municipality", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("station_code", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("aliases", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("name_th", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("name_en", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("kind", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("canal", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("network", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("ground_m", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("bank_m", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("warning_m", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("note", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type=None,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("community_link", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("source_digest", sa.Uuid(), autoincrement=False, nullable=True),
        sa.Column("change_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_change_id", sa.BigInteger(), nullable=False),
        sa.Column("closed_as", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("flood_station_history_pkey")),
    )
    op.create_table(
        "household_history",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("municipality", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("household_code", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("house_no", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("registration", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("residents", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("tenure", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("programme", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("savings_member", sa.Boolean(), autoincrement=False, nullable=True),
        sa.Column("survey_status", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("surveyed_on", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("collector_role", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("head_name", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("phone", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("elderly", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("disabled", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("bedbound", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("has_carer", sa.Boolean(), autoincrement=False, nullable=True),
        sa.Column("vulnerabilities", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("monthly_income_baht", sa.Numeric(), autoincrement=False, nullable=True),
        sa.Column("problems", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("note", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("building_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type=None,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("building_link", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("community_link", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("source_digest", sa.Uuid(), autoincrement=False, nullable=True),
        sa.Column("change_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_change_id", sa.BigInteger(), nullable=False),
        sa.Column("closed_as", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("household_history_pkey")),
    )
    op.create_table(
        "import_batch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("loaded_by", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=True),
        sa.Column("driver", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=True),
        sa.Column("crs_in", sa.Text(), nullable=True),
        sa.Column("crs_operation", sa.Text(), nullable=True),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("import_batch_pkey")),
    )
    op.create_index(op.f("import_batch_loaded_at_index"), "import_batch", ["loaded_at"], unique=False)
    op.create_table(
        "municipality",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_th", sa.Text(), nullable=True),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("amphoe_code", sa.Text(), nullable=True),
        sa.Column("registered_people", sa.Integer(), nullable=True),
        sa.Column("people_by_rolls", sa.Integer(), nullable=True),
        sa.Column("counted_on", sa.Date(), nullable=True),
        sa.Column("boundary_note", sa.Text(), nullable=True),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type=None,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("source_digest", sa.Uuid(), nullable=True),
        sa.Column("change_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "geom_mercator",
            geoalchemy2.types.Geometry(
                geometry_type=None, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"
            ),
            sa.Computed("ST_Transform(ST_Force2D(geom), 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint(
            "GeometryType(geom) IN ('POLYGON', 'MULTIPOLYGON')", name=op.f("municipality_geom_kind_check")
        ),
        sa.CheckConstraint("ST_SRID(geom) = 4326", name=op.f("municipality_geom_srid_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("municipality_pkey")),
    )
    op.create_index(op.f("municipality_code_index"), "municipality", ["code"], unique=False)
    op.create_index("municipality_geom_index", "municipality", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(op.f("municipality_municipality_index"), "municipality", ["municipality"], unique=False)
    op.create_table(
        "municipality_history",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("municipality", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("code", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("name_th", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("name_en", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("kind", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("amphoe_code", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("registered_people", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("people_by_rolls", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("counted_on", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("boundary_note", sa.Text(), autoincrement=False, nullable=True),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type=None,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("source_digest", sa.Uuid(), autoincrement=False, nullable=True),
        sa.Column("change_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_change_id", sa.BigInteger(), nullable=False),
        sa.Column("closed_as", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("municipality_history_pkey")),
    )
    op.create_table(
        "parcel_history",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("municipality", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("parcel_code", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("zone", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("block", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("lot", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("land_use", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("rai", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("ngan", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("wah", sa.Numeric(), autoincrement=False, nullable=True),
        sa.Column("area_square_metres", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("document_type", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("land_owner_agency", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("occupancy", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("map_sheet", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("map_scale", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("tax_year", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("surveyed_on", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("deed_no", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("survey_no", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("land_no", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("owner_name", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("owner_address", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("appraised_baht", sa.Numeric(), autoincrement=False, nullable=True),
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type=None,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("community_link", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("source_digest", sa.Uuid(), autoincrement=False, nullable=True),
        sa.Column("change_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_change_id", sa.BigInteger(), nullable=False),
        sa.Column("closed_as", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("parcel_history_pkey")),
    )
    op.create_table(
        "risk_point_history",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("municipality", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("risk_code", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("kind", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("name_th", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("cause", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("likelihood", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("severity", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("score", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("band", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("status", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("seen_on", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("hazard_year", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("affected_band", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("description", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("evidence", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("reporter_role", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("plan_activity", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type=None,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("community_link", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("source_digest", sa.Uuid(), autoincrement=False, nullable=True),
        sa.Column("change_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_change_id", sa.BigInteger(), nullable=False),
        sa.Column("closed_as", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("risk_point_history_pkey")),
    )
    op.create_table(
        "risk_zone_history",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("municipality", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("risk_code", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("kind", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("name_th", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("cause", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("likelihood", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("severity", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("score", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("band", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("status", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("seen_on", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("hazard_year", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("depth_m", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("return_years", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("affected_band", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("description", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("evidence", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("reporter_role", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("plan_activity", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("community_id", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type=None,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("community_link", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("source_digest", sa.Uuid(), autoincrement=False, nullable=True),
        sa.Column("change_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_change_id", sa.BigInteger(), nullable=False),
        sa.Column("closed_as", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("risk_zone_history_pkey")),
    )
    op.create_table(
        "shared_area",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=True),
        sa.Column("area_code", sa.Text(), nullable=True),
        sa.Column("name_th", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("municipalities", sa.Text(), nullable=True),
        sa.Column("communities_count", sa.Integer(), nullable=True),
        sa.Column("committees_count", sa.Integer(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type=None,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("source_digest", sa.Uuid(), nullable=True),
        sa.Column("change_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "geom_mercator",
            geoalchemy2.types.Geometry(
                geometry_type=None, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"
            ),
            sa.Computed("ST_Transform(ST_Force2D(geom), 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint(
            "GeometryType(geom) IN ('POLYGON', 'MULTIPOLYGON')", name=op.f("shared_area_geom_kind_check")
        ),
        sa.CheckConstraint("ST_SRID(geom) = 4326", name=op.f("shared_area_geom_srid_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("shared_area_pkey")),
    )
    op.create_index(op.f("shared_area_area_code_index"), "shared_area", ["area_code"], unique=False)
    op.create_index("shared_area_geom_index", "shared_area", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(op.f("shared_area_municipality_index"), "shared_area", ["municipality"], unique=False)
    op.create_table(
        "shared_area_history",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("municipality", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("area_code", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("name_th", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("name_en", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("kind", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("municipalities", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("communities_count", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("committees_count", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("description", sa.Text(), autoincrement=False, nullable=True),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type=None,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("source_digest", sa.Uuid(), autoincrement=False, nullable=True),
        sa.Column("change_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_change_id", sa.BigInteger(), nullable=False),
        sa.Column("closed_as", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("shared_area_history_pkey")),
    )
    op.create_table(
        "tile_count",
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("x", sa.Integer(), nullable=False),
        sa.Column("y", sa.Integer(), nullable=False),
        sa.Column("features", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("layer", "x", "y", name=op.f("tile_count_pkey")),
    )
    op.create_table(
        "asset",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=True),
        sa.Column("asset_code", sa.Text(), nullable=True),
        sa.Column("name_th", sa.Text(), nullable=True),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("operator", sa.Text(), nullable=True),
        sa.Column("open_in_flood", sa.Boolean(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("surveyed_on", sa.Date(), nullable=True),
        sa.Column("source_note", sa.Text(), nullable=True),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.Column("community_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type=None,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("community_link", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("source_digest", sa.Uuid(), nullable=True),
        sa.Column("change_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "geom_mercator",
            geoalchemy2.types.Geometry(
                geometry_type=None, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"
            ),
            sa.Computed("ST_Transform(ST_Force2D(geom), 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("GeometryType(geom) IN ('POINT')", name=op.f("asset_geom_kind_check")),
        sa.CheckConstraint("ST_SRID(geom) = 4326", name=op.f("asset_geom_srid_check")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("asset_community_id_fkey"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("asset_pkey")),
    )
    op.create_index(op.f("asset_asset_code_index"), "asset", ["asset_code"], unique=False)
    op.create_index(op.f("asset_community_id_index"), "asset", ["community_id"], unique=False)
    op.create_index("asset_geom_index", "asset", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(op.f("asset_municipality_index"), "asset", ["municipality"], unique=False)
    op.create_index(op.f("asset_name_th_index"), "asset", ["name_th"], unique=False)
    op.create_table(
        "change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("change_batch_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("change_pkey")),
    )
    op.create_index(op.f("change_batch_id_index"), "change", ["batch_id"], unique=False)
    op.create_index(op.f("change_made_at_index"), "change", ["made_at"], unique=False)
    op.create_table(
        "flood_station",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=True),
        sa.Column("station_code", sa.Text(), nullable=True),
        sa.Column("aliases", sa.Text(), nullable=True),
        sa.Column("name_th", sa.Text(), nullable=True),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("canal", sa.Text(), nullable=True),
        sa.Column("network", sa.Text(), nullable=True),
        sa.Column("ground_m", sa.Double(), nullable=True),
        sa.Column("bank_m", sa.Double(), nullable=True),
        sa.Column(
            "warning_m",
            sa.Double(),
            sa.Computed("round((bank_m - 1.5)::numeric, 3)::double precision", persisted=True),
            nullable=True,
        ),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("community_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type=None,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("community_link", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("source_digest", sa.Uuid(), nullable=True),
        sa.Column("change_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "geom_mercator",
            geoalchemy2.types.Geometry(
                geometry_type=None, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"
            ),
            sa.Computed("ST_Transform(ST_Force2D(geom), 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("GeometryType(geom) IN ('POINT')", name=op.f("flood_station_geom_kind_check")),
        sa.CheckConstraint("ST_SRID(geom) = 4326", name=op.f("flood_station_geom_srid_check")),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["community.id"],
            name=op.f("flood_station_community_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("flood_station_pkey")),
    )
    op.create_index(op.f("flood_station_community_id_index"), "flood_station", ["community_id"], unique=False)
    op.create_index("flood_station_geom_index", "flood_station", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(op.f("flood_station_municipality_index"), "flood_station", ["municipality"], unique=False)
    op.create_index(op.f("flood_station_station_code_index"), "flood_station", ["station_code"], unique=False)
    op.create_table(
        "parcel",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=True),
        sa.Column("parcel_code", sa.Text(), nullable=True),
        sa.Column("zone", sa.Text(), nullable=True),
        sa.Column("block", sa.Text(), nullable=True),
        sa.Column("lot", sa.Text(), nullable=True),
        sa.Column("land_use", sa.Text(), nullable=True),
        sa.Column("rai", sa.Integer(), nullable=True),
        sa.Column("ngan", sa.Integer(), nullable=True),
        sa.Column("wah", sa.Numeric(), nullable=True),
        sa.Column("area_square_metres", sa.Double(), nullable=True),
        sa.Column("document_type", sa.Text(), nullable=True),
        sa.Column("land_owner_agency", sa.Text(), nullable=True),
        sa.Column("occupancy", sa.Text(), nullable=True),
        sa.Column("map_sheet", sa.Text(), nullable=True),
        sa.Column("map_scale", sa.Text(), nullable=True),
        sa.Column("tax_year", sa.Integer(), nullable=True),
        sa.Column("surveyed_on", sa.Date(), nullable=True),
        sa.Column("deed_no", sa.Text(), nullable=True),
        sa.Column("survey_no", sa.Text(), nullable=True),
        sa.Column("land_no", sa.Text(), nullable=True),
        sa.Column("owner_name", sa.Text(), nullable=True),
        sa.Column("owner_address", sa.Text(), nullable=True),
        sa.Column("appraised_baht", sa.Numeric(), nullable=True),
        sa.Column("community_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type=None,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("community_link", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("source_digest", sa.Uuid(), nullable=True),
        sa.Column("change_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "geom_mercator",
            geoalchemy2.types.Geometry(
                geometry_type=None, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"
            ),
            sa.Computed("ST_Transform(ST_Force2D(geom), 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("GeometryType(geom) IN ('POLYGON', 'MULTIPOLYGON')", name=op.f("parcel_geom_kind_check")),
        sa.CheckConstraint("ST_SRID(geom) = 4326", name=op.f("parcel_geom_srid_check")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("parcel_community_id_fkey"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("parcel_pkey")),
    )
    op.create_index(op.f("parcel_community_id_index"), "parcel", ["community_id"], unique=False)
    op.create_index("parcel_geom_index", "parcel", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(op.f("parcel_land_use_index"), "parcel", ["land_use"], unique=False)
    op.create_index(op.f("parcel_municipality_index"), "parcel", ["municipality"], unique=False)
    op.create_index(op.f("parcel_parcel_code_index"), "parcel", ["parcel_code"], unique=False)
    op.create_table(
        "risk_point",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=True),
        sa.Column("risk_code", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("name_th", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("likelihood", sa.Integer(), nullable=True),
        sa.Column("severity", sa.Integer(), nullable=True),
        sa.Column("score", sa.Integer(), sa.Computed("likelihood * severity", persisted=True), nullable=True),
        sa.Column(
            "band",
            sa.Text(),
            sa.Computed(
                "CASE WHEN likelihood * severity >= 17 THEN 'very_high' WHEN likelihood * severity >= 10 THEN 'high' WHEN likelihood * severity >= 5 THEN 'medium' WHEN likelihood * severity >= 1 THEN 'low' END",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("seen_on", sa.Date(), nullable=True),
        sa.Column("hazard_year", sa.Integer(), nullable=True),
        sa.Column("affected_band", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("reporter_role", sa.Text(), nullable=True),
        sa.Column("plan_activity", sa.Text(), nullable=True),
        sa.Column("community_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type=None,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("community_link", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("source_digest", sa.Uuid(), nullable=True),
        sa.Column("change_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "geom_mercator",
            geoalchemy2.types.Geometry(
                geometry_type=None, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"
            ),
            sa.Computed("ST_Transform(ST_Force2D(geom), 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("GeometryType(geom) IN ('POINT')", name=op.f("risk_point_geom_kind_check")),
        sa.CheckConstraint("ST_SRID(geom) = 4326", name=op.f("risk_point_geom_srid_check")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("risk_point_community_id_fkey"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("risk_point_pkey")),
    )
    op.create_index(op.f("risk_point_community_id_index"), "risk_point", ["community_id"], unique=False)
    op.create_index("risk_point_geom_index", "risk_point", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(op.f("risk_point_municipality_index"), "risk_point", ["municipality"], unique=False)
    op.create_index(op.f("risk_point_risk_code_index"), "risk_point", ["risk_code"], unique=False)
    op.create_index(op.f("risk_point_status_index"), "risk_point", ["status"], unique=False)
    op.create_table(
        "risk_zone",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=True),
        sa.Column("risk_code", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("name_th", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("likelihood", sa.Integer(), nullable=True),
        sa.Column("severity", sa.Integer(), nullable=True),
        sa.Column("score", sa.Integer(), sa.Computed("likelihood * severity", persisted=True), nullable=True),
        sa.Column(
            "band",
            sa.Text(),
            sa.Computed(
                "CASE WHEN likelihood * severity >= 17 THEN 'very_high' WHEN likelihood * severity >= 10 THEN 'high' WHEN likelihood * severity >= 5 THEN 'medium' WHEN likelihood * severity >= 1 THEN 'low' END",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("seen_on", sa.Date(), nullable=True),
        sa.Column("hazard_year", sa.Integer(), nullable=True),
        sa.Column("depth_m", sa.Double(), nullable=True),
        sa.Column("return_years", sa.Integer(), nullable=True),
        sa.Column("affected_band", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("reporter_role", sa.Text(), nullable=True),
        sa.Column("plan_activity", sa.Text(), nullable=True),
        sa.Column("community_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type=None,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("community_link", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("source_digest", sa.Uuid(), nullable=True),
        sa.Column("change_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "geom_mercator",
            geoalchemy2.types.Geometry(
                geometry_type=None, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"
            ),
            sa.Computed("ST_Transform(ST_Force2D(geom), 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint(
            "GeometryType(geom) IN ('POLYGON', 'MULTIPOLYGON', 'LINESTRING', 'MULTILINESTRING')",
            name=op.f("risk_zone_geom_kind_check"),
        ),
        sa.CheckConstraint("ST_SRID(geom) = 4326", name=op.f("risk_zone_geom_srid_check")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("risk_zone_community_id_fkey"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("risk_zone_pkey")),
    )
    op.create_index(op.f("risk_zone_community_id_index"), "risk_zone", ["community_id"], unique=False)
    op.create_index("risk_zone_geom_index", "risk_zone", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(op.f("risk_zone_municipality_index"), "risk_zone", ["municipality"], unique=False)
    op.create_index(op.f("risk_zone_risk_code_index"), "risk_zone", ["risk_code"], unique=False)
    op.create_index(op.f("risk_zone_status_index"), "risk_zone", ["status"], unique=False)
    op.create_table(
        "building",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=True),
        sa.Column("building_code", sa.Text(), nullable=True),
        sa.Column("use", sa.Text(), nullable=True),
        sa.Column("building_type", sa.Text(), nullable=True),
        sa.Column("structure", sa.Text(), nullable=True),
        sa.Column("storeys", sa.Integer(), nullable=True),
        sa.Column("area_square_metres", sa.Double(), nullable=True),
        sa.Column("year_built", sa.Integer(), nullable=True),
        sa.Column("house_no", sa.Text(), nullable=True),
        sa.Column("house_code", sa.Text(), nullable=True),
        sa.Column("appraised_baht", sa.Numeric(), nullable=True),
        sa.Column("parcel_id", sa.BigInteger(), nullable=True),
        sa.Column("community_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type=None,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("parcel_link", sa.Text(), nullable=True),
        sa.Column("community_link", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("source_digest", sa.Uuid(), nullable=True),
        sa.Column("change_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "geom_mercator",
            geoalchemy2.types.Geometry(
                geometry_type=None, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"
            ),
            sa.Computed("ST_Transform(ST_Force2D(geom), 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("GeometryType(geom) IN ('POLYGON', 'MULTIPOLYGON')", name=op.f("building_geom_kind_check")),
        sa.CheckConstraint("ST_SRID(geom) = 4326", name=op.f("building_geom_srid_check")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("building_community_id_fkey"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["parcel_id"], ["parcel.id"], name=op.f("building_parcel_id_fkey"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("building_pkey")),
    )
    op.create_index(op.f("building_building_code_index"), "building", ["building_code"], unique=False)
    op.create_index(op.f("building_community_id_index"), "building", ["community_id"], unique=False)
    op.create_index("building_geom_index", "building", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(op.f("building_municipality_index"), "building", ["municipality"], unique=False)
    op.create_index(op.f("building_parcel_id_index"), "building", ["parcel_id"], unique=False)
    op.create_table(
        "household",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=True),
        sa.Column("household_code", sa.Text(), nullable=True),
        sa.Column("house_no", sa.Text(), nullable=True),
        sa.Column("registration", sa.Text(), nullable=True),
        sa.Column("residents", sa.Integer(), nullable=True),
        sa.Column("tenure", sa.Text(), nullable=True),
        sa.Column("programme", sa.Text(), nullable=True),
        sa.Column("savings_member", sa.Boolean(), nullable=True),
        sa.Column("survey_status", sa.Text(), nullable=True),
        sa.Column("surveyed_on", sa.Date(), nullable=True),
        sa.Column("collector_role", sa.Text(), nullable=True),
        sa.Column("head_name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("elderly", sa.Integer(), nullable=True),
        sa.Column("disabled", sa.Integer(), nullable=True),
        sa.Column("bedbound", sa.Integer(), nullable=True),
        sa.Column("has_carer", sa.Boolean(), nullable=True),
        sa.Column("vulnerabilities", sa.Text(), nullable=True),
        sa.Column("monthly_income_baht", sa.Numeric(), nullable=True),
        sa.Column("problems", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("building_id", sa.BigInteger(), nullable=True),
        sa.Column("community_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type=None,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("building_link", sa.Text(), nullable=True),
        sa.Column("community_link", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("source_digest", sa.Uuid(), nullable=True),
        sa.Column("change_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "geom_mercator",
            geoalchemy2.types.Geometry(
                geometry_type=None, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"
            ),
            sa.Computed("ST_Transform(ST_Force2D(geom), 3857)", persisted=True),
            nullable=True,
        ),
        sa.Column("cell_id", sa.BigInteger(), sa.Computed("atlas_cell(geom, 250)", persisted=True), nullable=True),
        sa.CheckConstraint("GeometryType(geom) IN ('POINT')", name=op.f("household_geom_kind_check")),
        sa.CheckConstraint("ST_SRID(geom) = 4326", name=op.f("household_geom_srid_check")),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("household_building_id_fkey"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("household_community_id_fkey"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("household_pkey")),
    )
    op.create_index(op.f("household_building_id_index"), "household", ["building_id"], unique=False)
    op.create_index(op.f("household_cell_id_index"), "household", ["cell_id"], unique=False)
    op.create_index(op.f("household_community_id_index"), "household", ["community_id"], unique=False)
    op.create_index("household_geom_index", "household", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(op.f("household_household_code_index"), "household", ["household_code"], unique=False)
    op.create_index(op.f("household_municipality_index"), "household", ["municipality"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("household_municipality_index"), table_name="household")
    op.drop_index(op.f("household_household_code_index"), table_name="household")
    op.drop_index("household_geom_index", table_name="household", postgresql_using="gist")
    op.drop_index(op.f("household_community_id_index"), table_name="household")
    op.drop_index(op.f("household_cell_id_index"), table_name="household")
    op.drop_index(op.f("household_building_id_index"), table_name="household")
    op.drop_table("household")
    op.drop_index(op.f("building_parcel_id_index"), table_name="building")
    op.drop_index(op.f("building_municipality_index"), table_name="building")
    op.drop_index("building_geom_index", table_name="building", postgresql_using="gist")
    op.drop_index(op.f("building_community_id_index"), table_name="building")
    op.drop_index(op.f("building_building_code_index"), table_name="building")
    op.drop_table("building")
    op.drop_index(op.f("risk_zone_status_index"), table_name="risk_zone")
    op.drop_index(op.f("risk_zone_risk_code_index"), table_name="risk_zone")
    op.drop_index(op.f("risk_zone_municipality_index"), table_name="risk_zone")
    op.drop_index("risk_zone_geom_index", table_name="risk_zone", postgresql_using="gist")
    op.drop_index(op.f("risk_zone_community_id_index"), table_name="risk_zone")
    op.drop_table("risk_zone")
    op.drop_index(op.f("risk_point_status_index"), table_name="risk_point")
    op.drop_index(op.f("risk_point_risk_code_index"), table_name="risk_point")
    op.drop_index(op.f("risk_point_municipality_index"), table_name="risk_point")
    op.drop_index("risk_point_geom_index", table_name="risk_point", postgresql_using="gist")
    op.drop_index(op.f("risk_point_community_id_index"), table_name="risk_point")
    op.drop_table("risk_point")
    op.drop_index(op.f("parcel_parcel_code_index"), table_name="parcel")
    op.drop_index(op.f("parcel_municipality_index"), table_name="parcel")
    op.drop_index(op.f("parcel_land_use_index"), table_name="parcel")
    op.drop_index("parcel_geom_index", table_name="parcel", postgresql_using="gist")
    op.drop_index(op.f("parcel_community_id_index"), table_name="parcel")
    op.drop_table("parcel")
    op.drop_index(op.f("flood_station_station_code_index"), table_name="flood_station")
    op.drop_index(op.f("flood_station_municipality_index"), table_name="flood_station")
    op.drop_index("flood_station_geom_index", table_name="flood_station", postgresql_using="gist")
    op.drop_index(op.f("flood_station_community_id_index"), table_name="flood_station")
    op.drop_table("flood_station")
    op.drop_index(op.f("change_made_at_index"), table_name="change")
    op.drop_index(op.f("change_batch_id_index"), table_name="change")
    op.drop_table("change")
    op.drop_index(op.f("asset_name_th_index"), table_name="asset")
    op.drop_index(op.f("asset_municipality_index"), table_name="asset")
    op.drop_index("asset_geom_index", table_name="asset", postgresql_using="gist")
    op.drop_index(op.f("asset_community_id_index"), table_name="asset")
    op.drop_index(op.f("asset_asset_code_index"), table_name="asset")
    op.drop_table("asset")
    op.drop_table("tile_count")
    op.drop_table("shared_area_history")
    op.drop_index(op.f("shared_area_municipality_index"), table_name="shared_area")
    op.drop_index("shared_area_geom_index", table_name="shared_area", postgresql_using="gist")
    op.drop_index(op.f("shared_area_area_code_index"), table_name="shared_area")
    op.drop_table("shared_area")
    op.drop_table("risk_zone_history")
    op.drop_table("risk_point_history")
    op.drop_table("parcel_history")
    op.drop_table("municipality_history")
    op.drop_index(op.f("municipality_municipality_index"), table_name="municipality")
    op.drop_index("municipality_geom_index", table_name="municipality", postgresql_using="gist")
    op.drop_index(op.f("municipality_code_index"), table_name="municipality")
    op.drop_table("municipality")
    op.drop_index(op.f("import_batch_loaded_at_index"), table_name="import_batch")
    op.drop_table("import_batch")
    op.drop_table("household_history")
    op.drop_table("flood_station_history")
    op.drop_table("community_history")
    op.drop_index(op.f("community_name_th_index"), table_name="community")
    op.drop_index(op.f("community_municipality_index"), table_name="community")
    op.drop_index("community_geom_index", table_name="community", postgresql_using="gist")
    op.drop_index(op.f("community_community_code_index"), table_name="community")
    op.drop_table("community")
    op.drop_table("building_history")
    op.drop_table("asset_history")
    op.drop_table("access_token")
    for drop in DROPS:
        op.execute(sa.text(drop))
