"""Both verifiers give one verdict on every tampering of the shared table, and miss none."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from people import make_lot, make_patient, make_signed, open_house
from sealed_journal import Journal, as_sealer
from tampering_material import changes_of, make_material

from temoin.journal.listing_evidence import compare_listings
from temoin.lib.clock import now
from temoin.testing.authority import compare_authority
from temoin.testing.evidence import compare_records
from temoin.testing.lists import list_tests
from temoin.testing.sample import Reading
from temoin.testing.signing import correct_result

sys.path.append(str(Path(__file__).parents[2] / "drill"))
from tamperings import DEEDS, Scene, keep_former_rows, keep_tables, lose_and_state, put_back_folder, put_back_tables


@pytest.fixture
def told(journal: Journal) -> Journal:
    """A journal with a result signed, then corrected, and all of it sealed."""
    house = open_house()
    owner = house.owner
    record_id = make_signed(owner, make_patient(owner), make_lot(owner))
    make_patient(owner, family_name="BERNARD")
    made = make_material(owner, house.student)
    keep_former_rows(journal.superuser)
    for change in changes_of(owner, made).values():
        change()
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())
    correct_result(by=owner, record_id=record_id, expected_version=1, reading=reading, reason="Lecture inversée")
    list_tests(by=owner)
    journal.seal()
    return journal


def verdicts(journal: Journal, *, with_folder: bool) -> tuple[bool, bool]:
    """Return whether the product's verifier and the outsider's find something."""
    inside = journal.verify(journal.kept() if with_folder else None)
    with as_sealer():
        inside += [str(finding) for finding in [*compare_records(), *compare_listings(), *compare_authority()]]
    return bool(inside), bool(journal.outside(with_folder=with_folder))


def test_no_deed_escapes_either_verifier_and_their_verdicts_are_one(told: Journal):
    assert verdicts(told, with_folder=True) == (False, False)
    keep_tables(told.superuser)
    size = told.outcome().size

    for deed, takes_a_witness in DEEDS.items():
        deed(Scene(told.superuser, told.signer, random.Random(deed.__name__), told.seal))  # noqa: S311 not a secret
        alone = verdicts(told, with_folder=False)

        assert (deed.__name__, *verdicts(told, with_folder=True)) == (deed.__name__, True, True)
        assert (deed.__name__, *alone) in {(deed.__name__, True, True), (deed.__name__, *(not takes_a_witness,) * 2)}
        put_back_tables(told.superuser)
        put_back_folder(told.folder, size)

    for schema in ("aside", "former"):
        told.superuser.execute(f"DROP SCHEMA {schema} CASCADE")
    assert verdicts(told, with_folder=True) == (False, False)


def test_a_loss_that_is_stated_as_it_was_is_taken_by_both(told: Journal):
    lose_and_state(Scene(told.superuser, told.signer, random.Random(1), told.seal), kept=1)  # noqa: S311 not a secret

    assert verdicts(told, with_folder=False) == verdicts(told, with_folder=True) == (False, False)
    told.superuser.execute("DROP SCHEMA former CASCADE")
