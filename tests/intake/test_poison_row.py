"""A row that raises what nobody thought of is refused by itself: the rows around it are stored."""

from __future__ import annotations

import pytest
from import_files import allow_laboratories, file_of
from people import House, open_house

from temoin.intake import results
from temoin.intake.results import import_results
from temoin.intake.sameness import Verdict


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    house = open_house()
    allow_laboratories(house.owner, house.stranger)
    return house


def test_a_row_that_raises_holds_no_other(house, monkeypatch):
    real = results.patient_of

    def patient_of(*, by, given):
        if given.family_name == "POISON":
            raise UnicodeError("half a character")
        return real(by=by, given=given)

    monkeypatch.setattr(results, "patient_of", patient_of)
    told = []

    stream = file_of(
        {"accession_number": "1"}, {"accession_number": "2", "patient_last_name": "POISON"}, {"accession_number": "3"}
    )
    counts = import_results(by=house.owner, stream=stream, dry_run=False, tell=told.append)

    assert [outcome.verdict for outcome in told] == [Verdict.STORED, Verdict.REFUSED, Verdict.STORED]
    assert [problem.code for problem in told[1].problems] == ["failed"]
    assert counts[Verdict.STORED] == 2
