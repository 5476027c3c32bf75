"""Charts as markup: escaped, well formed, named, the same on paper."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ElementTree

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.render.charts import RAMPS, Area, Bar, Step, bars, choropleth, in_a_cell, shortened
from geo.shapes.outlines import WIDTH, drawn
from geo.shapes.reach import within_reach

SVG = "{http://www.w3.org/2000/svg}"
# Thai with its marks above and below, and whatever means something to HTML, XML, `format` or a spreadsheet.
WORDS = st.text(st.sampled_from("กขฃชฐ็่้ิุู์ำ๙ abcZ09<>&\"'`{}%$=…–🙂"), max_size=60)
VALUES = st.one_of(st.none(), st.floats(min_value=-1e9, max_value=1e9))


@given(st.lists(st.tuples(WORDS, VALUES), max_size=8), WORDS)
def test_whatever_words_say_a_chart_stays_a_picture_with_a_title(
    rows: list[tuple[str, float | None]], title: str
) -> None:
    shown = [Bar(label=label, value=value, told=label) for label, value in rows]
    found = ElementTree.fromstring(str(bars("a", shown, title=title, about=title)))
    assert found.get("role") == "img"
    named = {one.get("id"): one.text or "" for one in found if one.tag in (f"{SVG}title", f"{SVG}desc")}
    assert named == {"a-title": title, "a-desc": title}
    texts = [one.text or "" for one in found.iter(f"{SVG}text")]
    assert texts == [part for label, _ in rows for part in (shortened(label), label)]
    lengths = [float(one.get("width", "")) for one in found.iter(f"{SVG}rect")]
    assert all(0 < one <= 340 - 74 for one in lengths)
    assert "style" not in {name for one in found.iter() for name in one.attrib}


def test_bars_of_several_charts_share_a_scale() -> None:
    def width(value: float) -> float:
        found = bars("a", [Bar(label="ก", value=value, told="")], title="", about="", longest=100)
        return float(next(ElementTree.fromstring(str(found)).iter(f"{SVG}rect")).get("width", ""))

    assert width(50) == width(100) / 2


def test_a_choropleth_hatches_what_has_no_class_and_marks_where_there_is_room() -> None:
    areas = [
        Area(path="M0 0l9 0 0 9z", point=(5, 5), step=step, told=f"<b>{step}</b>", mark="1")
        for step in (0, 1, None)
    ] + [Area(path="M0 0l1 0 0 1z", point=None, step=1, told="แคบ", mark="2")]  # fmt: skip
    legend = [Step(label="0 – 1", color=RAMPS[2][0]), Step(label="ยังไม่มีข้อมูล", color=None)]
    found = ElementTree.fromstring(str(choropleth("m", areas, legend, height=100, title="ก", about="ข")))
    fills = [one.get("fill") for one in found.iter(f"{SVG}path")]
    assert fills == [RAMPS[2][0], RAMPS[2][1], "url(#m-none)", RAMPS[2][1]]
    assert [one.text for one in found.iter(f"{SVG}text") if one.get("class") == "mark"] == ["1", "1", "1"]
    assert "ยังไม่มีข้อมูล" in [one.text for one in found.iter(f"{SVG}text")]
    assert next(found.iter(f"{SVG}path"))[0].text == "<b>0</b>"


@pytest.mark.parametrize("ramp", RAMPS[1:])
def test_a_ramp_grows_darker_so_that_a_copier_tells_its_steps_apart(ramp: tuple[str, ...]) -> None:
    def light(color: str) -> float:
        parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lights = [light(color) for color in ramp]
    assert all(one / other > 1.25 for one, other in itertools.pairwise(lights))


def test_a_bar_in_a_cell_is_as_long_as_its_share() -> None:
    assert 'width="25.0"' in in_a_cell(5, 20)
    assert in_a_cell(None, 20) == in_a_cell(1, 0) == ""


def test_outlines_fill_the_picture_and_what_is_none_has_none() -> None:
    shapes = [shapely.box(100, 7, 100.01, 7.01), None, shapely.Point(1, 2), shapely.box(100.01, 7, 100.02, 7.01)]
    found = drawn(shapes)
    assert [one is not None for one in found.paths] == [True, False, False, True]
    assert found.points[1] is None
    assert found.points[0] is not None
    assert 0 < found.points[0][0] < WIDTH / 2
    assert found.height == pytest.approx(WIDTH / 2, rel=0.02)
    tall = drawn([shapely.box(100, 7, 100.001, 7.05)])
    assert tall.height == pytest.approx(WIDTH * 1.15, rel=0.01)
    assert drawn([None]).height == 0


def test_what_lies_within_reach_is_so_many_metres_away() -> None:
    canal = shapely.LineString([(100.5, 7.0), (100.51, 7.0)])
    found = within_reach(canal, 300)
    # 300 m are 0.00271 degrees of latitude; the spheroid's degree is shorter by half of a percent at 7° N.
    assert found.bounds[3] - 7.0 == pytest.approx(300 / 110_580, rel=0.01)
    assert found.bounds[2] - 100.51 == pytest.approx(300 / 110_495, rel=0.01)
