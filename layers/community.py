"""Communities: the ชุมชน a municipality has announced, with their outlines where somebody has drawn them.

A community without an outline is kept too: the lists come first and the outlines are drawn later.
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


class Community(LayerTable):
    """One announced community."""

    __tablename__ = "community"

    community_code: Mapped[str | None] = field(
        Text("รหัสชุมชน", "Community code"),
        PUBLIC,
        import_from=("community_code", "TAM_CODE", "tambon_code", "ADM3_PCODE", "รหัสชุมชน", "code"),
        strip=r"^TH(?=[0-9])",
        indexed=True,
    )
    name_th: Mapped[str] = field(
        Text("ชื่อชุมชน", "Community"),
        PUBLIC,
        import_from=(
            "name_th",
            "community_name",
            "ชื่อชุมชน",
            "ชุมชน",
            "name",
            "TAM_NAM_T",
            "ADM3_TH",
            "list_name",
        ),
        indexed=True,
    )
    name_en: Mapped[str | None] = field(
        Text("ชื่ออังกฤษ", "Name in English"),
        PUBLIC,
        import_from=("name_en", "community_name_en", "TAM_NAM_E", "ADM3_EN"),
    )
    aliases: Mapped[str | None] = field(Text("ชื่ออื่น", "Other names"), PUBLIC, import_from=("aliases", "alias", "ชื่ออื่น"))
    kind: Mapped[str | None] = field(
        Text("ลักษณะชุมชน", "Kind"),
        PUBLIC,
        codes=CodeList.read("community_kind"),
        import_from=("kind", "ลักษณะ"),
    )
    zone: Mapped[str | None] = field(Text("เขต/โซน", "Zone"), PUBLIC, import_from=("zone", "เขต", "โซน"))
    announced_on: Mapped[dt.date | None] = field(
        Text("วันที่ประกาศ", "Announced on"), PUBLIC, import_from=("announced_on", "วันที่ประกาศ")
    )
    land_owner_agency: Mapped[str | None] = field(
        Text("เจ้าของที่ดินส่วนใหญ่", "Main land owner"),
        Audience.PARTNER,
        codes=CodeList.read("land_agency"),
        import_from=("land_owner", "เจ้าของที่ดิน"),
    )
    registered_households: Mapped[int | None] = field(
        Text("ครัวเรือนตามทะเบียน", "Registered households"),
        PUBLIC,
        import_from=("registered_households", "households", "จำนวนครัวเรือน", "ครัวเรือน"),
        at_least=0,
    )
    registered_people: Mapped[int | None] = field(
        Text("ประชากรตามทะเบียน", "Registered people"),
        PUBLIC,
        import_from=("registered_people", "population", "ประชากร"),
        at_least=0,
    )
    counted_on: Mapped[dt.date | None] = field(Text("วันที่ของจำนวน", "Counted on"), PUBLIC, import_from=("counted_on",))
    registered_source: Mapped[str | None] = field(
        Text("ที่มาของจำนวนตามทะเบียน", "Source of the registered number"),
        PUBLIC,
        import_from=("registered_source", "ที่มาจำนวนตามทะเบียน", "แหล่งทะเบียน"),
    )
    # Those who really live here, registered or not: never put together with the register (DOMAIN 4.4).
    present_people: Mapped[int | None] = field(
        Text("คนที่อยู่จริง", "People really there"),
        PUBLIC,
        import_from=("present_people", "people_present", "ประชากรอยู่จริง", "คนอยู่จริง", "อยู่จริง"),
        at_least=0,
    )
    present_on: Mapped[dt.date | None] = field(
        Text("วันที่นับคนที่อยู่จริง", "People really there counted on"),
        PUBLIC,
        import_from=("present_on", "วันที่นับคนอยู่จริง"),
    )
    present_source: Mapped[str | None] = field(
        Text("ที่มาของจำนวนคนที่อยู่จริง", "Source of the number really there"),
        PUBLIC,
        import_from=("present_source", "ที่มาคนอยู่จริง", "แหล่งคนอยู่จริง"),
    )
    problems: Mapped[str | None] = field(
        Text("ปัญหาที่ชุมชนระบุ", "Problems the community names"),
        PUBLIC,
        codes=CodeList.read("problem"),
        many=True,
        import_from=("problems", "ปัญหา"),
    )
    boundary_note: Mapped[str | None] = field(
        Text("ที่มาของแนวเขต", "Where the outline comes from"),
        PUBLIC,
        import_from=("boundary_note", "หมายเหตุแนวเขต"),
    )
    note: Mapped[str | None] = field(
        Text("บันทึกของเจ้าหน้าที่", "Staff note"), Audience.STAFF, import_from=("note", "หมายเหตุ")
    )
    geom: Mapped[WKBElement | None] = shape("POLYGON", public=Published.AS_IT_IS, required=False)


LAYER = Layer(
    id="community",
    title=Text("ชุมชน", "Communities"),
    about=Text("ชุมชนตามประกาศเทศบาล", "Communities as announced by the municipality"),
    table=Community,
    keys=(("community_code",), ("name_th", "zone"), ("name_th",)),
    zooms=range(8, 20),
    stack=Stack.AREAS,
    group=Group.BOUNDARIES,
    carried=("announced_on", "land_owner_agency"),
    found_by=("name_th", "name_en", "aliases", "community_code", "zone"),
    style=Style(
        color="#f0b400", fill_opacity=0.18, stroke_width=2.0, by="kind", label="name_th", label_from_zoom=13
    ),
    popup=(
        "name_th", "name_en", "aliases", "kind", "zone", "registered_households", "registered_people", "counted_on",
        "present_people", "present_on", "problems", "boundary_note",
    ),
    source=Text("ประกาศเทศบาลและผังชุมชน", "Municipal announcements and community maps"),
    licence="ODbL-1.0",
    maps=("town", "community"),
    editors=Audience.STAFF,
    name_field="name_th",
)  # fmt: skip
