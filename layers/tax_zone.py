"""Zones (เขต) of the tax map: the first two digits of a parcel code (DOMAIN §2.1)."""

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


class TaxZone(LayerTable):
    """One zone."""

    __tablename__ = "tax_zone"

    zone: Mapped[str | None] = field(
        Text("เขต", "Zone"), PUBLIC, import_from=("zone", "zone_id", "zone_code", "เขต"), indexed=True
    )
    name_th: Mapped[str | None] = field(Text("ชื่อ", "Name"), PUBLIC, import_from=("name_th", "zone_name", "ชื่อเขต"))
    area_square_metres: Mapped[float | None] = field(
        Text("พื้นที่ (ตร.ม.)", "Area (m²)"), PUBLIC, unit="m²", measure="area"
    )
    geom: Mapped[WKBElement] = shape("POLYGON", public=Published.AS_IT_IS)


LAYER = Layer(
    id="tax_zone",
    title=Text("เขต (แผนที่ภาษี)", "Tax-map zones"),
    about=Text("เขตของแผนที่ภาษี ใช้เป็นดัชนีของบล็อกและแปลง", "Zones of the tax map: the index of its blocks and lots"),
    table=TaxZone,
    keys=(("zone",),),
    zooms=range(9, 21),
    stack=Stack.AREAS,
    group=Group.LAND,
    style=Style(
        color="#6d4c41",
        fill_opacity=0.04,
        stroke_width=2.2,
        dash=None,
        label="zone",
        label_size=30,
        label_from_zoom=12,
        label_to_zoom=15,
    ),
    popup=("zone", "name_th", "area_square_metres"),
    source=Text("แผนที่ภาษีของเทศบาล", "The municipality's tax map"),
    licence="municipal data",
    is_index=True,
    maps=("town",),
    editors=Audience.TAX,
    shown_at_start=False,
    found_by=("zone",),
    name_field="zone",
)
