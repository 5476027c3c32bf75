"""Sign boards (ป้าย): what the sign tax is worked out from (DOMAIN §3.9)."""

import datetime as dt

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

PUBLIC, STAFF, TAX = Audience.PUBLIC, Audience.STAFF, Audience.TAX


class SignBoard(LayerTable):
    """One sign, or one face of it."""

    __tablename__ = "sign_board"

    sign_code: Mapped[str | None] = field(
        Text("รหัสป้าย", "Sign code"), PUBLIC, import_from=("sign_code", "sign_id", "รหัสป้าย"), indexed=True
    )
    kind: Mapped[str | None] = field(
        Text("ประเภทป้าย", "Kind of sign"),
        PUBLIC,
        codes=CodeList.read("sign_kind"),
        import_from=("kind", "sign_kind", "sign_type", "ประเภทป้าย"),
    )
    moving: Mapped[bool | None] = field(
        Text("เคลื่อนที่หรือเปลี่ยนข้อความได้", "Moves or changes its text"), PUBLIC, import_from=("moving", "ป้ายเคลื่อนที่")
    )
    width_cm: Mapped[int | None] = field(
        Text("กว้าง (ซม.)", "Width (cm)"),
        PUBLIC,
        unit="cm",
        import_from=("width_cm", "กว้าง"),
        at_least=1,
        at_most=20_000,
    )
    height_cm: Mapped[int | None] = field(
        Text("สูง (ซม.)", "Height (cm)"), PUBLIC, unit="cm", import_from=("height_cm", "สูง"), at_least=1, at_most=20_000
    )
    faces: Mapped[int | None] = field(
        Text("จำนวนด้าน", "Faces"), PUBLIC, import_from=("faces", "จำนวนด้าน"), at_least=1, at_most=20
    )
    surveyed_on: Mapped[dt.date | None] = field(
        Text("วันที่สำรวจ", "Surveyed on"), STAFF, import_from=("surveyed_on", "วันที่สำรวจ")
    )
    words: Mapped[str | None] = field(Text("ข้อความบนป้าย", "Words on it"), STAFF, import_from=("words", "ข้อความ"))
    owner_name: Mapped[str | None] = field(
        Text("ชื่อเจ้าของป้าย", "Owner's name"),
        TAX,
        import_from=("owner_name", "own_name", "ชื่อเจ้าของ"),
        nature=Nature.PERSON,
    )
    parcel_id: Mapped[int | None] = link(
        Text("แปลงที่ดิน", "Parcel"),
        PUBLIC,
        to="parcel",
        code="parcel_code",
        import_from=("parcel_code", "PARCEL_COD", "รหัสแปลง"),
    )
    community_id: Mapped[int | None] = link(Text("ชุมชน", "Community"), PUBLIC, to="community", code="community_code")
    geom: Mapped[WKBElement] = shape("POINT", public=Published.AS_IT_IS)


LAYER = Layer(
    id="sign_board",
    title=Text("ป้าย", "Sign boards"),
    about=Text("ป้ายที่อยู่ในข่ายภาษีป้าย", "Signs that the sign tax is about"),
    table=SignBoard,
    keys=(("sign_code",),),
    zooms=range(13, 21),
    stack=Stack.POINTS,
    group=Group.LAND,
    found_by=("sign_code",),
    style=Style(color="#8d6e63", symbol="square", by="kind"),
    popup=("sign_code", "kind", "moving", "width_cm", "height_cm", "faces"),
    source=Text("แผนที่ภาษีของเทศบาล", "The municipality's tax map"),
    licence="municipal data, no owner",
    maps=("town", "community"),
    editors=TAX,
    shown_at_start=False,
    processing=Processing(
        subjects=Text("เจ้าของป้าย", "Owners of signs"),
        data=Text("ชื่อเจ้าของ", "Owners' names"),
        purpose=Text("จัดเก็บภาษีป้าย (พ.ร.บ. 2510)", "Collecting the sign tax (Act B.E. 2510)"),
        basis=Basis.LEGAL_DUTY,
        recipients=Text("งานภาษีของเทศบาลเท่านั้น", "The town's tax office only"),
        kept=Kept(years=None, past_years=10),
    ),
    name_field="sign_code",
)
