"""Acts and prices as data: which may be billed for a test, by its day, its result and a prescription."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from temoin.catalogue.billing import Payer, Performed, build_acts, load_acts
from temoin.catalogue.kinds import counter_kinds
from temoin.lib.data_file import DataFileError, parse_data

STREP = Performed(kind="strep-a-ag", day=date(2026, 11, 30), says="negative", is_prescribed=False, is_overseas=False)


def amounts(test: Performed) -> list[int]:
    return [price.cents for price in load_acts().prices_for(test)]


@pytest.mark.parametrize(
    ("changes", "cents"),
    [
        ({}, [1000]),  # no antibiotic after a negative
        ({"says": "positive"}, [1000, 1500]),  # one may have been dispensed: nobody here knows
        ({"says": "positive", "is_prescribed": True}, [1000]),
        ({"says": ""}, []),  # nothing conclusive was read
        ({"day": date(2024, 6, 19)}, [1000]),
        ({"day": date(2024, 6, 18)}, []),  # the price of before is not in the data
        ({"is_overseas": True}, []),
    ],
)
def test_only_what_nothing_speaks_against_may_be_billed(changes, cents):
    assert amounts(replace(STREP, **changes)) == cents


@pytest.mark.parametrize("day", [date(2025, 2, 28), date(2025, 3, 1)])
def test_covid_tests_are_the_patient_s_from_1_march_2025(day):
    act = load_acts().act_for(replace(STREP, kind="covid19-ag", day=day))

    if day < date(2025, 3, 1):
        assert act is None
    else:
        assert (act.payer, act.code, act.prices) == (Payer.PATIENT, "", ())


def test_each_kind_of_the_counter_has_its_act_and_each_act_its_source():
    billed = {kind for act in load_acts().acts for kind in act.kinds}

    assert billed <= {kind.code for kind in counter_kinds()}
    assert all(act.source and act.rule.fr for act in load_acts().acts)
    assert load_acts().review.is_placeholder


FILE = """
review = { on = 2026-11-30, by = "nobody", placeholder = true }
source = "a test"
[acts.one]
kinds = ["flu-ag"]
payer = "patient"
until = 2025-12-31
source = "a test"
rule = { fr = "x", en = "x" }
[acts.two]
kinds = ["flu-ag", "rsv-ag"]
payer = "patient"
since = %s
source = "a test"
rule = { fr = "x", en = "x" }
"""


def test_a_kind_is_billed_by_one_act_at_a_time():
    book = build_acts(parse_data("acts.toml", FILE % "2026-01-01"))

    assert book.act_for(replace(STREP, kind="flu-ag", day=date(2025, 12, 31))).name == "one"
    assert book.act_for(replace(STREP, kind="flu-ag", day=date(2026, 1, 1))).name == "two"
    with pytest.raises(DataFileError, match="another act bills on the same days"):
        build_acts(parse_data("acts.toml", FILE % "2025-12-31"))


def test_a_price_without_an_amount_is_refused():
    priced = FILE % "2026-01-01" + (
        '[[acts.two.prices]]\nsince = 2026-01-01\noutcomes = ["positive"]\nprescribed = "no"\n'
        'when = { fr = "x", en = "x" }\n'
    )

    with pytest.raises(DataFileError, match="cents"):
        build_acts(parse_data("acts.toml", priced))
