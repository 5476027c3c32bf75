"""A simulation as a page, a file and a release tell it: one document, of which nothing is told that is not in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session

from api.reading.exports import Column, Sheet
from api.reading.looking import Picture
from geo.errors import Text
from geo.render.charts import RAMPS, Area, Step, choropleth
from geo.render.popup import pair
from geo.shapes.classes import natural_classes
from geo.store.simulation import town_rows
from geo.tax.disclosure import AT_LEAST, NO_COMMUNITY, ROUNDED_TO_BAHT
from geo.tax.lines import distinct
from geo.tax.scenario import Scenario, as_words, run, told_of
from geo.tax.telling import Figure, class_label, exact_figures, fixed_blocks, told_figures
from geo.tax.town import TownRules
from geo.tax.town_base import FULLEST, REASONS, Farms, Homes, Public, Vacant

NOWHERE = Text("ไม่อยู่ในชุมชนใด", "In no community")
TOGETHER = Text("หลายชุมชนรวมกัน (แต่ละแห่งน้อยเกินไป)", "Several communities together (each too few)")
SEVERAL_USES = Text("ใช้หลายประเภท หรือรวมกันไว้", "Several uses, or put together")
NOT_TOLD = Text("ไม่บอก", "not told")
ASSUMED: Mapping[Any, Text] = {
    Homes.ASKED: Text("ไม่นับ", "leave out"), Homes.MAIN: Text("คิดเป็นบ้านหลังหลัก", "as main homes"),
    Homes.OTHER: Text("คิดเป็นที่อยู่อาศัยอื่น", "as other residences"),
    Farms.PERSON: Text("คิดเป็นของบุคคลธรรมดา", "as a natural person's"),
    Farms.JURISTIC: Text("คิดเป็นของนิติบุคคล", "as a juristic person's"),
    Vacant.FIRST: Text("คิดเป็นปีแรก", "as the first year"),
    Public.EXEMPT: Text("ไม่นับ (อาจได้รับยกเว้น)", "leave out (may be exempt)"),
    Public.TAXED: Text("คิดภาษีด้วย", "tax it too"),
}  # fmt: skip
CHOICES: tuple[tuple[str, Text, tuple[Any, ...]], ...] = (
    ("homes", Text("บ้านที่ไม่ทราบว่าเป็นหลังหลัก", "Homes not known to be main ones"), tuple(Homes)),
    ("farms", Text("เกษตรกรรมที่ไม่ทราบประเภทเจ้าของ", "Farms of an unknown kind of owner"), tuple(Farms)),
    ("vacant", Text("ที่ว่างที่ไม่ทราบตั้งแต่ปีใด", "Vacant land, not known since when"), tuple(Vacant)),
    ("public", Text("ทรัพย์สินรัฐ ศาสนสถาน สาธารณะ", "State, religious and public property"), tuple(Public)),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Wished:
    """A scenario of a town, who asks for it, and the year by whose rows the blocks are made."""

    municipality: str
    scenario: Scenario
    town: TownRules
    names: Mapping[int, dict[str, Any]]
    is_exact: bool
    reference_year: int


def simulated(session: Session, wished: Wished) -> dict[str, Any]:
    """The document of a simulation, from the owner's session; BadRequest where too little may be told."""
    scenario, town, reference = wished.scenario, wished.town, wished.reference_year
    rows = town_rows(session, wished.municipality, (scenario.year, scenario.to_year, reference), town)
    base = rows.base(scenario.year, scenario.assumed)
    later = base if scenario.to_year == scenario.year else rows.base(scenario.to_year, scenario.assumed)
    found = run(base, later, scenario, town)
    if wished.is_exact:
        figures = exact_figures(found)
    else:
        fullest = rows.base(reference, FULLEST)
        figures = told_figures(found, fullest, fixed_blocks(fullest, reference, town))
    names = {fid: one["name_th"] for fid, one in wished.names.items()}
    doubts = distinct((*found.before.all.unconfirmed, *found.after.all.unconfirmed))
    return {
        "municipality": wished.municipality, "about": pair(told_of(scenario, names)), "asked": as_words(scenario),
        "told": pair(found.after.all.told), "settings": pair(town.told), "rules": town.rules.version,
        "exact": figures.is_exact, "changes": scenario.changes, "parcels": len(rows.parcels),
        "total": _told(figures.total), "together": _told(figures.together) if figures.together else None,
        "classes": [_of_class(name, one) for name, one in figures.classes.items()],
        "communities": [
            {"id": fid, "name": pair(_name(fid, wished.names)), **_told(one)}
            for fid, one in figures.communities.items()
        ],
        "left_out": [
            {"reason": name, "label": pair(REASONS[name]), "count": count}
            for name, count in base.left_out.items() if count
        ],
        "assumed": [
            pair(Text(f"{label.th}: {ASSUMED[chosen].th}", f"{label.en}: {ASSUMED[chosen].en}"))
            for name, label, options in CHOICES
            if (chosen := getattr(scenario.assumed, name)) is not options[0]
        ],
        "unconfirmed": [pair(one) for one in doubts],
    }  # fmt: skip


def _told(one: Figure) -> dict[str, Any]:
    return {"of": one.of, "parcels": one.parcels, "before": one.before, "after": one.after, "change": one.change}


def _of_class(name: str, one: Figure) -> dict[str, Any]:
    kind = class_label(name)
    return {"class": name, "label": pair(kind.label if kind else SEVERAL_USES), **_told(one)}


def _name(fid: int, names: Mapping[int, dict[str, Any]]) -> Text:
    if fid == NO_COMMUNITY or fid not in names:
        return NOWHERE if fid == NO_COMMUNITY else Text(f"#{fid}", f"#{fid}")
    words = names[fid]
    return Text(words["name_th"], words.get("name_en") or words["name_th"])


def how_told(document: Mapping[str, Any]) -> Text:
    """How exact the figures are, beside them."""
    if document["exact"]:
        return Text("ตัวเลขเต็มสำหรับงานภาษี ทุกสตางค์", "Exact figures, for the tax office")
    return Text(
        f"ปัดเป็น {ROUNDED_TO_BAHT:,} บาท และไม่บอกกลุ่มที่มีน้อยกว่า {AT_LEAST} แปลง หรือที่แปลงเดียวเกินครึ่ง"
        " กลุ่มที่น้อยเกินไปของแต่ละชุมชนอยู่ในแถวหลายชุมชนรวมกัน หรือไม่อยู่ในผลรวมใด",
        f"Rounded to {ROUNDED_TO_BAHT:,} baht; groups of fewer than {AT_LEAST} parcels, or with one above half, are not"
        " told: they stand in the line of several communities together, or in none of the sums",
    )


def sheet_of(document: Mapping[str, Any]) -> Sheet:
    """The communities as a file."""
    columns = (
        ("id", "รหัสรายการ", "Id"), ("community", "ชุมชน", "Community"), ("of", "แปลงที่คิดได้", "Parcels reckoned"),
        ("parcels", "แปลงในตัวเลข", "Parcels in the figures"), ("before", "ก่อน (บาท)", "Before (baht)"),
        ("after", "หลัง (บาท)", "After (baht)"), ("change", "เปลี่ยน (บาท)", "Change (baht)"),
        ("remark", "หมายเหตุ", "Remark"),
    )  # fmt: skip
    rows = [_line(one["id"], Text(**one["name"]), one) for one in document["communities"]]
    if document["together"]:
        rows.append(_line(None, TOGETHER, document["together"]))
    rows.append(_line(None, Text("รวมทั้งเทศบาล", "The whole town"), document["total"]))
    return Sheet(
        title=Text(**document["about"]), columns=[Column(name=name, label=Text(th, en)) for name, th, en in columns],
        rows=rows, about={name: one for name, one in document.items() if name != "communities"},
    )  # fmt: skip


def _line(fid: int | None, name: Text, one: Mapping[str, Any]) -> list[Any]:
    return [
        None if fid == NO_COMMUNITY else fid, name, one["of"], one["parcels"], one["before"], one["after"],
        one["change"], NOT_TOLD if one["after"] is None else None,
    ]  # fmt: skip


def map_of(document: Mapping[str, Any], picture: Picture, language: str) -> Markup | None:
    """The town's communities by what they pay, or by what changes for them; None where none has an outline."""
    if not picture.height:
        return None
    # Of a change its size: it grows darker either way, and its sign stands in the table.
    shown = "change" if document["changes"] else "after"
    values = {one["id"]: None if one[shown] is None else abs(one[shown]) for one in document["communities"]}
    areas = [one for one in picture.communities if one.path]
    classes = natural_classes([values.get(one.id) for one in picture.communities])
    title = Text(**document["about"]).in_language(language)
    drawn = [
        Area(path=one.path or "", point=None, step=classes.of(values.get(one.id)),
             told=_hint(_name(one.id, {one.id: one.words}), values.get(one.id), language))
        for one in areas
    ]  # fmt: skip
    legend = list(_legend(classes, [values.get(one.id) for one in picture.communities], language))
    about = "; ".join(step.label for step in legend)
    return choropleth("tax-map", drawn, legend, height=picture.height, title=title, about=about)


def _legend(classes: Any, values: list[float | None], language: str) -> Iterator[Step]:
    unit = "ชุมชน" if language == "th" else "communities"
    for one, color in zip(classes.classes, RAMPS[len(classes.classes)], strict=True):
        low, high = f"{one.low:,.0f}", f"{one.high:,.0f}"
        yield Step(label=f"{low if low == high else f'{low} – {high}'}  ({one.count} {unit})", color=color)
    if missing := sum(one is None for one in values):
        words = Text("ไม่บอก หรือไม่มีแปลงที่คิดได้", "not told, or nothing to reckon")
        yield Step(label=f"{words.in_language(language)}  ({missing} {unit})", color=None)


def _hint(name: Text, value: float | None, language: str) -> str:
    return f"{name.in_language(language)}: {_amount(value, language)}"


def _amount(value: float | None, language: str) -> str:
    return NOT_TOLD.in_language(language) if value is None else f"{value:,.0f}"
