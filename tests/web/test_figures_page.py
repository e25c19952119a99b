"""The figures as their page and files show them, and the drawings."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from lxml import html
from people import House, make_lot, make_patient, make_signed, make_test
from sheets import sheet_of

from temoin.lib.clock import now
from temoin.lib.zones import HOUSE, today_in
from temoin.testing.actions import take_sample
from temoin.testing.sample import Reading, Sample
from temoin.testing.signing import sign_result
from temoin.web.charts import BarOf, BarPart, bar_chart, column_chart, nice_top

TABLES = ["days", "kinds", "targets", "hours", "people", "kits", "waits", "letters"]


@pytest.fixture
def signed(house: House) -> None:
    patient_id, lot_id = make_patient(house.owner), make_lot(house.owner)
    for outcome in ("positive", "negative", "negative"):
        make_signed(house.owner, patient_id, lot_id, outcome=outcome)


@pytest.mark.usefixtures("signed")
def test_each_chart_is_named_and_has_its_table_and_its_file(owner: Client):
    page = html.fromstring(owner.get(reverse("figures")).content)

    drawings = page.xpath('//svg[@role="img"]')
    assert [one.getparent().xpath(".//h2/@id")[0] for one in drawings] == TABLES
    for drawing in drawings:
        figure = drawing.getparent()
        assert [one.text for one in figure.xpath(".//table/caption")] == [drawing.findtext("title")]
        assert drawing.findtext("desc")
        assert len(figure.xpath(".//tbody/tr")) >= 1
    assert not page.xpath("//@style")


@pytest.mark.usefixtures("signed")
@pytest.mark.parametrize("name", TABLES)
def test_a_file_has_what_its_table_shows(owner: Client, name):
    answer = owner.get(reverse("figures_file", args=[name]))

    rows = sheet_of(answer)
    assert len({len(row) for row in rows}) == 1
    if name == "days":
        assert rows[-1] == [today_in(HOUSE).isoformat(), "1", "2", "0", "0", "3"]
    if name == "targets":
        assert rows[1] == ["sars-cov-2", "1", "2", "0", "33,3"]


@pytest.mark.usefixtures("signed")
def test_measures_have_a_column_where_something_was_measured(owner: Client, house: House):
    assert "Mesuré" not in owner.get(reverse("figures")).content.decode()
    record_id = make_test(house.owner, make_patient(house.owner), kind="capillary-glucose")
    sample = Sample("capillary-blood", now(), make_lot(house.owner, kit="hemocue-glucose-201"))
    take_sample(by=house.owner, record_id=record_id, sample=sample, seen="")
    sign_result(by=house.owner, record_id=record_id, reading=Reading({"glucose": "1.26 g/L"}, read_at=now()), seen="")

    rows = sheet_of(owner.get(reverse("figures_file", args=["days"])))

    assert "Mesuré" in owner.get(reverse("figures")).content.decode()
    assert rows[-1] == [today_in(HOUSE).isoformat(), "1", "2", "0", "1", "0", "4"]


def test_a_period_without_tests_says_so(owner: Client):
    page = owner.get(reverse("figures"), {"since": "01/01/2026", "until": "31/01/2026"})

    assert "Aucun test n’a été signé ces jours-là." in page.content.decode()
    assert owner.get(reverse("figures_file", args=["nothing"])).status_code == 404
    assert owner.get(reverse("figures"), {"since": "x"}).status_code == 400
    assert owner.get(reverse("figures_file", args=["days"]), {"since": "x"}).status_code == 400


def test_a_column_is_as_tall_as_what_it_counts():
    bars = [BarOf(str(count), [BarPart("positive", count, ""), BarPart("negative", 1, "")]) for count in range(100)]

    chart = column_chart(bars)

    heights = {box.height for box in chart.boxes if box.tone == "negative"}
    assert len(heights) == 1
    assert float(chart.boxes[-2].height) == pytest.approx(99 * float(heights.pop()), rel=0.02)
    assert len([text for text in chart.texts if text.anchor == "middle"]) <= 7


@pytest.mark.parametrize(("most", "top"), [(0, 1), (1, 1), (2, 2), (3, 4), (5, 10), (11, 20), (99, 100), (101, 200)])
def test_a_scale_ends_on_a_round_number(most, top):
    assert nice_top(most) == top


def test_a_chart_without_anything_is_drawn_empty():
    assert column_chart([]).boxes == []
    assert bar_chart([BarOf("rien", [BarPart("plain", 0, "")], "0")]).boxes == []
