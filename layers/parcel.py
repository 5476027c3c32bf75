"""Parcels (แปลงที่ดิน): the tax map's lots.

A parcel code is meant to be unique and in real files is not: repeated codes are kept and told. The raw code is kept
beside its normalised form and is never rebuilt from its parts. Deed, owner and value belong to the tax office alone;
what kind of document, whose land and how it is held are classes that planning for communities on state land needs.
"""

import datetime as dt
from decimal import Decimal

from geo.layer import (
    Audience,
    Band,
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
    Theme,
    WKBElement,
    Yearly,
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
        PUBLIC,
        codes=CodeList.read("document_type"),
        import_from=("doc_type", "land_type", "property_doc_type", "ประเภทเอกสารสิทธิ์", "ประเภทที่ดิน"),
    )
    land_owner_agency: Mapped[str | None] = field(
        Text("หน่วยงานเจ้าของที่ดิน", "Land-owning agency"),
        PUBLIC,
        codes=CodeList.read("land_agency"),
        import_from=("land_owner_agency", "หน่วยงานเจ้าของ"),
    )
    occupancy: Mapped[str | None] = field(
        Text("การครอบครอง", "Occupancy"),
        PUBLIC,
        codes=CodeList.read("occupancy"),
        import_from=("occupancy", "การครอบครอง"),
    )
    farm_wah: Mapped[Decimal | None] = field(
        Text("ใช้ประกอบเกษตรกรรม (ตร.ว.)", "Used for farming (square wah)"),
        STAFF,
        import_from=("farm_wah", "ประกอบเกษตรกรรม"),
        at_least=0,
    )
    home_wah: Mapped[Decimal | None] = field(
        Text("ใช้อยู่อาศัย (ตร.ว.)", "Lived on (square wah)"), STAFF, import_from=("home_wah", "อยู่อาศัย"), at_least=0
    )
    other_wah: Mapped[Decimal | None] = field(
        Text("ใช้อื่น ๆ (ตร.ว.)", "Other use (square wah)"),
        STAFF,
        import_from=("other_wah", "อื่น ๆ", "อื่นๆ"),
        at_least=0,
    )
    vacant_wah: Mapped[Decimal | None] = field(
        Text("ว่างเปล่า/ไม่ทำประโยชน์ (ตร.ว.)", "Vacant or unused (square wah)"),
        STAFF,
        import_from=("vacant_wah", "ว่างเปล่า", "ว่างเปล่า/ไม่ทำประโยชน์"),
        at_least=0,
    )
    vacant_since: Mapped[int | None] = field(
        Text("ว่างเปล่าตั้งแต่ปีภาษี (ค.ศ.)", "Vacant since tax year (CE)"),
        STAFF,
        import_from=("vacant_since", "ว่างเปล่าตั้งแต่ปี"),
        at_least=1900,
        at_most=2200,
    )
    map_sheet: Mapped[str | None] = field(
        Text("ระวาง", "Map sheet"), STAFF, import_from=("mapsheet", "map_sheet", "utm_map1", "ระวาง")
    )
    map_scale: Mapped[str | None] = field(
        Text("มาตราส่วนระวาง", "Sheet scale"), STAFF, import_from=("utm_scale", "scale", "มาตราส่วน")
    )
    tax_year: Mapped[int | None] = field(
        Text("ปีภาษี (ค.ศ.)", "Tax year (CE)"),
        PUBLIC,
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
    owner_kind: Mapped[str | None] = field(
        Text("ประเภทเจ้าของ", "Kind of owner"),
        TAX,
        codes=CodeList.read("owner_kind"),
        import_from=("owner_kind", "ประเภทเจ้าของ"),
        nature=Nature.PERSON,
    )
    main_home: Mapped[str | None] = field(
        Text("บ้านหลังหลัก", "Main home"),
        TAX,
        codes=CodeList.read("main_home"),
        import_from=("main_home", "บ้านหลังหลัก"),
        nature=Nature.PERSON,
    )
    baht_per_wah: Mapped[Decimal | None] = field(
        Text("ราคาประเมินต่อ ตร.ว. (บาท)", "Appraised baht per square wah"),
        TAX,
        unit="THB",
        import_from=("baht_per_wah", "estimated_price_by_treasury", "ราคาประเมินต่อตารางวา", "ราคาต่อ ตร.ว."),
        at_least=0,
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


# The breaks are ours, narrower where most lots are.
VALUES = (
    Band(least=0, label=Text("ไม่ถึง 0.5 ล้านบาท", "below 0.5 million baht"), color="#f2cf8f"),
    Band(least=500_000, label=Text("0.5 – ไม่ถึง 2 ล้านบาท", "0.5 to below 2 million baht"), color="#e39a4f"),
    Band(least=2_000_000, label=Text("2 – ไม่ถึง 10 ล้านบาท", "2 to below 10 million baht"), color="#c8603f"),
    Band(least=10_000_000, label=Text("10 – ไม่ถึง 50 ล้านบาท", "10 to below 50 million baht"), color="#8f2f4a"),
    Band(least=50_000_000, label=Text("50 ล้านบาทขึ้นไป", "50 million baht and more"), color="#45143f"),
)
YEARS = (
    Band(least=0, label=Text("ปีล่าสุด", "newest year"), color="#08519c"),
    Band(least=1, label=Text("เก่า 1 ปี", "1 year old"), color="#5ba3cf"),
    Band(least=2, label=Text("เก่า 2–3 ปี", "2–3 years old"), color="#e8a361", pattern="slash"),
    Band(least=4, label=Text("เก่ากว่านั้น", "older"), color="#c2410c", pattern="cross"),
)

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
    carried=("surveyed_on",),
    found_by=("parcel_code",),
    style=Style(
        color="#a1887f",
        fill_opacity=0.35,
        stroke_width=0.6,
        by="land_use",
        label="parcel_code",
        label_from_zoom=18,
        label_fits=True,
        label_short="lot",
    ),
    themes=(
        Theme(id="land_use", title=Text("การใช้ประโยชน์", "Land use"), by="land_use"),
        Theme(id="document_type", title=Text("ประเภทเอกสารสิทธิ์", "Document type"), by="document_type"),
        Theme(id="land_owner_agency", title=Text("หน่วยงานเจ้าของที่ดิน", "Owner agency"), by="land_owner_agency"),
        Theme(id="occupancy", title=Text("การครอบครอง", "Occupancy"), by="occupancy"),
        Theme(id="tax_year", title=Text("ปีของข้อมูล", "Year of the data"), by="tax_year", bands=YEARS, relative=True),
        Theme(
            id="value",
            title=Text("ช่วงราคาประเมิน", "Value class"),
            by="appraised_baht",
            bands=VALUES,
            apart_from=16,
            note=Text("ซูมเข้าใกล้กว่านี้เพื่อดูช่วงราคา การดูถูกบันทึกไว้", "zoom in for value classes; looking is written down"),
        ),
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
    yearly=Yearly(
        name="owner_name",
        owner=("deed_no", "survey_no", "land_no", "owner_name", "owner_address", "owner_kind"),
        use=("land_use", "farm_wah", "home_wah", "other_wah", "vacant_wah", "vacant_since", "main_home", "occupancy"),
        area=("rai", "ngan", "wah"),
        wah=("rai", "ngan", "wah"),
        passing=("tax_year", "surveyed_on"),
    ),
)
