"""A pharmacy that leaves: both verifiers accept the end of its patients, and the certificate of it proves."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from people import House, change_patient, make_lot, make_patient, make_signed, open_house
from retention_rounds import arrive
from roles import take_role
from sealed_journal import Journal, outsider
from test_both_verifiers import verdicts

from temoin.lib.clock import now
from temoin.lib.errors import DeniedError, InvalidError
from temoin.lib.tenant import tenant_scope
from temoin.oversight.end_certificate import NotEndedError, end_certificate
from temoin.oversight.whole_file import begin_file, note_file
from temoin.patients.queries import traits_of
from temoin.pharmacies.operator import Operator
from temoin.pharmacies.seat import Seat
from temoin.retention.holds import place_hold
from temoin.retention.leaving import end_everything
from temoin.retention.questions import ERASURE
from temoin.retention.reaping import delete_patients, delete_records

FILE = "f" * 64


def taken(by: Seat) -> None:
    patients = begin_file(by=by, recipient_digest="0" * 64)
    note_file(by=by, digest=FILE, persons=len(patients))


def erased(house: House) -> tuple[int, int]:
    with take_role("temoin_keeper"):
        stop, later = threading.Event(), now() + timedelta(minutes=1)
        records = delete_records(house.here.id, later, stop, why=ERASURE)
        return records, delete_patients(house.here.id, later, stop, why=ERASURE)


def test_what_a_pharmacy_that_leaves_had_erased_is_certified_and_proves(journal: Journal):
    house = open_house()
    lot = make_lot(house.owner)
    for name in ("BERNARD", "DURAND"):
        make_signed(house.owner, make_patient(house.owner, family_name=name), lot)
    arrive()
    taken(house.owner)
    assert end_everything(by=house.owner, file_digest=FILE) == 2
    with pytest.raises(NotEndedError):
        end_certificate(by=Operator(house.here.id))

    assert erased(house) == (2, 2)
    journal.seal()
    certificate = end_certificate(by=Operator(house.here.id))

    told = certificate["certificate"]
    assert (told["file_sha256"], told["tests_erased"], told["patients_erased"]) == (FILE, 2, 2)
    assert outsider.check_list(certificate, [journal.signer.verifier.vkey]) == []
    assert verdicts(journal, with_folder=True) == (False, False)


def test_what_is_held_stays_and_nothing_is_certified(journal: Journal):
    house = open_house()
    patient_id = make_patient(house.owner)
    place_hold(by=house.owner, patient_id=patient_id, reason="Réquisition")
    taken(house.owner)
    end_everything(by=house.owner, file_digest=FILE)

    assert erased(house) == (0, 0)
    journal.seal()
    with pytest.raises(NotEndedError):
        end_certificate(by=Operator(house.here.id))


@pytest.mark.parametrize("since", ["amended", "registered", "another file", "no file"])
@pytest.mark.django_db
def test_nothing_ends_that_the_file_does_not_hold(since):
    house = open_house()
    patient_id = make_patient(house.owner)
    if since != "no file":
        taken(house.owner)
    if since == "amended":
        with tenant_scope(house.here.id):
            traits = traits_of(patient_id)
        change_patient(by=house.owner, patient_id=patient_id, traits=traits)
    if since == "registered":
        make_patient(house.owner, family_name="BERNARD")

    with pytest.raises(InvalidError):
        end_everything(by=house.owner, file_digest="e" * 64 if since == "another file" else FILE)
    assert erased(house) == (0, 0)


@pytest.mark.django_db
def test_only_an_owner_ends_everything_and_only_the_operator_certifies():
    house = open_house()
    taken(house.owner)

    for by in (house.colleague, house.administrator):
        with pytest.raises(DeniedError):
            end_everything(by=by, file_digest=FILE)
    with pytest.raises(InvalidError):
        end_everything(by=house.stranger, file_digest=FILE)
    with pytest.raises(DeniedError):
        end_certificate(by=house.owner)
    with pytest.raises(InvalidError):
        end_certificate(by=Operator(house.here.id))
