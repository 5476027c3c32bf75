"""Buildings (โรงเรือน): what stands on a parcel."""

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


class Building(LayerTable):
    """One building of the tax map."""

    __tablename__ = "building"

    building_code: Mapped[str | None] = field(
        Text("รหัสโรงเรือน", "Building code"), PUBLIC, import_from=("building_code", "รหัสโรงเรือน"), indexed=True
    )
    use: Mapped[str | None] = field(
        Text("การใช้อาคาร", "Use"),
        PUBLIC,
        codes=CodeList.read("building_use"),
        import_from=("use", "building_use", "การใช้"),
    )
    building_type: Mapped[str | None] = field(
        Text("ประเภทสิ่งปลูกสร้าง (กรมธนารักษ์)", "Treasury building type"),
        STAFF,
        codes=CodeList.read("building_type"),
        import_from=("building_type", "type_code", "ประเภทสิ่งปลูกสร้าง"),
    )
    structure: Mapped[str | None] = field(
        Text("ลักษณะ (ตึก/ไม้)", "Structure"),
        STAFF,
        codes=CodeList.read("structure"),
        import_from=("structure", "ลักษณะ"),
    )
    storeys: Mapped[int | None] = field(
        Text("จำนวนชั้น", "Storeys"),
        PUBLIC,
        import_from=("storeys", "floors", "BldgStories", "จำนวนชั้น"),
        at_least=0,
        at_most=120,
    )
    area_square_metres: Mapped[float | None] = field(
        Text("พื้นที่ในผัง (ตร.ม.)", "Footprint (m²)"), PUBLIC, unit="m²", measure="area"
    )
    floor_area_square_metres: Mapped[Decimal | None] = field(
        Text("พื้นที่ใช้สอยรวมทุกชั้น (ตร.ม.)", "Floor area of all storeys (m²)"),
        STAFF,
        unit="m²",
        import_from=("floor_area", "พื้นที่รวม", "พื้นที่รวม ตร.ม.", "พื้นที่ใช้สอย"),
        at_least=0,
    )
    year_built: Mapped[int | None] = field(
        Text("ปีที่สร้าง (ค.ศ.)", "Year built (CE)"),
        STAFF,
        import_from=("year_built", "AYBYrBuilt", "ปีที่สร้าง"),
        at_least=1700,
        at_most=2200,
    )
    soi: Mapped[str | None] = field(Text("ซอย", "Lane (soi)"), PUBLIC, import_from=("soi", "bldg_soi", "lane", "ซอย"))
    house_no: Mapped[str | None] = field(Text("บ้านเลขที่", "House number"), STAFF, import_from=("house_no", "บ้านเลขที่"))
    house_code: Mapped[str | None] = field(
        Text("เลขรหัสประจำบ้าน", "House registration code"),
        STAFF,
        import_from=("house_code", "เลขรหัสประจำบ้าน"),
        pattern=r"[0-9]{11}",
    )
    baht_per_square_metre: Mapped[Decimal | None] = field(
        Text("ราคาประเมินต่อ ตร.ม. (บาท)", "Appraised baht per m²"),
        TAX,
        unit="THB",
        import_from=("baht_per_square_metre", "ราคาประเมินต่อตารางเมตร", "ราคาต่อ ตร.ม."),
        at_least=0,
        nature=Nature.PERSON,
    )
    appraised_baht: Mapped[Decimal | None] = field(
        Text("ราคาประเมิน (บาท)", "Appraised value (baht)"),
        TAX,
        unit="THB",
        import_from=("estimated_price", "ราคาประเมิน"),
        at_least=0,
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
    geom: Mapped[WKBElement] = shape("POLYGON", public=Published.AS_IT_IS)


LAYER = Layer(
    id="building",
    title=Text("โรงเรือน", "Buildings"),
    about=Text("โรงเรือนและสิ่งปลูกสร้าง", "Buildings of the tax map"),
    table=Building,
    keys=(("building_code",),),
    zooms=range(10, 21),
    stack=Stack.BUILDINGS,
    group=Group.LAND,
    carried=("building_type", "structure", "year_built"),
    found_by=("building_code", "house_no", "house_code"),
    names_places=("soi",),
    style=Style(color="#8d6e63", fill_opacity=0.75, stroke_width=0.5, by="use"),
    popup=("building_code", "use", "storeys", "area_square_metres", "soi"),
    source=Text("แผนที่ภาษีของเทศบาล", "The municipality's tax map"),
    licence="municipal data, no owner or value",
    maps=("town", "community"),
    editors=Audience.TAX,
    processing=Processing(
        subjects=Text("เจ้าของสิ่งปลูกสร้าง", "Owners of buildings"),
        data=Text("ราคาประเมิน", "Appraised values"),
        purpose=Text("จัดเก็บภาษีที่ดินและสิ่งปลูกสร้าง (พ.ร.บ. 2562)", "Collecting the land and building tax (Act B.E. 2562)"),
        basis=Basis.LEGAL_DUTY,
        recipients=Text("งานภาษีของเทศบาลเท่านั้น", "The town's tax office only"),
        kept=Kept(years=None, past_years=10),
    ),
    name_field="building_code",
    generalise=Generalise(below=15),
)
