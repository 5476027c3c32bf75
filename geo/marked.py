"""The columns that every mark has beside its own: where it is in its life, and what a town does about it."""

from __future__ import annotations

import datetime as dt

from geo.codes import CodeList
from geo.errors import Text
from geo.layer import Audience, Mapped, field

# After a layer's own columns, before those that every row has.
_AFTER = 20


class Marked:
    """A table whose rows have a life (`geo/life.py`); to be named before `LayerTable`."""

    status: Mapped[str | None] = field(
        Text("สถานะ", "Status"),
        Audience.PUBLIC,
        codes=CodeList.read("risk_status"),
        import_from=("status", "สถานะ"),
        indexed=True,
        order=_AFTER,
    )
    inspected_on: Mapped[dt.date | None] = field(
        Text("วันที่ตรวจล่าสุด", "Last inspected on"),
        Audience.PUBLIC,
        import_from=("inspected_on", "วันที่ตรวจ"),
        order=_AFTER,
    )
    reinspect_on: Mapped[dt.date | None] = field(
        Text("ต้องตรวจซ้ำภายใน", "To be inspected again by"),
        Audience.PUBLIC,
        import_from=("reinspect_on", "วันตรวจซ้ำ"),
        order=_AFTER,
    )
    belongs_to: Mapped[str | None] = field(
        Text("เจ้าของพื้นที่", "Whose ground it is"),
        Audience.PUBLIC,
        codes=CodeList.read("land_agency"),
        import_from=("belongs_to", "เจ้าของพื้นที่"),
        order=_AFTER,
    )
    division: Mapped[str | None] = field(
        Text("หน่วยงานที่รับผิดชอบ", "Division in charge"),
        Audience.PUBLIC,
        codes=CodeList.read("division"),
        import_from=("division", "หน่วยงานที่รับผิดชอบ"),
        order=_AFTER,
    )
    plan_activity: Mapped[str | None] = field(
        Text("กิจกรรมในแผน", "Plan activity"),
        Audience.PUBLIC,
        import_from=("plan_activity", "กิจกรรม"),
        order=_AFTER,
    )
    budget_baht: Mapped[int | None] = field(
        Text("งบประมาณ (บาท)", "Budget (baht)"),
        Audience.PUBLIC,
        unit="฿",
        import_from=("budget_baht", "งบประมาณ"),
        at_least=0,
        order=_AFTER,
    )
    due_on: Mapped[dt.date | None] = field(
        Text("กำหนดแล้วเสร็จ", "Due on"),
        Audience.PUBLIC,
        import_from=("due_on", "กำหนดเสร็จ"),
        order=_AFTER,
    )
