"""Households (ครัวเรือน): where people live, and who needs help first.

The public gets squares with counts and nothing else. Names, health and poverty are for named case workers.
"""

import datetime as dt
from decimal import Decimal

from geo.layer import (
    Audience,
    Basis,
    Cells,
    CodeList,
    Group,
    Kept,
    Layer,
    LayerTable,
    Mapped,
    Nature,
    Processing,
    SensitiveBasis,
    Stack,
    Style,
    Text,
    WKBElement,
    field,
    link,
    shape,
)

STAFF, CARE = Audience.STAFF, Audience.CARE
PERSON, SENSITIVE = Nature.PERSON, Nature.SENSITIVE


class Household(LayerTable):
    """One dwelling as surveyed; registered here or not."""

    __tablename__ = "household"

    household_code: Mapped[str | None] = field(
        Text("รหัสครัวเรือน", "Household code"),
        STAFF,
        import_from=("household_code", "survey_id", "รหัสครัวเรือน"),
        indexed=True,
        nature=PERSON,
    )
    house_no: Mapped[str | None] = field(
        Text("บ้านเลขที่", "House number"), STAFF, import_from=("house_no", "HOUSE_NO", "บ้านเลขที่"), nature=PERSON
    )
    registration: Mapped[str | None] = field(
        Text("สถานะทะเบียน (TYPEAREA)", "Registration (TYPEAREA)"),
        STAFF,
        codes=CodeList.read("registration"),
        import_from=("registration", "typearea", "TYPEAREA"),
    )
    residents: Mapped[int | None] = field(
        Text("จำนวนสมาชิก", "Residents"),
        STAFF,
        import_from=("residents", "members", "จำนวนสมาชิก"),
        at_least=0,
        at_most=60,
    )
    tenure: Mapped[str | None] = field(
        Text("การอยู่อาศัย", "Tenure"),
        STAFF,
        codes=CodeList.read("tenure"),
        import_from=("tenure", "HOME.STATUS", "การอยู่อาศัย"),
    )
    programme: Mapped[str | None] = field(
        Text("โครงการที่อยู่อาศัย", "Housing programme"),
        STAFF,
        codes=CodeList.read("housing_programme"),
        import_from=("programme", "โครงการ"),
    )
    savings_member: Mapped[bool | None] = field(
        Text("สมาชิกกลุ่มออมทรัพย์", "Savings-group member"), STAFF, import_from=("savings_member", "สมาชิกออมทรัพย์")
    )
    survey_status: Mapped[str | None] = field(
        Text("สถานะแบบสำรวจ", "Survey status"),
        STAFF,
        codes=CodeList.read("survey_status"),
        import_from=("survey_status", "status"),
    )
    surveyed_on: Mapped[dt.date | None] = field(
        Text("วันที่สำรวจ", "Surveyed on"), STAFF, import_from=("surveyed_on", "วันที่สำรวจ")
    )
    collector_role: Mapped[str | None] = field(
        Text("บทบาทผู้เก็บข้อมูล", "Collector's role"),
        STAFF,
        codes=CodeList.read("reporter_role"),
        import_from=("collector_role", "ผู้เก็บข้อมูล"),
    )
    head_name: Mapped[str | None] = field(
        Text("หัวหน้าครัวเรือน", "Head of household"), CARE, import_from=("head_name", "หัวหน้าครัวเรือน"), nature=PERSON
    )
    phone: Mapped[str | None] = field(Text("โทรศัพท์", "Telephone"), CARE, import_from=("phone", "โทรศัพท์"), nature=PERSON)
    elderly: Mapped[int | None] = field(
        Text("ผู้สูงอายุ (คน)", "Elderly people"), CARE, import_from=("elderly", "ผู้สูงอายุ"), at_least=0, nature=PERSON
    )
    disabled: Mapped[int | None] = field(
        Text("คนพิการ (คน)", "Disabled people"), CARE, import_from=("disabled", "คนพิการ"), at_least=0, nature=SENSITIVE
    )
    bedbound: Mapped[int | None] = field(
        Text("ผู้ป่วยติดเตียง (คน)", "Bed-bound people"),
        CARE,
        import_from=("bedbound", "ติดเตียง"),
        at_least=0,
        nature=SENSITIVE,
    )
    has_carer: Mapped[bool | None] = field(
        Text("มีผู้ดูแล", "Has a carer"), CARE, import_from=("has_carer", "มีผู้ดูแล"), nature=SENSITIVE
    )
    vulnerabilities: Mapped[str | None] = field(
        Text("กลุ่มเปราะบาง", "Vulnerable groups"),
        CARE,
        codes=CodeList.read("vulnerability"),
        many=True,
        import_from=("vulnerabilities", "POOR.TYPE", "กลุ่มเปราะบาง"),
        nature=SENSITIVE,
    )
    monthly_income_baht: Mapped[Decimal | None] = field(
        Text("รายได้ต่อเดือน (บาท)", "Monthly income (baht)"),
        CARE,
        unit="THB",
        import_from=("income", "รายได้"),
        at_least=0,
        nature=PERSON,
    )
    problems: Mapped[str | None] = field(
        Text("สภาพปัญหา", "Problems"),
        CARE,
        codes=CodeList.read("problem"),
        many=True,
        import_from=("problems", "ปัญหา"),
        nature=SENSITIVE,
    )
    note: Mapped[str | None] = field(Text("บันทึก", "Note"), CARE, import_from=("note", "หมายเหตุ"), nature=SENSITIVE)
    building_id: Mapped[int | None] = link(
        Text("โรงเรือน", "Building"),
        STAFF,
        to="building",
        code="building_code",
        import_from=("building_code", "รหัสโรงเรือน"),
        nature=PERSON,
    )
    parcel_id: Mapped[int | None] = link(
        Text("แปลงที่ดิน", "Parcel"),
        STAFF,
        to="parcel",
        code="parcel_code",
        import_from=("parcel_code", "PARCEL_COD", "รหัสแปลง"),
        nature=PERSON,
    )
    community_id: Mapped[int | None] = link(
        Text("ชุมชน", "Community"),
        STAFF,
        to="community",
        code="community_code",
        import_from=("community_code", "รหัสชุมชน"),
    )
    geom: Mapped[WKBElement] = shape("POINT", public=Cells(metres=250, at_least=5))


LAYER = Layer(
    id="household",
    title=Text("ครัวเรือน", "Households"),
    about=Text(
        "จำนวนครัวเรือนต่อช่อง 250 เมตร แสดงเมื่อมีตั้งแต่ 5 ครัวเรือน ไม่แสดงที่ตั้งบ้าน",
        "Households per 250 m square, shown from 5 up; no house is shown",
    ),
    table=Household,
    keys=(("household_code",),),
    zooms=range(11, 20),
    stack=Stack.ZONES,
    group=Group.PEOPLE,
    carried=("registration", "tenure", "programme", "survey_status", "surveyed_on"),
    found_by=("household_code", "house_no"),
    style=Style(color="#7a5195", fill_opacity=0.45, stroke_width=0.8),
    popup=("residents",),
    source=Text("การสำรวจครัวเรือน", "Household survey"),
    licence="counts only",
    maps=("town", "community"),
    editors=CARE,
    locking=True,
    shown_at_start=False,
    processing=Processing(
        subjects=Text("ครัวเรือนและสมาชิก ทั้งที่มีและไม่มีชื่อในทะเบียน", "Households and their members, registered or not"),
        data=Text(
            "ที่ตั้งบ้าน ชื่อ โทรศัพท์ อายุ รายได้ สุขภาพ ความพิการ และความเปราะบาง",
            "Where they live, names, telephones, age, income, health, disability and vulnerability",
        ),
        purpose=Text(
            "ช่วยเหลือและดูแลครัวเรือนเปราะบาง วางแผนสวัสดิการ ที่อยู่อาศัย และรับมือภัยพิบัติ",
            "Helping vulnerable households; planning welfare, housing and disaster relief",
        ),
        basis=Basis.PUBLIC_TASK,
        sensitive_basis=SensitiveBasis.EXPLICIT_CONSENT,
        recipients=Text(
            "เจ้าหน้าที่ที่ได้รับแต่งตั้งเท่านั้น สาธารณะได้เพียงจำนวนต่อช่อง",
            "Named officers only; the public gets counts per square",
        ),
        kept=Kept(years=10, sensitive_years=5, past_years=2, since="surveyed_on"),
    ),
)
