"""A row that raises what nobody thought of is refused by itself: the rows around it are stored."""

from __future__ import annotations

import pytest
from import_files import allow_laboratories, file_of
from people import House, open_house

from temoin.intake.results import import_results
from temoin.intake.sameness import Sameness
from temoin.lib.tenant import tenant_scope
from temoin.patients.models import Patient
from temoin.testing.models import RecordVersion


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    house = open_house()
    allow_laboratories(house.owner, house.stranger)
    return house


def test_a_row_that_the_database_does_not_take_holds_no_other(house, stick):
    """The run of which it is one fails as a whole, and is taken row by row."""
    poison = {"patient_last_name": "POISON"}
    import_results(by=house.owner, stream=file_of(poison), dry_run=False, tell=lambda _: None)
    with tenant_scope(house.here.id):
        stick("INSERT", "testing_record", f"new.patient_id = '{Patient.objects.get().id}'")
    told = []

    rows = [{"accession_number": f"B-{number}", **(poison if number == 1 else {})} for number in range(3)]
    counts = import_results(by=house.owner, stream=file_of(*rows), dry_run=False, tell=told.append)

    assert [outcome.verdict for outcome in told] == [Sameness.STORED, Sameness.REFUSED, Sameness.STORED]
    assert [problem.code for problem in told[1].problems] == ["failed"]
    assert counts[Sameness.STORED] == 2
    with tenant_scope(house.here.id):
        assert RecordVersion.objects.count() == 3
