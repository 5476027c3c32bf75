"""Blocks (เขตย่อย) of the tax map: a letter within a zone (DOMAIN §2.1)."""

from geo.layer import (
    Audience,
    Group,
    Layer,
    LayerTable,
    Mapped,
    Published,
    Stack,
    Style,
    Text,
    WKBElement,
    field,
    shape,
)  # fmt: skip

PUBLIC = Audience.PUBLIC


class TaxBlock(LayerTable):
    """One block."""

    __tablename__ = "tax_block"

    block_code: Mapped[str | None] = field(
        Text("รหัสบล็อก", "Block code"), PUBLIC, import_from=("block_code", "รหัสบล็อก"), indexed=True
    )
    zone: Mapped[str | None] = field(Text("เขต", "Zone"), PUBLIC, import_from=("zone", "zone_id", "เขต"))
    block: Mapped[str | None] = field(Text("บล็อก", "Block"), PUBLIC, import_from=("block", "block_id", "บล็อก"))
    area_square_metres: Mapped[float | None] = field(
        Text("พื้นที่ (ตร.ม.)", "Area (m²)"), PUBLIC, unit="m²", measure="area"
    )
    geom: Mapped[WKBElement] = shape("POLYGON", public=Published.AS_IT_IS)


LAYER = Layer(
    id="tax_block",
    title=Text("บล็อก (แผนที่ภาษี)", "Tax-map blocks"),
    about=Text("บล็อกของแผนที่ภาษี ใช้เป็นดัชนีของแปลง", "Blocks of the tax map: the index of its lots"),
    table=TaxBlock,
    keys=(("zone", "block"), ("block_code",)),
    zooms=range(13, 21),
    stack=Stack.AREAS,
    group=Group.LAND,
    style=Style(
        color="#8d6e63",
        fill_opacity=0.04,
        stroke_width=1.4,
        dash="6 4",
        label="block",
        label_size=20,
        label_from_zoom=14,
        label_to_zoom=17,
    ),
    popup=("block_code", "zone", "block", "area_square_metres"),
    source=Text("แผนที่ภาษีของเทศบาล", "The municipality's tax map"),
    licence="municipal data",
    is_index=True,
    maps=("town",),
    editors=Audience.TAX,
    shown_at_start=False,
    found_by=("block_code",),
    name_field="block_code",
)
