"""Flood stations: gauges and cameras on the canals, with the levels at which water leaves its bed.

Yellow above the bank less 1.50 m and red above the bank are derived defaults; the municipality's announcement wins.
"""

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

PUBLIC = Audience.PUBLIC


class FloodStation(LayerTable):
    """One gauge or camera."""

    __tablename__ = "flood_station"

    station_code: Mapped[str | None] = field(
        Text("รหัสสถานี", "Station code"),
        PUBLIC,
        import_from=("station_code", "rid_code", "ref", "รหัสสถานี", "code"),
        indexed=True,
    )
    aliases: Mapped[str | None] = field(Text("รหัสอื่น", "Other codes"), PUBLIC, import_from=("aliases", "thaiwater_id"))
    name_th: Mapped[str | None] = field(
        Text("ชื่อสถานี", "Name in Thai"), PUBLIC, import_from=("name_th", "name", "ชื่อสถานี")
    )
    name_en: Mapped[str | None] = field(Text("ชื่ออังกฤษ", "Name in English"), PUBLIC, import_from=("name_en",))
    kind: Mapped[str | None] = field(
        Text("ชนิดสถานี", "Kind"), PUBLIC, codes=CodeList.read("station_kind"), import_from=("kind", "ชนิด")
    )
    canal: Mapped[str | None] = field(Text("ลำน้ำ", "River or canal"), PUBLIC, import_from=("canal", "river", "ลำน้ำ"))
    network: Mapped[str | None] = field(
        Text("หน่วยงาน", "Network"), PUBLIC, import_from=("network", "agency", "หน่วยงาน")
    )
    ground_m: Mapped[float | None] = field(
        Text("ระดับท้องน้ำ (ม.รทก.)", "Ground (m above MSL)"),
        PUBLIC,
        unit="m",
        import_from=("zero_or_ground_m_msl", "ground_m"),
    )
    bank_m: Mapped[float | None] = field(
        Text("ระดับตลิ่ง (ม.รทก.)", "Bank (m above MSL)"),
        PUBLIC,
        unit="m",
        import_from=("bank_full_m_msl", "bank_m", "ระดับตลิ่ง"),
    )
    warning_m: Mapped[float | None] = computed(
        Text("ระดับเฝ้าระวัง (ม.รทก.)", "Warning (m above MSL)"),
        PUBLIC,
        "round((bank_m - 1.5)::numeric, 3)::double precision",
    )
    note: Mapped[str | None] = field(Text("หมายเหตุ", "Note"), PUBLIC, import_from=("note", "หมายเหตุ"))
    community_id: Mapped[int | None] = link(Text("ชุมชน", "Community"), PUBLIC, to="community", code="community_code")
    geom: Mapped[WKBElement] = shape("POINT", public=Published.AS_IT_IS)


LAYER = Layer(
    id="flood_station",
    title=Text("สถานีเฝ้าระวังน้ำ", "Flood stations"),
    about=Text("สถานีวัดระดับน้ำและกล้องเฝ้าระวัง", "Water-level gauges and flood-watch cameras"),
    table=FloodStation,
    keys=(("station_code",), ("name_th",)),
    zooms=range(7, 20),
    stack=Stack.POINTS,
    group=Group.RISKS,
    found_by=("station_code", "name_th", "name_en"),
    style=Style(color="#1565c0", fill_opacity=1.0, symbol="drop", by="kind", label="station_code", label_from_zoom=13),
    popup=("station_code", "name_th", "name_en", "kind", "canal", "network", "bank_m", "warning_m", "note"),
    source=Text("กรมชลประทาน คลังข้อมูลน้ำ และเครือข่ายเฝ้าระวังหาดใหญ่", "RID, ThaiWater and the Hat Yai flood-watch network"),
    licence="official figures, name the publisher",
    maps=("town", "community"),
    editors=Audience.STAFF,
    name_field="name_th",
)
