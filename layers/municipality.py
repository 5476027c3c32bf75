"""Municipalities: the towns on this server, and the outlines that stand in for theirs.

No open file holds a municipal outline (the tambon of the same extent is used and says so in `boundary_note`), so a
district or tambon of the administrative files may be loaded here too.
"""

import datetime as dt

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


class Municipality(LayerTable):
    """One town, or an administrative area that stands in for it."""

    __tablename__ = "municipality"

    code: Mapped[str] = field(
        Text("รหัส (ทะเบียน 4 หลัก หรือรหัสปกครอง)", "Code (registry, or administrative)"),
        PUBLIC,
        import_from=(
            "registry_code", "code", "TAM_CODE", "tambon_code", "ADM3_PCODE", "AMP_CODE", "amphoe_code", "ADM2_PCODE",
            "PRV_CODE", "ADM1_PCODE", "entity_code", "municipality_code", "รหัส",
        ),
        strip=r"^TH(?=[0-9])",
        pattern=r"[0-9]{2,8}",
        indexed=True,
    )  # fmt: skip
    name_th: Mapped[str | None] = field(
        Text("ชื่อ", "Name in Thai"),
        PUBLIC,
        import_from=(
            "name_th",
            "name",
            "TAM_NAM_T",
            "ADM3_TH",
            "AMP_NAM_T",
            "ADM2_TH",
            "PRV_NAM_T",
            "ADM1_TH",
            "ชื่อ",
        ),
    )
    name_en: Mapped[str | None] = field(
        Text("ชื่ออังกฤษ", "Name in English"),
        PUBLIC,
        import_from=("name_en", "TAM_NAM_E", "ADM3_EN", "AMP_NAM_E", "ADM2_EN", "ADM1_EN"),
    )
    kind: Mapped[str | None] = field(
        Text("ประเภท", "Kind"),
        PUBLIC,
        codes=CodeList.read("area_kind"),
        import_from=("kind", "entity_type", "ประเภท"),
    )
    amphoe_code: Mapped[str | None] = field(
        Text("รหัสอำเภอ", "District code"),
        PUBLIC,
        import_from=("amphoe_code", "AMP_CODE", "ADM2_PCODE", "parent_amphoe"),
        strip=r"^TH(?=[0-9])",
    )
    registered_people: Mapped[int | None] = field(
        Text("ประชากรตามทะเบียน", "Registered people"),
        PUBLIC,
        import_from=("registered_people", "population"),
        at_least=0,
    )
    people_by_rolls: Mapped[int | None] = field(
        Text("ประชากรตามสิทธิสุขภาพ", "People by health-right rolls"),
        PUBLIC,
        import_from=("people_by_rolls",),
        at_least=0,
    )
    counted_on: Mapped[dt.date | None] = field(
        Text("วันที่ของจำนวนประชากร", "Population counted on"), PUBLIC, import_from=("counted_on",)
    )
    boundary_note: Mapped[str | None] = field(
        Text("ที่มาของแนวเขต", "Where the outline comes from"), PUBLIC, import_from=("boundary_note", "หมายเหตุ")
    )
    geom: Mapped[WKBElement] = shape("POLYGON", public=Published.AS_IT_IS)


LAYER = Layer(
    id="municipality",
    title=Text("เทศบาล", "Municipalities"),
    about=Text(
        "แนวเขตเทศบาลหรือเขตปกครองที่ใช้แทน",
        "Municipal outlines, or the administrative areas used in their place",
    ),
    table=Municipality,
    keys=(("code",),),
    zooms=range(5, 20),
    stack=Stack.AREAS,
    group=Group.BOUNDARIES,
    found_by=("code", "name_th", "name_en"),
    style=Style(color="#37474f", fill_opacity=0.0, stroke_width=2.0, dash="6 4", label="name_th", label_from_zoom=10),
    popup=(
        "name_th",
        "name_en",
        "kind",
        "code",
        "registered_people",
        "people_by_rolls",
        "counted_on",
        "boundary_note",
    ),
    source=Text("ทะเบียนราษฎร และแนวเขตปกครอง", "Registration office and administrative boundaries"),
    licence="CC BY-IGO",
    maps=("town", "community"),
    editors=Audience.STEWARD,
    name_field="name_th",
)
