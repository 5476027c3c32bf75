"""Shared areas: a canal, a railway strip or a network that belongs to several jurisdictions at once."""

from geo.layer import (
    Audience,
    CodeList,
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
)

PUBLIC = Audience.PUBLIC


class SharedArea(LayerTable):
    """One area that several municipalities or communities work in together."""

    __tablename__ = "shared_area"

    area_code: Mapped[str | None] = field(
        Text("รหัสพื้นที่", "Area code"),
        PUBLIC,
        import_from=(
            "area_code",
            "code",
            "TAM_CODE",
            "tambon_code",
            "ADM3_PCODE",
            "amphoe_code",
            "ADM2_PCODE",
            "ADM1_PCODE",
        ),
        strip=r"^TH(?=[0-9])",
        indexed=True,
    )
    name_th: Mapped[str] = field(
        Text("ชื่อพื้นที่", "Name in Thai"),
        PUBLIC,
        import_from=("name_th", "name", "TAM_NAM_T", "ADM3_TH", "ADM2_TH", "ADM1_TH", "ชื่อ"),
    )
    name_en: Mapped[str | None] = field(
        Text("ชื่ออังกฤษ", "Name in English"),
        PUBLIC,
        import_from=("name_en", "TAM_NAM_E", "ADM3_EN", "ADM2_EN", "ADM1_EN"),
    )
    kind: Mapped[str | None] = field(
        Text("ประเภท", "Kind"),
        PUBLIC,
        codes=CodeList.read("shared_area_kind"),
        import_from=("kind", "ประเภท"),
    )
    municipalities: Mapped[str | None] = field(
        Text("เทศบาลที่ร่วม (รหัส)", "Municipalities (codes)"), PUBLIC, import_from=("municipalities", "เทศบาล")
    )
    communities_count: Mapped[int | None] = field(
        Text("จำนวนชุมชน", "Communities"), PUBLIC, import_from=("communities_count", "จำนวนชุมชน"), at_least=0
    )
    committees_count: Mapped[int | None] = field(
        Text("จำนวนคณะกรรมการ", "Committees"),
        PUBLIC,
        import_from=("committees_count", "จำนวนกรรมการ"),
        at_least=0,
    )
    description: Mapped[str | None] = field(
        Text("คำอธิบาย", "Description"), PUBLIC, import_from=("description", "คำอธิบาย")
    )
    geom: Mapped[WKBElement] = shape("POLYGON", public=Published.AS_IT_IS)


LAYER = Layer(
    id="shared_area",
    title=Text("พื้นที่ร่วม", "Shared areas"),
    about=Text(
        "ลำคลอง เขตทางรถไฟ และพื้นที่ทำงานข้ามเขตปกครอง",
        "Canals, railway reserves and other areas across jurisdictions",
    ),
    table=SharedArea,
    keys=(("area_code",), ("name_th",)),
    zooms=range(7, 20),
    stack=Stack.AREAS,
    group=Group.BOUNDARIES,
    found_by=("area_code", "name_th", "name_en"),
    style=Style(color="#1e88e5", fill_opacity=0.25, stroke_width=1.5, by="kind", label="name_th", label_from_zoom=13),
    popup=(
        "name_th",
        "name_en",
        "kind",
        "municipalities",
        "communities_count",
        "committees_count",
        "description",
    ),
    source=Text("ผังเมืองและข้อตกลงร่วม", "Town plans and joint agreements"),
    licence="ODbL-1.0",
    maps=("town", "community"),
    editors=Audience.STAFF,
    name_field="name_th",
)
