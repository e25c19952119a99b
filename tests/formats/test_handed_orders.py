"""Foreign orders: which tests they ask for or take back, and what of them is refused by its place."""

from __future__ import annotations

import io
from typing import Any

import pytest
from handed_messages import NOW, changed, order_message
from hypothesis import given
from hypothesis import strategies as st
from strategies import examples

from temoin.formats.csv.cells import CellRules
from temoin.formats.csv.problems import RowErrors
from temoin.formats.csv.tables import Encoding
from temoin.formats.handed.hl7 import Passed
from temoin.formats.handed.hl7_file import raw_messages, told_of_message
from temoin.formats.handed.hl7_orders import TestOrder, judge_order, told_orders

TestOrder.__test__ = False
ORDER = order_message("C-1")


def read(message: str, passed: Passed | None = None) -> list[Any]:
    """Return the orders of a message, or the place and code of what is wrong."""
    (raw,) = raw_messages(io.BytesIO(message.encode()))
    told = told_of_message(raw, Encoding.UTF_8, passed or Passed(), told_orders)
    judged = [judge_order(one, CellRules(NOW)) for one in told]
    return [
        (problem.column, problem.code) if isinstance(one, RowErrors) else one
        for one in judged
        for problem in (one.problems if isinstance(one, RowErrors) else [None])
    ]


@pytest.mark.parametrize("version", ["2.3", "2.3.1", "2.4", "2.5", "2.5.1"])
@pytest.mark.parametrize("kind", ["ORM^O01", "OML^O21", "OML^O21^OML_O21"])
def test_an_order_tells_person_test_and_number(version: str, kind: str):
    (order,) = read(changed(("|2.5", f"|{version}"), message=order_message("C-1", kind=kind)))

    assert (order.number, order.kind.code, order.is_new) == ("C-1", "covid19-ag", True)
    assert (order.patient.family_name, order.patient.given_name) == ("MARTIN", "Lou")


@pytest.mark.parametrize(
    ("test", "meant"),
    [
        ("strep-a-ag^^L", "strep-a-ag"),
        ("94558-4^Ag^LN", "covid19-ag"),
        ("X^^L^94558-4^Ag^LN", "covid19-ag"),
        ("covid19-flu-ag^^L^80382-5^A^LN", "covid19-flu-ag"),
        ("80382-5^Influenza A^LN", None),  # no kind looks for it alone
        ("covid19-ag^^L^80382-5^A^LN", None),  # one says what the other does not
        ("2345-7^Glucose^LN", None),
        ("TROD^^L", None),
    ],
)
def test_a_kind_of_test_is_named_by_its_code_or_by_the_one_thing_that_it_looks_for(test: str, meant: str | None):
    (order,) = read(order_message("C-1", test=test))

    assert order == ("OBR-4", "order_kind") if meant is None else order.kind.code == meant


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("ORM^O01", "ORM^O02"), ("MSH-9", "hl7_type")),
        (("|P|2.5", "|P|2.6"), ("MSH-12", "hl7_version")),
        (("|P|2.5", "|T|2.5"), ("MSH-11", "not_production")),
        (("ORC|NW", "ORC|XO"), ("ORC-1", "order_only_new")),
        (("ORC|NW|C-1", "ORC|NW|C-1|||CM"), ("ORC-5", "order_only_new")),
        (("ORC|NW|C-1", "ORC|NW|C-2"), ("OBR-2", "values_differ")),
        (("ORC|NW|C-1\nOBR|1|C-1", "ORC|NW|\nOBR|1|"), ("ORC-2", "untold")),
        (("OBR|1|C-1", "OBR|1|" + "9" * 51), ("OBR-2", "too_long")),
        (("|covid19-ag^TROD^L", "|"), ("OBR-4", "untold")),
        (("\nOBR|1|C-1||covid19-ag^TROD^L", ""), ("OBR-4", "untold")),
        (("\nORC|NW|C-1", ""), ("ORC-1", "order_only_new")),
        (("19800229", "198002"), ("PID-7", "told_date")),
        (("MARTIN^Lou", "^Lou"), ("PID-5.1", "untold")),
        (("MARTIN^Lou", "MARTIN"), ("PID-5.2", "told_given_names")),
    ],
)
def test_what_cannot_be_done_is_told_by_its_place(change: tuple[str, str], problem: tuple[str, str]):
    assert problem in read(changed(change, message=ORDER))


def test_an_order_is_taken_back_by_its_number_alone():
    (order,) = read(
        "\n".join(line for line in order_message("C-1", control="CA").split("\n") if line[:3] in {"MSH", "ORC"})
    )

    assert (order.number, order.kind, order.patient, order.is_new) == ("C-1", None, None, False)


def test_what_is_not_read_is_said():
    passed = Passed()
    read(ORDER + "NTE|1|L|urgent\nOBX|1|ST|8302-2^Height^LN||1.70|m\nPV1|1|O\n", passed)

    assert {"NTE", "OBX", "PV1", "PID-3"} <= set(passed.unread)


@examples(60)
@given(
    st.integers(0, 4), st.integers(0, 60), st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=6)
)
def test_whatever_stands_in_an_order_is_taken_or_told(line: int, place: int, text: str):
    lines = ORDER.split("\n")
    lines[line] = lines[line][:place] + text + lines[line][place:]
    content = io.BytesIO("\r".join(lines).encode())

    for raw in raw_messages(content):
        for told in told_of_message(raw, Encoding.UTF_8, Passed(), told_orders):
            judged = judge_order(told, CellRules(NOW))
            assert isinstance(judged, TestOrder) or all(one.message("fr") for one in judged.problems)
