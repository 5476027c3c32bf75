"""Sheets (ระวาง) of the survey and of the tax map: an index of the paper (DOMAIN §2.1, §2.6)."""

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
)  # fmt: skip

PUBLIC = Audience.PUBLIC


class TaxSheet(LayerTable):
    """One sheet."""

    __tablename__ = "tax_sheet"

    sheet_no: Mapped[str | None] = field(
        Text("ระวาง", "Sheet"), PUBLIC, import_from=("sheet_no", "mapsheet", "map_sheet", "ระวาง"), indexed=True
    )
    scale: Mapped[str | None] = field(
        Text("มาตราส่วน", "Scale"),
        PUBLIC,
        codes=CodeList.read("sheet_scale"),
        import_from=("scale", "utm_scale", "มาตราส่วน"),
    )
    numbering: Mapped[str | None] = field(
        Text("ที่มาของเลขระวาง", "Where its number comes from"), PUBLIC, import_from=("numbering", "ที่มา")
    )
    geom: Mapped[WKBElement] = shape("POLYGON", public=Published.AS_IT_IS)


LAYER = Layer(
    id="tax_sheet",
    title=Text("ระวางแผนที่", "Map sheets"),
    about=Text("ดัชนีระวางแผนที่", "An index of map sheets"),
    table=TaxSheet,
    keys=(("sheet_no", "scale"),),
    zooms=range(11, 21),
    stack=Stack.AREAS,
    group=Group.LAND,
    style=Style(
        color="#546e7a",
        fill_opacity=0.04,
        stroke_width=1.0,
        dash="2 4",
        label="sheet_no",
        label_from_zoom=13,
        label_fits=True,
    ),
    popup=("sheet_no", "scale", "numbering"),
    source=Text("ดัชนีระวางของเทศบาล", "The municipality's index of sheets"),
    licence="municipal data",
    is_index=True,
    maps=("town",),
    editors=Audience.TAX,
    shown_at_start=False,
    found_by=("sheet_no",),
    name_field="sheet_no",
)
