"""A row that raises what nobody thought of is refused by itself: the rows around it are stored."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from import_files import allow_laboratories, file_of
from people import House, open_house

from temoin.intake import runs
from temoin.intake.results import import_results
from temoin.intake.sameness import Sameness
from temoin.lib.tenant import tenant_scope
from temoin.testing.models import RecordVersion


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    house = open_house()
    allow_laboratories(house.owner, house.stranger)
    return house


def test_a_row_that_raises_holds_no_other(house, monkeypatch):
    real = runs.sign_from_file

    def sign(acts, *, traits, **words):
        if traits.birth_family_name == "POISON":
            raise UnicodeError("half a character")
        real(acts, traits=traits, **words)

    monkeypatch.setattr(runs, "sign_from_file", sign)
    told = []

    stream = file_of(
        {"accession_number": "1"}, {"accession_number": "2", "patient_last_name": "POISON"}, {"accession_number": "3"}
    )
    counts = import_results(by=house.owner, stream=stream, dry_run=False, tell=told.append)

    assert [outcome.verdict for outcome in told] == [Sameness.STORED, Sameness.REFUSED, Sameness.STORED]
    assert [problem.code for problem in told[1].problems] == ["failed"]
    assert counts[Sameness.STORED] == 2


def test_what_the_database_does_not_take_is_refused_by_itself_and_its_run_taken_row_by_row(house, monkeypatch):
    real = runs.sign_from_file

    def sign(acts, *, traits, result, **words):
        if traits.birth_family_name == "POISON":
            result = replace(result, patient_id=uuid4())  # no patient bears it: the whole statement fails
        real(acts, traits=traits, result=result, **words)

    monkeypatch.setattr(runs, "sign_from_file", sign)
    told = []

    stream = file_of(
        *({"accession_number": str(n), "patient_last_name": "POISON" if n == 2 else "X"} for n in range(4))
    )
    import_results(by=house.owner, stream=stream, dry_run=False, tell=told.append)

    assert [outcome.verdict for outcome in told] == [Sameness.STORED] * 2 + [Sameness.REFUSED, Sameness.STORED]
    assert told[2].problems
    with tenant_scope(house.here.id):
        assert RecordVersion.objects.count() == 3
