"""Assets (ศักยภาพ): shelters, temples, mosques, schools, clinics, savings groups and other strengths of a community."""

import datetime as dt
from typing import Any

from geo.layer import (
    Audience,
    Basis,
    CodeList,
    Group,
    Kept,
    Layer,
    LayerTable,
    Mapped,
    Nature,
    Processing,
    Published,
    Stack,
    Style,
    Text,
    WKBElement,
    field,
    link,
    shape,
)  # fmt: skip
from geo.life import POTENTIAL
from geo.marked import Marked

PUBLIC = Audience.PUBLIC


class Asset(Marked, LayerTable):
    """One place, group or institution that a community can count on."""

    __tablename__ = "asset"

    asset_code: Mapped[str | None] = field(
        Text("รหัสศักยภาพ", "Asset code"), PUBLIC, import_from=("asset_code", "osm_id", "รหัส"), indexed=True
    )
    name_th: Mapped[str | None] = field(
        Text("ชื่อ", "Name in Thai"), PUBLIC, import_from=("name_th", "name", "ชื่อ", "ชื่อสถานที่"), indexed=True
    )
    name_en: Mapped[str | None] = field(Text("ชื่ออังกฤษ", "Name in English"), PUBLIC, import_from=("name_en",))
    kind: Mapped[str | None] = field(
        Text("ประเภทศักยภาพ", "Kind"),
        PUBLIC,
        codes=CodeList.read("asset_type"),
        import_from=("kind", "type", "office_type", "amenity", "ประเภท"),
    )
    capacity: Mapped[int | None] = field(
        Text("รองรับได้ (คน)", "Capacity (people)"),
        PUBLIC,
        import_from=("capacity", "ความจุ", "รองรับ"),
        at_least=0,
    )
    operator: Mapped[str | None] = field(
        Text("หน่วยงาน/กลุ่มที่ดูแล", "Run by"), PUBLIC, import_from=("operator", "municipality_th", "หน่วยงาน")
    )
    open_in_flood: Mapped[bool | None] = field(
        Text("เปิดใช้เมื่อน้ำท่วม", "Open in a flood"), PUBLIC, import_from=("open_in_flood",)
    )
    description: Mapped[str | None] = field(
        Text("คำอธิบาย", "Description"), PUBLIC, import_from=("description", "คำอธิบาย")
    )
    surveyed_on: Mapped[dt.date | None] = field(
        Text("วันที่สำรวจ", "Surveyed on"), PUBLIC, import_from=("surveyed_on", "retrieved", "วันที่สำรวจ")
    )
    source_note: Mapped[str | None] = field(Text("แหล่งข้อมูล", "Source"), PUBLIC, import_from=("source", "แหล่งข้อมูล"))
    contact: Mapped[str | None] = field(
        Text("ผู้ประสานงาน", "Contact"),
        Audience.STAFF,
        import_from=("contact", "phone", "ผู้ประสานงาน", "โทรศัพท์"),
        nature=Nature.PERSON,
    )
    community_id: Mapped[int | None] = link(
        Text("ชุมชน", "Community"),
        PUBLIC,
        to="community",
        code="community_code",
        import_from=("community_code", "รหัสชุมชน"),
    )
    geom: Mapped[WKBElement] = shape("POINT", public=Published.AS_IT_IS)


def seen_by_the_public(row: Any) -> Any:
    """What a second person has verified, and what never was a mark: a file's own, or made by the layer's editors."""
    return row.status.is_(None) | row.status.in_(POTENTIAL.public)


LAYER = Layer(
    id="asset",
    title=Text("ศักยภาพชุมชน", "Assets"),
    about=Text("สถานที่ กลุ่ม และทุนทางสังคมของชุมชน", "Places, groups and social capital of the communities"),
    table=Asset,
    keys=(("asset_code",), ("name_th", "kind"), ("name_th",)),
    zooms=range(11, 20),
    stack=Stack.POINTS,
    group=Group.STRENGTHS,
    found_by=("asset_code", "name_th", "name_en"),
    style=Style(color="#43a047", fill_opacity=0.9, symbol="circle", by="kind", label="name_th", label_from_zoom=16),
    popup=(
        "name_th",
        "name_en",
        "kind",
        "capacity",
        "open_in_flood",
        "operator",
        "description",
        "surveyed_on",
        "source_note",
        "status",
    ),
    source=Text("การสำรวจศักยภาพชุมชน", "Community asset survey"),
    licence="ODbL-1.0",
    maps=("town", "community"),
    editors=Audience.COMMUNITY,
    photographed=True,
    processing=Processing(
        subjects=Text("ผู้ประสานงานของสถานที่", "Contact persons of places"),
        data=Text("ชื่อและช่องทางติดต่อของผู้ประสานงาน", "Names and contacts of those who look after a place"),
        purpose=Text("ติดต่อเมื่อเกิดเหตุ เช่น เปิดศูนย์พักพิง", "Reaching them in an emergency, such as opening a shelter"),
        basis=Basis.PUBLIC_TASK,
        recipients=Text("เจ้าหน้าที่เทศบาล", "Municipal staff"),
        kept=Kept(years=None, past_years=2),
    ),
    name_field="name_th",
    life="potential",
    public_rows=seen_by_the_public,
    public_rows_say=Text("ยกเว้นที่ยังไม่ตรวจสอบ", "but those not verified yet"),
)
