"""Pictures are told in words, stand under the strictest policy, and are read without colour."""

import re
from xml.etree import ElementTree as ET

import pytest

from gateway.desk.figures import measures
from gateway.desk.figures.charts.dots import dot_chart
from gateway.desk.figures.charts.funnel_chart import funnel_chart
from gateway.desk.figures.funnel import funnel
from gateway.desk.figures.tables import Table, tables
from tests.gateway.desk.figures import made

SVG = "{http://www.w3.org/2000/svg}"
NAMES = {f"police-{n}": f"Força & <b>{n}</b>" for n in range(10, 53)}


def table(measure: str, count: int = 900) -> Table:
    (found,) = tables(made.many(count, forces=43), "force", made.NOW, NAMES, [measures.BY_ID[measure]])
    return found


def drawn(text: str | None) -> ET.Element:
    assert text is not None
    return ET.fromstring(text)


def test_a_funnel_is_an_image_with_a_name_and_its_whole_content_in_words() -> None:
    """Areas that are outside are named in the words and in the picture, and what an area is called is only text."""
    made_funnel = funnel(table("agreed"))
    assert made_funnel is not None
    root = drawn(funnel_chart(made_funnel, "police-10"))
    assert (root.tag, root.get("role")) == (f"{SVG}svg", "img")
    title, told = root.findall(f"{SVG}title"), root.findall(f"{SVG}desc")
    assert root.get("aria-labelledby") == f"{title[0].get('id')} {told[0].get('id')}"
    outside = [point for point in made_funnel.points if point.place != "within"]
    words = told[0].text or ""
    assert all(f"{point.name} is " in words for point in outside)
    assert "Força & <b>10</b>" in [each.text for each in root.iter(f"{SVG}text")]
    rings, triangles = list(root.iter(f"{SVG}circle")), list(root.iter(f"{SVG}path"))
    assert len(rings) - 1 + len(triangles) - 2 == len(made_funnel.points)


@pytest.mark.parametrize("measure", ["agreed", "days-to-answer"])
def test_a_row_for_each_area_in_the_order_of_their_names(measure: str) -> None:
    """Never in the order of their figures."""
    found = table(measure)
    root = drawn(dot_chart(found, "police-11"))
    names = [each.text for each in root.iter(f"{SVG}text") if (each.text or "").startswith("Força")]
    assert [each.removesuffix(" (few cases)") for each in names] == [row.name for row in found.rows if row.cell.of]
    assert names == sorted(names)


def test_no_picture_needs_a_style_a_script_or_a_colour() -> None:
    """Attributes alone, black and greys; nothing is fetched, and nothing can be executed."""
    made_funnel = funnel(table("agreed"))
    assert made_funnel is not None
    for text in (funnel_chart(made_funnel), dot_chart(table("agreed")), dot_chart(table("days-to-answer"))):
        assert text is not None
        assert not re.search(r"<style|style=|<script|href|url\(|on[a-z]+=|@import|foreignObject", text)
        assert set(re.findall(r"#[0-9a-f]{6}", text)) <= {"#0b0c0c", "#505a5f", "#ffffff", "#d8dadc"}


def test_a_picture_is_the_same_when_it_is_drawn_again() -> None:
    """No date and no random name is in it: its digest can be stated."""
    first, again = funnel(table("agreed")), funnel(table("agreed"))
    assert first is not None
    assert again is not None
    assert funnel_chart(first) == funnel_chart(again)


def test_where_there_is_nothing_to_compare_there_is_no_picture() -> None:
    """One area, no cases, or a count."""
    assert funnel(table("requests")) is None
    assert dot_chart(table("requests")) is None
    assert dot_chart(table("agreed", 0)) is None
    assert funnel(table("agreed", 0)) is None
