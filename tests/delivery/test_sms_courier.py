"""The courier of short messages against both providers: one message a result, and its fate told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from people import TRAITS, House, change_patient, make_lot, make_patient, make_signed, open_house, seen_parcel
from sms_providers import SmsBehaviour, sms_settings

from temoin.delivery.channels.sms.channel import SMS
from temoin.delivery.channels.sms.receipts import KNOWN_WITHIN
from temoin.delivery.channels.sms.settings import SmsSettings
from temoin.delivery.models import Letter, LetterState
from temoin.lib.clock import now, shifted_by
from temoin.lib.errors import InvalidError
from temoin.lib.tenant import tenant_scope
from temoin.outbox import courier as register
from temoin.outbox.actions import release_parcel
from temoin.outbox.courier import Verdict, couriers
from temoin.outbox.models import Attempt, Parcel
from temoin.outbox.queries import newest_link
from temoin.outbox.queue import claim_parcels
from temoin.outbox.set_aside import list_aside
from temoin.outbox.states import ParcelState
from temoin.outbox.worker import Lane
from temoin.patients.merging import MergeReason, SeenRecords
from temoin.patients.queries import traits_of
from temoin.patients.traits import check_traits
from temoin.testing.merging import merge_patients
from temoin.testing.models import Record
from temoin.testing.sample import Reading
from temoin.testing.signing import correct_result, renew_ticket, send_link_again

AsRole = Callable[[str], AbstractContextManager[None]]
MOBILE, LANDLINE = "06 39 98 00 01", "01 99 00 12 34"


@pytest.fixture(params=["brevo", "ovh"])
def sms(request, told: SmsBehaviour, tmp_path: Path) -> SmsSettings:
    """The section of the settings, with each provider."""
    return sms_settings(request.param, told.port, tmp_path)


@pytest.fixture
def house(as_role: AsRole, sms: SmsSettings, settings, monkeypatch) -> House:  # noqa: ARG001 opens the database
    """A pharmacy of a site that writes short messages."""
    monkeypatch.setattr(register, "_couriers", couriers())
    settings.TEMOIN = settings.TEMOIN.with_channel("sms", sms)
    return open_house()


@pytest.fixture
def carry(house: House, as_role: AsRole) -> Callable[[], tuple[str, str]]:
    """Return what lets the worker carry what is due, and then tells state and code of the newest message."""

    def once() -> tuple[str, str]:
        moment = max(timedelta(0), newest(house).due_at - now()) + timedelta(seconds=1)
        with as_role("temoin_worker"), shifted_by(moment), asyncio.Runner() as runner:
            courier = couriers()["sms"]
            Lane(courier, threading.Event()).carry_batch(runner)
            runner.run(courier.close())
        return newest(house).state, newest(house).answer_code

    return once


def signed(house: House, **traits: str):
    """Sign a result of a patient who is reached by these."""
    patient = make_patient(house.owner, **{"email": "", "phone": MOBILE, **traits})
    return make_signed(house.owner, patient, make_lot(house.owner))


def destinations(house: House) -> list[str]:
    with tenant_scope(house.here.id):
        found = Parcel.objects.filter(destination__in=["email", "sms"]).order_by("id")
        return list(found.values_list("destination", flat=True))


def newest(house: House) -> Parcel:
    with tenant_scope(house.here.id):
        return Parcel.objects.filter(destination="sms").latest("posted_at")


def record_id(house: House):
    with tenant_scope(house.here.id):
        return Record.objects.get().id


def letter_states(house: House) -> list[str]:
    with tenant_scope(house.here.id):
        return list(Letter.objects.order_by("version", "state").values_list("state", flat=True))


def text(told: SmsBehaviour) -> str:
    message = told.sent[-1]
    return message.get("content") or message["message"]


def read_receipts(as_role: AsRole, sms: SmsSettings, later: timedelta = timedelta(minutes=5)) -> None:
    (duty,) = SMS.duties(sms)
    with as_role("temoin_worker"), shifted_by(later):
        duty.do(threading.Event())


def settle(told: SmsBehaviour, *, well: bool) -> None:
    """Let the provider know the end of every message it took."""
    for tag in told.tags:
        told.events[tag] = ["delivered" if well else "hardBounce"]
        told.ptts[tag] = 4 if well else 5


@pytest.mark.parametrize(
    ("traits", "way"),
    [
        ({}, ["sms"]),
        ({"email": "camille@patient.example"}, ["email"]),
        ({"phone": LANDLINE}, []),
        ({"phone": ""}, []),
        ({"email": "camille@patient.example", "way": "sms"}, ["sms"]),
        ({"email": "camille@patient.example", "way": "email"}, ["email"]),
        ({"email": "camille@patient.example", "way": "paper"}, []),
        ({"way": "paper"}, []),
    ],
)
def test_one_way_is_chosen_the_one_that_the_patient_wants_else_e_mail_first(house, traits, way):
    signed(house, **traits)

    assert destinations(house) == way


def test_a_channel_that_is_switched_off_sends_nothing(house, sms, settings):
    settings.TEMOIN = settings.TEMOIN.with_channel("sms", replace(sms, enabled=False))
    signed(house)

    assert destinations(house) == []


def test_the_message_has_the_link_and_no_word_of_health(house, told, carry):
    signed(house)

    assert carry() == (ParcelState.ACCEPTED, "taken_by_sms_provider")

    assert len(told.sent) == 1
    assert "/#" in text(told)
    for word in ("covid", "test", "négatif", "résultat", TRAITS["birth_family_name"].lower()):
        assert word not in text(told).lower()
    assert letter_states(house) == [LetterState.OPEN]


def test_no_attempt_keeps_the_link(house, told, carry):
    signed(house)
    carry()

    fragment = text(told).rpartition("#")[2]
    with tenant_scope(house.here.id):
        kept = Attempt.objects.get(parcel_id=newest(house).id).unseal()
    assert fragment not in str(kept)


def test_after_a_doubt_the_provider_is_asked_before_anything_is_sent_again(house, told, carry):
    signed(house)
    told.cut = True
    assert carry() == (ParcelState.IN_DOUBT, "no_answer")
    told.cut = False
    told.events, told.ptts = {told.tags[0]: ["sent"]}, {told.tags[0]: 3}

    assert carry() == (ParcelState.ACCEPTED, "taken_by_sms_provider")

    assert len(told.sent) == 1


def test_what_the_provider_does_not_hold_goes_again_with_the_same_link(house, told, carry):
    signed(house)
    told.cut = True
    carry()
    first = text(told)
    told.cut = False

    assert carry() == (ParcelState.ACCEPTED, "taken_by_sms_provider")

    assert text(told) == first
    assert letter_states(house) == [LetterState.OPEN]


def test_a_delivered_message_is_said_and_its_link_forgotten(house, told, carry, as_role, sms):
    signed(house)
    carry()
    assert newest(house).sealed is not None
    settle(told, well=True)

    read_receipts(as_role, sms)

    assert (newest(house).state, newest(house).answer_code) == (ParcelState.ACCEPTED, "sms_delivered")
    assert newest(house).sealed is None


@pytest.mark.parametrize("sms", ["ovh"], indirect=True)
def test_a_link_that_the_provider_did_not_delete_is_deleted_at_the_next_turn(house, told, carry, as_role, sms):
    signed(house)
    carry()
    make_signed(house.owner, make_patient(house.owner, email="", phone=MOBILE), make_lot(house.owner, number="L2"))
    carry()
    settle(told, well=True)
    told.keeps = 1

    read_receipts(as_role, sms)
    first = list(told.deleted)
    read_receipts(as_role, sms)

    assert (first, sorted(told.deleted)) == ([2], [1, 2])
    with tenant_scope(house.here.id):
        held = Parcel.objects.filter(destination="sms").values_list("answer_code", "sealed")
        assert list(held) == [("sms_delivered", None)] * 2


def test_one_that_could_not_be_delivered_waits_for_a_person_and_goes_again(house, told, carry, as_role, sms):
    signed(house)
    carry()
    first = text(told)
    settle(told, well=False)
    read_receipts(as_role, sms)
    assert (newest(house).state, newest(house).answer_code) == (ParcelState.REFUSED, "sms_undelivered")

    told.events, told.ptts = {}, {}
    seen = seen_parcel(house.owner, newest(house).id)
    release_parcel(by=house.owner, parcel_id=newest(house).id, expected_version=seen)

    assert carry() == (ParcelState.ACCEPTED, "taken_by_sms_provider")
    assert text(told) == first


def test_a_provider_that_does_not_answer_is_asked_again(house, told, carry, as_role, sms):
    signed(house)
    carry()
    told.answers.append((503, {}))

    with pytest.raises(OSError, match="does not answer"):
        read_receipts(as_role, sms)
    settle(told, well=True)
    read_receipts(as_role, sms)

    assert newest(house).answer_code == "sms_delivered"


def test_a_message_sent_again_is_not_called_undelivered_for_what_became_of_the_first(house, told, carry, as_role, sms):
    signed(house)
    carry()
    settle(told, well=False)
    read_receipts(as_role, sms)
    seen = seen_parcel(house.owner, newest(house).id)
    release_parcel(by=house.owner, parcel_id=newest(house).id, expected_version=seen)
    assert carry() == (ParcelState.ACCEPTED, "taken_by_sms_provider")

    read_receipts(as_role, sms)

    assert newest(house).state == ParcelState.ACCEPTED
    assert len(set(told.tags)) == 2


def test_one_odd_message_keeps_no_other_from_being_told(house, told, carry, as_role, sms):
    signed(house)
    carry()
    odd = newest(house).id
    make_signed(house.owner, make_patient(house.owner, email="", phone=MOBILE), make_lot(house.owner, number="L2"))
    carry()
    settle(told, well=True)
    told.odd = {told.tags[0]: (404, {})}

    read_receipts(as_role, sms)

    assert newest(house).answer_code == "sms_delivered"
    with as_role("temoin_worker"):
        assert [(aside.place, aside.count) for aside in list_aside()] == [("sms-receipts", 1)]
    with tenant_scope(house.here.id):
        assert Parcel.objects.get(id=odd).answer_code == "taken_by_sms_provider"


def test_one_that_cannot_be_told_to_its_parcel_keeps_no_other_from_being_told(house, told, carry, as_role, sms, stick):
    signed(house)
    carry()
    stick("UPDATE", "outbox_parcel", f"old.id = '{newest(house).id}'")
    make_signed(house.owner, make_patient(house.owner, email="", phone=MOBILE), make_lot(house.owner, number="L2"))
    carry()
    settle(told, well=True)

    read_receipts(as_role, sms)

    assert newest(house).answer_code == "sms_delivered"
    with as_role("temoin_worker"):
        assert [(aside.place, aside.error) for aside in list_aside()] == [("sms-receipts", "ProgrammingError")]


def test_what_the_provider_keeps_is_deleted_only_after_its_fate_is_written(house, told, carry, as_role, sms, stick):
    signed(house)
    carry()
    settle(told, well=False)
    unstick = stick("UPDATE", "outbox_parcel", f"old.id = '{newest(house).id}'")
    read_receipts(as_role, sms)
    assert told.deleted == []
    unstick()

    read_receipts(as_role, sms)

    assert newest(house).answer_code == "sms_undelivered"
    assert told.deleted == ([1] if sms.ovh else [])


def test_a_fate_that_nobody_tells_is_not_waited_for(house, carry, as_role, sms):
    signed(house)
    carry()

    read_receipts(as_role, sms, KNOWN_WITHIN + timedelta(hours=1))

    assert newest(house).sealed is None


def test_a_correction_ends_the_letter_and_has_a_message_of_its_own(house, told, carry):
    signed(house)
    carry()
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())
    correct_result(
        by=house.owner, record_id=record_id(house), expected_version=1, reading=reading, reason="Lecture inversée"
    )
    carry()

    assert letter_states(house) == [LetterState.WITHDRAWN, LetterState.OPEN]
    first, second = ((one.get("content") or one["message"]) for one in told.sent)
    assert first != second


def test_a_patient_who_gives_an_e_mail_gets_the_new_link_there(house, carry):
    signed(house)
    carry()
    with tenant_scope(house.here.id):
        patient_id = Record.objects.get().patient_id
    traits = check_traits({**TRAITS, "email": "camille@patient.example", "phone": MOBILE})
    change_patient(by=house.owner, patient_id=patient_id, traits=traits)

    renew_ticket(by=house.owner, record_id=record_id(house), expected_version=1)

    assert destinations(house) == ["sms", "email"]
    assert letter_states(house) == [LetterState.WITHDRAWN]


def test_a_link_sent_another_way_leaves_the_first_way_nothing_to_send(house, carry, as_role):
    signed(house, email="camille@patient.example")
    with as_role("temoin_worker"):
        (load,) = claim_parcels("email", 10)
    with tenant_scope(house.here.id):
        after = newest_link(record_id(house))
    send_link_again(by=house.owner, record_id=record_id(house), expected_version=1, after=after, way="sms")
    assert carry() == (ParcelState.ACCEPTED, "taken_by_sms_provider")

    with as_role("temoin_worker"), tenant_scope(house.here.id), transaction.atomic():
        answer = couriers()["email"].prepare(load)

    assert (answer.verdict, answer.code) == (Verdict.REPLACED, "newer_letter")
    assert letter_states(house) == [LetterState.OPEN]


def test_a_merge_takes_no_way_that_leads_nowhere_and_the_result_goes_by_the_order(house):
    goes = make_patient(house.owner, birth_family_name="PAT-TROI", nir="", email="", phone=MOBILE, way="sms")
    stays = make_patient(house.owner, email="camille@patient.example", phone=LANDLINE)
    with tenant_scope(house.here.id):
        both = {one: SeenRecords(patient_id=one, version=traits_of(one).seen_version) for one in (goes, stays)}

    merge_patients(by=house.owner, goes=both[goes], stays=both[stays], reason=MergeReason.REGISTERED_TWICE)
    make_signed(house.owner, stays, make_lot(house.owner))

    with tenant_scope(house.here.id):
        assert traits_of(stays).way == ""
    assert destinations(house) == ["email"]


def test_a_way_that_was_taken_back_carries_nothing_any_more(house, carry):
    signed(house, way="sms")
    with tenant_scope(house.here.id):
        patient_id = Record.objects.get().patient_id
    paper = check_traits({**TRAITS, "email": "", "phone": MOBILE, "way": "paper"})
    change_patient(by=house.owner, patient_id=patient_id, traits=paper)

    assert carry() == (ParcelState.REFUSED, "way_not_wanted")
    assert letter_states(house) == []
    again = {"expected_version": 1, "after": "", "way": "sms"}
    with pytest.raises(InvalidError):
        send_link_again(by=house.owner, record_id=record_id(house), **again)


def test_one_telephone_of_several_patients_gets_a_link_for_each_and_no_name(house, told, carry):
    names = {"CAMILLE", "DOMINIQUE"}
    lot = make_lot(house.owner)
    for name in sorted(names):
        patient = make_patient(house.owner, birth_given_names=name, email="", phone=MOBILE, way="sms")
        make_signed(house.owner, patient, lot)
        carry()

    texts = [message.get("content") or message["message"] for message in told.sent]
    assert len(texts) == len(set(texts)) == 2
    assert not any(name.casefold() in one.casefold() for name in (*names, "PAT-TROIS") for one in texts)


def test_a_number_taken_off_waits_for_a_person(house, carry):
    signed(house)
    with tenant_scope(house.here.id):
        patient_id = Record.objects.get().patient_id
    change_patient(by=house.owner, patient_id=patient_id, traits=check_traits({**TRAITS, "email": "", "phone": ""}))

    assert carry() == (ParcelState.REFUSED, "no_mobile")
