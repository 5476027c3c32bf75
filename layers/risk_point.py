"""Risk points (จุดเสี่ยง): places where something goes wrong, marked by engineers, communities and volunteers."""

import datetime as dt
from typing import Any

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
    computed,
    field,
    link,
    shape,
)  # fmt: skip
from geo.life import RISK
from geo.marked import Marked

PUBLIC, STAFF = Audience.PUBLIC, Audience.STAFF


class RiskPoint(Marked, LayerTable):
    """One place at risk, from report to resolution."""

    __tablename__ = "risk_point"

    risk_code: Mapped[str | None] = field(
        Text("รหัสความเสี่ยง", "Risk code"), PUBLIC, import_from=("ACC_CODE", "risk_code", "รหัส"), indexed=True
    )
    kind: Mapped[str | None] = field(
        Text("ประเภทภัย", "Hazard"),
        PUBLIC,
        codes=CodeList.read("risk_type"),
        import_from=("kind", "type", "risk_type", "ประเภท"),
    )
    name_th: Mapped[str | None] = field(
        Text("ชื่อจุดเสี่ยง", "Name"), PUBLIC, import_from=("name_th", "name", "บริเวณที่เกิดเหตุ", "ชื่อ")
    )
    cause: Mapped[str | None] = field(Text("สาเหตุ", "Cause"), PUBLIC, import_from=("cause", "มูลเหตุสันนิษฐาน", "สาเหตุ"))
    likelihood: Mapped[int | None] = field(
        Text("โอกาสเกิด (1–5)", "Likelihood (1–5)"),
        PUBLIC,
        codes=CodeList.read("likelihood"),
        import_from=("likelihood", "โอกาส"),
        at_least=1,
        at_most=5,
    )
    severity: Mapped[int | None] = field(
        Text("ความรุนแรง (1–5)", "Severity (1–5)"),
        PUBLIC,
        codes=CodeList.read("severity"),
        import_from=("severity", "ความรุนแรง"),
        at_least=1,
        at_most=5,
    )
    score: Mapped[int | None] = computed(Text("คะแนนความเสี่ยง", "Risk score"), PUBLIC, "likelihood * severity")
    # The bands are a proposal of ours (no official cut-offs are confirmed): 1-4, 5-9, 10-16, 17-25.
    band: Mapped[str | None] = computed(
        Text("ระดับความเสี่ยง", "Risk level"),
        PUBLIC,
        "CASE WHEN likelihood * severity >= 17 THEN 'very_high' WHEN likelihood * severity >= 10 THEN 'high' "
        "WHEN likelihood * severity >= 5 THEN 'medium' WHEN likelihood * severity >= 1 THEN 'low' END",
        codes=CodeList.read("risk_band"),
    )
    seen_on: Mapped[dt.date | None] = field(
        Text("วันที่พบ", "Seen on"), PUBLIC, import_from=("seen_on", "วันที่เกิดเหตุ", "วันที่พบ", "วันที่")
    )
    hazard_year: Mapped[int | None] = field(
        Text("ปีที่เกิดภัย (ค.ศ.)", "Hazard year (CE)"),
        PUBLIC,
        import_from=("hazard_year", "ปีที่เกิดเหตุ", "ปี"),
        at_least=1900,
        at_most=2200,
    )
    affected_band: Mapped[str | None] = field(
        Text("ครัวเรือนที่ได้รับผลกระทบ (ช่วง)", "Affected households (band)"),
        PUBLIC,
        codes=CodeList.read("affected_band"),
        import_from=("affected_band",),
    )
    description: Mapped[str | None] = field(
        Text("รายละเอียด", "Description"), STAFF, import_from=("description", "รายละเอียด")
    )
    evidence: Mapped[str | None] = field(Text("หลักฐาน", "Evidence"), STAFF, import_from=("evidence", "หลักฐาน"))
    reporter_role: Mapped[str | None] = field(
        Text("บทบาทผู้แจ้ง", "Role of the reporter"),
        STAFF,
        codes=CodeList.read("reporter_role"),
        import_from=("reporter_role", "ผู้แจ้ง"),
    )
    threatens: Mapped[str | None] = field(
        Text("สิ่งที่ถูกคุกคาม", "What it threatens"),
        PUBLIC,
        codes=CodeList.read("threatened"),
        many=True,
        import_from=("threatens", "สิ่งที่ถูกคุกคาม"),
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
    """Only what a second person has verified leaves for the public (DESIGN §4, layers)."""
    return row.status.in_(RISK.public)


LAYER = Layer(
    id="risk_point",
    title=Text("จุดเสี่ยง", "Risk points"),
    about=Text("จุดเสี่ยงที่ตรวจสอบแล้ว", "Risk points, verified ones for the public"),
    table=RiskPoint,
    keys=(("risk_code",),),
    zooms=range(9, 20),
    stack=Stack.POINTS,
    group=Group.RISKS,
    carried=("hazard_year",),
    found_by=("risk_code", "name_th"),
    style=Style(color="#d7301f", fill_opacity=0.95, symbol="triangle", by="band"),
    popup=(
        "name_th",
        "kind",
        "band",
        "score",
        "likelihood",
        "severity",
        "status",
        "inspected_on",
        "cause",
        "seen_on",
        "affected_band",
        "threatens",
        "division",
        "plan_activity",
        "due_on",
    ),
    source=Text("การสำรวจจุดเสี่ยงชุมชนและกองช่าง", "Community and engineering surveys"),
    licence="ODbL-1.0",
    maps=("town", "community"),
    editors=Audience.COMMUNITY,
    locking=True,
    life="risk",
    photographed=True,
    name_field="name_th",
    public_rows=seen_by_the_public,
    public_rows_say=Text("เฉพาะที่ตรวจสอบแล้ว", "verified ones only"),
)
