"""A pharmacy that leaves: both verifiers accept the end of its patients, and the certificate of it proves."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from people import House, change_patient, make_lot, make_patient, make_sampled, make_signed, open_house
from retention_rounds import arrive
from roles import take_role
from sealed_journal import Journal, outsider
from test_both_verifiers import verdicts

from temoin.journal.models import Event
from temoin.journal.proofs import witnessed_checkpoint
from temoin.lib.clock import now, shifted_by
from temoin.lib.errors import DeniedError, InvalidError
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.oversight import end_certificate as certifying
from temoin.oversight.end_certificate import NotEndedError, end_certificate
from temoin.oversight.whole_file import begin_file, note_file
from temoin.patients.queries import traits_of
from temoin.pharmacies.operator import Operator
from temoin.pharmacies.seat import Seat
from temoin.retention import leaving
from temoin.retention.holds import place_hold
from temoin.retention.leaving import end_everything
from temoin.retention.models import RightsCase
from temoin.retention.questions import ERASURE
from temoin.retention.reaping import delete_patients, delete_records
from temoin.testing.actions import abandon_test

FILE = "f" * 64


def taken(by: Seat) -> None:
    file_id = new_id()
    patients = begin_file(by=by, file_id=file_id, recipient_digest="0" * 64)
    note_file(by=by, file_id=file_id, digest=FILE, persons=len(patients))


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


def test_a_seal_made_meanwhile_leaves_the_certificate_whole(journal: Journal, monkeypatch):
    house = open_house()
    make_patient(house.owner)
    taken(house.owner)
    end_everything(by=house.owner, file_digest=FILE)
    assert erased(house) == (0, 1)
    journal.seal()
    asked = [witnessed_checkpoint()]
    journal.seal(looks=2)
    asked.append(witnessed_checkpoint())
    answers = iter(asked)
    monkeypatch.setattr(certifying, "witnessed_checkpoint", lambda: next(answers))

    certificate = end_certificate(by=Operator(house.here.id))

    assert asked[0].size < asked[1].size
    assert outsider.check_list(certificate, [journal.signer.verifier.vkey]) == []


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
def test_a_file_is_measured_by_its_own_begin_and_not_by_that_of_another():
    house, slow = open_house(), new_id()
    patients = begin_file(by=house.owner, file_id=slow, recipient_digest="0" * 64)
    make_patient(house.owner)
    begin_file(by=house.owner, file_id=new_id(), recipient_digest="0" * 64)
    note_file(by=house.owner, file_id=slow, digest=FILE, persons=len(patients))

    with pytest.raises(InvalidError, match="file:old"):
        end_everything(by=house.owner, file_digest=FILE)


@pytest.mark.parametrize(("what", "covered", "gone"), [("signed", 1, (1, 0)), ("amended", 0, (0, 0))])
@pytest.mark.django_db
def test_what_is_written_while_the_end_is_asked_stays(monkeypatch: pytest.MonkeyPatch, what, covered, gone):
    house = open_house()
    lot, patient_id = make_lot(house.owner), make_patient(house.owner)
    make_signed(house.owner, patient_id, lot)
    arrive()
    taken(house.owner)
    grant = leaving._grant

    def after_another(*portion) -> int:
        with shifted_by(timedelta(seconds=2)):
            if what == "signed":
                make_signed(house.owner, patient_id, lot)
                arrive()
            else:
                with tenant_scope(house.here.id):
                    traits = traits_of(patient_id)
                change_patient(by=house.owner, patient_id=patient_id, traits=traits)
        return grant(*portion)

    monkeypatch.setattr(leaving, "_grant", after_another)

    assert end_everything(by=house.owner, file_digest=FILE) == covered
    assert erased(house) == gone


@pytest.mark.django_db
def test_an_end_that_is_asked_twice_is_granted_once():
    house = open_house()
    for name in ("BERNARD", "DURAND"):
        make_patient(house.owner, family_name=name)
    taken(house.owner)

    asked = [end_everything(by=house.owner, file_digest=FILE) for _ in range(2)]

    assert asked == [2, 2]
    with tenant_scope(house.here.id):
        assert Event.objects.filter(kind="case.granted").count() == RightsCase.objects.count() == 2
    assert erased(house) == (0, 2)


@pytest.mark.django_db
def test_an_end_is_refused_while_a_test_is_under_way_and_taken_once_it_is_abandoned():
    house = open_house()
    record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))
    taken(house.owner)

    with pytest.raises(InvalidError) as refused:
        end_everything(by=house.owner, file_digest=FILE)
    assert [(problem.code, str(problem.message)[:2]) for problem in refused.value.problems] == [("under_way", "1 ")]
    assert erased(house) == (0, 0)

    abandon_test(by=house.owner, record_id=record_id, seen="")
    assert end_everything(by=house.owner, file_digest=FILE) == 1
    make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner, number="B12345"))  # after all
    assert erased(house) == (1, 1)
    with pytest.raises(NotEndedError, match="1 under way: sign or abandon"):
        end_certificate(by=Operator(house.here.id))


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
