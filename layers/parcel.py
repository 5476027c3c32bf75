"""Parcels (แปลงที่ดิน): the tax map's lots.

A parcel code is meant to be unique and in real files is not: repeated codes are kept and told. The raw code is kept
beside its normalised form and is never rebuilt from its parts. Deed, owner and value belong to the tax office alone.
"""

import datetime as dt
from decimal import Decimal

from geo.layer import (
    Audience,
    Basis,
    CodeList,
    Generalise,
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

PUBLIC, STAFF, TAX = Audience.PUBLIC, Audience.STAFF, Audience.TAX


class Parcel(LayerTable):
    """One lot of the tax map."""

    __tablename__ = "parcel"

    parcel_code: Mapped[str | None] = field(
        Text("รหัสแปลงที่ดิน", "Parcel code"),
        PUBLIC,
        import_from=("parcel_code", "PARCEL_COD", "parcel_cod", "รหัสแปลง", "รหัสแปลงที่ดิน", "map_lot"),
        pattern=r"[0-9]{2}[A-Z][0-9]{3}(/[0-9]{1,3}){0,3}",
        indexed=True,
    )
    zone: Mapped[str | None] = field(Text("เขต", "Zone"), PUBLIC, import_from=("zone_id", "zone", "เขต", "map_no"))
    block: Mapped[str | None] = field(Text("บล็อก", "Block"), PUBLIC, import_from=("block_id", "block", "บล็อก"))
    lot: Mapped[str | None] = field(Text("ล็อต", "Lot"), PUBLIC, import_from=("lot", "lot_no", "ล็อต"))
    land_use: Mapped[str | None] = field(
        Text("การใช้ประโยชน์", "Land use"),
        PUBLIC,
        codes=CodeList.read("land_use"),
        import_from=("land_use", "use", "การใช้ประโยชน์", "ลักษณะการใช้ประโยชน์"),
        indexed=True,
    )
    rai: Mapped[int | None] = field(Text("ไร่", "Rai"), PUBLIC, import_from=("rai", "land_space_rai", "ไร่"), at_least=0)
    ngan: Mapped[int | None] = field(
        Text("งาน", "Ngan"), PUBLIC, import_from=("ngan", "land_space_ngan", "งาน"), at_least=0, at_most=3
    )
    wah: Mapped[Decimal | None] = field(
        Text("ตารางวา", "Square wah"),
        PUBLIC,
        import_from=("wa", "wah", "land_space_wa", "วา", "ตร.ว."),
        at_least=0,
        at_most=99.999,
    )
    area_square_metres: Mapped[float | None] = field(
        Text("พื้นที่วัดจากรูปแปลง (ตร.ม.)", "Area measured from the shape (m²)"), PUBLIC, unit="m²", measure="area"
    )
    document_type: Mapped[str | None] = field(
        Text("ประเภทเอกสารสิทธิ์", "Document type"),
        STAFF,
        codes=CodeList.read("document_type"),
        import_from=("doc_type", "land_type", "property_doc_type", "ประเภทเอกสารสิทธิ์", "ประเภทที่ดิน"),
    )
    land_owner_agency: Mapped[str | None] = field(
        Text("หน่วยงานเจ้าของที่ดิน", "Land-owning agency"),
        STAFF,
        codes=CodeList.read("land_agency"),
        import_from=("land_owner_agency", "หน่วยงานเจ้าของ"),
    )
    occupancy: Mapped[str | None] = field(
        Text("การครอบครอง", "Occupancy"),
        STAFF,
        codes=CodeList.read("occupancy"),
        import_from=("occupancy", "การครอบครอง"),
    )
    map_sheet: Mapped[str | None] = field(
        Text("ระวาง", "Map sheet"), STAFF, import_from=("mapsheet", "map_sheet", "utm_map1", "ระวาง")
    )
    map_scale: Mapped[str | None] = field(
        Text("มาตราส่วนระวาง", "Sheet scale"), STAFF, import_from=("utm_scale", "scale", "มาตราส่วน")
    )
    tax_year: Mapped[int | None] = field(
        Text("ปีภาษี (ค.ศ.)", "Tax year (CE)"),
        STAFF,
        import_from=("tax_year", "ปีภาษี"),
        at_least=1900,
        at_most=2200,
    )
    surveyed_on: Mapped[dt.date | None] = field(
        Text("วันที่สำรวจ", "Surveyed on"), STAFF, import_from=("surveyed_on", "edit_date", "วันที่สำรวจ")
    )
    deed_no: Mapped[str | None] = field(
        Text("เลขที่โฉนด", "Deed number"),
        TAX,
        import_from=("deed_no", "Id_Chanod", "parcel_no", "โฉนด", "เลขที่โฉนด"),
        nature=Nature.PERSON,
    )
    survey_no: Mapped[str | None] = field(
        Text("หน้าสำรวจ", "Survey number"),
        TAX,
        import_from=("survey_no", "survey", "ห.สำรวจ", "หน้าสำรวจ"),
        nature=Nature.PERSON,
    )
    land_no: Mapped[str | None] = field(
        Text("เลขที่ดิน", "Land number"), TAX, import_from=("land_no", "ที่ดิน", "เลขที่ดิน"), nature=Nature.PERSON
    )
    owner_name: Mapped[str | None] = field(
        Text("ชื่อเจ้าของ", "Owner's name"),
        TAX,
        import_from=("owner_name", "own_name", "OWN_FNAME", "ชื่อเจ้าของ"),
        nature=Nature.PERSON,
    )
    owner_address: Mapped[str | None] = field(
        Text("ที่อยู่เจ้าของ", "Owner's address"),
        TAX,
        import_from=("owner_address", "own_Hse_no", "ที่อยู่เจ้าของ"),
        nature=Nature.PERSON,
    )
    appraised_baht: Mapped[Decimal | None] = field(
        Text("ราคาประเมิน (บาท)", "Appraised value (baht)"),
        TAX,
        unit="THB",
        import_from=("estimated_price", "appraised_value", "ราคาประเมิน"),
        at_least=0,
        nature=Nature.PERSON,
    )
    community_id: Mapped[int | None] = link(
        Text("ชุมชน", "Community"),
        PUBLIC,
        to="community",
        code="community_code",
        import_from=("community_code", "รหัสชุมชน"),
    )
    geom: Mapped[WKBElement] = shape("POLYGON", public=Published.AS_IT_IS)


LAYER = Layer(
    id="parcel",
    title=Text("แปลงที่ดิน", "Parcels"),
    about=Text(
        "แปลงที่ดินจากแผนที่ภาษี ใช้ประกอบการวางแผน ไม่ใช่หลักฐานกรรมสิทธิ์",
        "Lots of the tax map: for planning, not evidence of title",
    ),
    table=Parcel,
    keys=(("parcel_code",),),
    zooms=range(10, 21),
    stack=Stack.PARCELS,
    group=Group.LAND,
    carried=("document_type", "occupancy", "tax_year", "surveyed_on"),
    found_by=("parcel_code",),
    style=Style(
        color="#a1887f",
        fill_opacity=0.35,
        stroke_width=0.6,
        by="land_use",
        label="parcel_code",
        label_from_zoom=18,
    ),
    popup=("parcel_code", "land_use", "rai", "ngan", "wah", "area_square_metres", "zone", "block", "lot"),
    source=Text("แผนที่ภาษีของเทศบาล", "The municipality's tax map"),
    licence="municipal data, no owner, deed or value",
    maps=("town", "community"),
    editors=Audience.TAX,
    locking=True,
    processing=Processing(
        subjects=Text("เจ้าของและผู้ครอบครองที่ดิน", "Owners and holders of land"),
        data=Text(
            "ชื่อและที่อยู่เจ้าของ เลขเอกสารสิทธิ์ ราคาประเมิน", "Owners' names and addresses, deed numbers, appraised values"
        ),
        purpose=Text("จัดเก็บภาษีที่ดินและสิ่งปลูกสร้าง (พ.ร.บ. 2562)", "Collecting the land and building tax (Act B.E. 2562)"),
        basis=Basis.LEGAL_DUTY,
        recipients=Text("งานภาษีของเทศบาลเท่านั้น", "The town's tax office only"),
        # The present owner stays as long as the parcel is in the register; ten years are for those before.
        kept=Kept(years=None, past_years=10),
    ),
    name_field="parcel_code",
    generalise=Generalise(below=14),
    checks=("parcel_code_parts",),
)
