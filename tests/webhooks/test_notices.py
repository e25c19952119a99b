"""Notices to programs, to a real receiver: what is told, signed, again and again, in order, and to whom nothing is."""

from __future__ import annotations

import hmac
import threading
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from time import process_time
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from people import House, make_lot, make_patient, make_program, make_sampled, make_seat, make_signed, suspend
from receiver import Receiver, running_receiver
from retention_rounds import arrive, decided, reap
from roles import take_role
from told_programs import make_reader

from temoin.catalogue.models import Lot
from temoin.delivery.models import Letter
from temoin.journal.act import HouseActor, act
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import now, shifted_by
from temoin.lib.errors import ConflictError, DeniedError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.outbox.courier import Verdict
from temoin.outbox.set_aside import list_aside
from temoin.patients.models import Patient
from temoin.pharmacies.models import StaffNotice
from temoin.pharmacies.notices import NoticeKind
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.programs import ProgramSeat, revoke_program
from temoin.pharmacies.scopes import Scope
from temoin.retention.reaping import delete_records
from temoin.testing.amendments import propose_cancellation, proposed_amendments, refuse_amendment
from temoin.testing.proposals import (
    enter_result,
    propose_result,
    proposed_among,
    put_aside_proposal,
    withdraw_proposal,
)
from temoin.testing.sample import Reading
from temoin.testing.signing import cancel_result, correct_result
from temoin.webhooks.actions import (
    BOTH_SECRETS,
    end_webhook,
    move_webhook,
    register_webhook,
    try_webhook,
    turn_secret,
)
from temoin.webhooks.models import Webhook, WebhookNotice
from temoin.webhooks.queries import WebhookView, read_webhook, webhook_standing
from temoin.webhooks.rounds import EACH
from temoin.webhooks.settings import CONNECTIONS, OUTSIDE, Outside


def sign(house: House) -> UUID:
    """Sign a result; all are of one box and of one patient."""
    with tenant_scope(house.here.id):
        lot, patient = Lot.objects.first(), Patient.objects.first()
    lot_id = lot.id if lot else make_lot(house.owner)
    return make_signed(house.owner, patient.id if patient else make_patient(house.owner), lot_id)


def view(house: House, program: UUID) -> WebhookView:
    webhook = read_webhook(by=house.owner, program_id=program).webhook
    assert webhook is not None
    return webhook


def is_signed(receiver: Receiver, secret: str, number: int = -1) -> bool:
    """Check a signature as the scheme has it, by its own words and none of ours."""
    one = receiver.came[number]
    content = f"{one.headers['webhook-id']}.{one.headers['webhook-timestamp']}.".encode() + one.body
    made = hmac.new(b64decode(secret.removeprefix("whsec_")), content, sha256).digest()
    return f"v1,{b64encode(made).decode()}" in one.headers["webhook-signature"].split(" ")


def test_a_signature_is_told_by_number_and_nothing_of_the_person(house, program, receiver, tell):
    secret = register_webhook(by=house.owner, program_id=program, address=receiver.address)
    record_id = sign(house)

    tell()
    tell()

    (came,) = receiver.came
    assert came.told == {
        "type": "result.signed",
        "timestamp": came.told["timestamp"],
        "data": {"client_id": f"{house.here.id}.{program}", "test_id": str(record_id), "version": 1},
    }
    assert is_signed(receiver, secret.text)
    (notice,) = view(house, program).notices
    assert (str(notice.id), notice.attempts) == (came.headers["webhook-id"], 1)
    assert notice.told_at is not None


def test_corrections_answers_openings_and_cancellations_are_told_in_their_order(house, program, receiver, tell):
    register_webhook(by=house.owner, program_id=program, address=receiver.address)
    record_id = sign(house)
    arrive()
    open_letter(house, record_id)
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())
    correct_result(by=house.owner, record_id=record_id, reading=reading, reason="Lecture", expected_version=1)
    arrive(Verdict.REFUSED, only="fhir")
    tell()
    cancel_result(by=house.owner, record_id=record_id, reason="Autre patient", expected_version=2)

    tell()
    open_letter(house, record_id)  # once more: told already
    tell()

    assert [(one.told["type"], one.told["data"]["version"]) for one in receiver.came] == [
        ("result.signed", 1),
        ("authority.acknowledged", 1),
        ("letter.opened", 1),
        ("result.corrected", 2),
        ("authority.refused", 2),
        ("result.cancelled", 3),
    ]


def open_letter(house: House, record_id: UUID) -> None:
    """Tell the journal what the patients' site tells it."""
    with tenant_scope(house.here.id):
        letter = Letter.objects.get(record_id=record_id, version=1)
    by = HouseActor(house.here.id, "portal")
    opened = {"kind": EventKind.LETTER_OPENED, "subject_kind": "letter", "subject_id": letter.id}
    with take_role("temoin_portal"), act(by=by, **opened):
        pass


def test_a_refused_proposal_is_told_and_one_taken_back_is_not(house, program, receiver, tell):
    register_webhook(by=house.owner, program_id=program, address=receiver.address)
    signed = sign(house)
    with tenant_scope(house.here.id):
        lot, patient = Lot.objects.get(), Patient.objects.get()
    refused, withdrawn, noted = (make_sampled(house.owner, patient.id, lot.id) for _ in range(3))
    seat = ProgramSeat(house.here.id, program, "LGO", tuple(Scope))
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())
    for record_id in (refused, withdrawn):
        propose_result(by=seat, record_id=record_id, reading=reading)
    enter_result(by=house.owner, record_id=noted, reading=reading, expected=None)
    propose_cancellation(by=seat, record_id=signed, reason="Autre patient")

    withdraw_proposal(by=seat, record_id=withdrawn)
    for one in proposed_among(by=house.owner, record_ids=[refused, noted]):
        put_aside_proposal(by=house.owner, record_id=one.opened.record_id, seen_version=one.seen_version)
    (amended,) = proposed_amendments(by=house.owner)
    refuse_amendment(by=house.owner, record_id=signed, seen_version=amended.seen_version, word="Non")
    tell()

    told = {(one.told["type"], one.told["data"]["test_id"]) for one in receiver.came}
    assert told - {("result.signed", str(signed))} == {
        ("proposal.refused", str(refused)),
        ("amendment.refused", str(signed)),
    }


def test_what_happened_before_it_was_registered_is_not_told(house, program, receiver, tell):
    sign(house)
    register_webhook(by=house.owner, program_id=program, address=receiver.address)

    tell()

    assert receiver.came == []


def test_a_down_program_is_told_the_same_under_the_same_number_once_it_is_back(house, program, receiver, tell):
    register_webhook(by=house.owner, program_id=program, address=receiver.address)
    sign(house)
    receiver.status = 503

    tell()
    receiver.status = 200
    with shifted_by(timedelta(minutes=1)):
        tell()

    first, second = receiver.came
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    (notice,) = view(house, program).notices
    assert (notice.attempts, notice.answer_code) == (2, "http_200")


def test_within_a_test_a_later_notice_waits_and_other_tests_do_not(house, program, receiver, tell):
    register_webhook(by=house.owner, program_id=program, address=receiver.address)
    record_id = sign(house)
    arrive(only="fhir")
    receiver.refuses = {"result.signed"}
    tell()
    assert receiver.kinds() == ["result.signed"]

    other = sign(house)
    receiver.refuses = set()
    tell()

    assert [one.told["data"]["test_id"] for one in receiver.came] == [str(record_id), str(other)]
    with shifted_by(timedelta(minutes=1)):
        tell()
    assert receiver.kinds()[2:] == ["result.signed", "authority.acknowledged"]


def test_a_program_that_does_not_answer_holds_up_no_other(house, receiver, tmp_path, tell):
    slow, quick = make_reader(house.owner), make_reader(house.owner)
    with running_receiver(tmp_path) as silent:
        silent.hold = threading.Event()
        both = receiver.authorities.read_text() + silent.authorities.read_text()
        (tmp_path / "both.pem").write_text(both)
        OUTSIDE.give(Outside(frozenset({receiver.name, silent.name}), authorities=tmp_path / "both.pem"))
        register_webhook(by=house.owner, program_id=slow, address=silent.address)
        register_webhook(by=house.owner, program_id=quick, address=receiver.address)
        for _ in range(3):
            sign(house)
        receiver.on_post = lambda: len(receiver.came) == 3 and silent.hold.set()

        tell()

    assert (len(receiver.came), len(silent.came)) == (3, 3)


def test_many_programs_that_fail_leave_connections_to_the_others(house, receiver, tmp_path, tell):
    with running_receiver(tmp_path) as silent:
        both = receiver.authorities.read_text() + silent.authorities.read_text()
        (tmp_path / "both.pem").write_text(both)
        OUTSIDE.give(Outside(frozenset({receiver.name, silent.name}), authorities=tmp_path / "both.pem"))
        failing = [make_reader(house.owner) for _ in range(CONNECTIONS // EACH + 1)]
        for program in failing:
            register_webhook(by=house.owner, program_id=program, address=silent.address)
        sign(house)
        silent.status = 500
        tell()
        for _ in range(EACH):
            sign(house)
        silent.status, silent.hold, receiver.on_post = 204, threading.Event(), lambda: silent.hold.set()
        quick = make_reader(house.owner)
        register_webhook(by=house.owner, program_id=quick, address=receiver.address)
        sign(house)

        tell()

    assert len(receiver.came) == 1
    codes = {one.answer_code for program in failing for one in view(house, program).notices}
    assert "no_answer" not in codes  # none of them was waited for until its end


def test_a_clock_that_ran_ahead_for_a_while_keeps_nothing_from_being_told(house, program, receiver, tell):
    register_webhook(by=house.owner, program_id=program, address=receiver.address)
    with shifted_by(timedelta(hours=1)):
        tell()
    sign(house)

    tell()

    assert receiver.kinds() == ["result.signed"]


def test_troubles_in_a_row_pause_the_program_and_spend_no_attempts(house, program, receiver, tell):
    register_webhook(by=house.owner, program_id=program, address=receiver.address)
    for _ in range(7):
        sign(house)
    receiver.status = 500
    with shifted_by(timedelta(seconds=0)):
        tell()
    tried = len(receiver.came)

    tell()

    assert (tried, len(receiver.came)) == (7, 7)


def test_a_day_without_taking_is_told_to_the_owner_once_and_shown(house, program, receiver, tell):
    register_webhook(by=house.owner, program_id=program, address=receiver.address)
    sign(house)
    receiver.status = 404
    tell()

    for hours in (25, 26):
        with shifted_by(timedelta(hours=hours)):
            tell()

    with take_role("temoin_worker"):
        posted = StaffNotice.objects.filter(kind=NoticeKind.PROGRAM_UNTOLD.value).count()
        assert (posted, webhook_standing()) == (1, (1, 1))
    assert view(house, program).matter_since is not None
    receiver.status = 200
    with shifted_by(timedelta(hours=28)):
        tell()
        tell()
    assert view(house, program).matter_since is None


def test_both_secrets_sign_for_a_week_after_a_turning(house, program, receiver, tell):
    former = register_webhook(by=house.owner, program_id=program, address=receiver.address)
    secret = turn_secret(by=house.owner, program_id=program, expected_version=None)
    try_webhook(by=house.owner, program_id=program)

    tell()
    with shifted_by(BOTH_SECRETS + timedelta(minutes=1)):
        try_webhook(by=house.owner, program_id=program)
        tell()

    found = [(is_signed(receiver, former.text, number), is_signed(receiver, secret.text, number)) for number in (0, 1)]
    assert found == [(True, True), (False, True)]
    assert receiver.kinds() == ["trial", "trial"]


def test_two_turnings_close_to_each_other_leave_the_secret_that_the_program_still_holds(house, program, receiver, tell):
    first = register_webhook(by=house.owner, program_id=program, address=receiver.address)
    later = [turn_secret(by=house.owner, program_id=program, expected_version=None) for _ in range(3)]
    try_webhook(by=house.owner, program_id=program)

    tell()

    assert [is_signed(receiver, one.text, 0) for one in (first, *later)] == [False, True, True, True]


def test_a_redirect_is_not_followed_and_a_long_answer_not_read(house, program, receiver, tell):
    register_webhook(by=house.owner, program_id=program, address=receiver.address)
    receiver.status, receiver.headers = 307, {"Location": receiver.address + "/elsewhere"}
    try_webhook(by=house.owner, program_id=program)

    tell()

    assert len(receiver.came) == 1
    assert view(house, program).notices[0].answer_code == "redirected"


@pytest.mark.parametrize(("interim", "code"), [(3, "http_204"), (100_000, "unreachable")])
def test_a_server_that_never_comes_to_its_answer_is_left(house, program, receiver, tell, interim, code):
    register_webhook(by=house.owner, program_id=program, address=receiver.address)
    receiver.interim = interim
    try_webhook(by=house.owner, program_id=program)
    began = process_time()

    tell()

    assert view(house, program).notices[0].answer_code == code
    assert process_time() - began < 5  # it would be listened to for ten seconds, each of them busy


@pytest.mark.parametrize(
    ("status", "header", "least", "most"),
    [(429, "1200", 1200, 1200), (503, "9" * 30, 3600, 3600), (503, "soon", 0, 60), (500, "1200", 0, 60)],
)
def test_a_pause_that_a_program_asks_for_is_kept_within_bounds(
    house, program, receiver, tell, status, header, least, most
):
    register_webhook(by=house.owner, program_id=program, address=receiver.address)
    receiver.status, receiver.headers = status, {"Retry-After": header}
    try_webhook(by=house.owner, program_id=program)

    tell()

    with tenant_scope(house.here.id):
        one = WebhookNotice.objects.get()
    assert one.tried_at is not None
    assert timedelta(seconds=least) <= one.due_at - one.tried_at <= timedelta(seconds=most)
    receiver.status = 204
    with shifted_by(timedelta(seconds=most + 60)):
        tell()
    assert view(house, program).waiting == 0


def test_a_round_that_sends_nothing_reads_no_certificates(house, program, receiver, tell, tmp_path):  # noqa: ARG001
    """Read each five seconds, they were three quarters of what an idle worker takes."""
    OUTSIDE.give(replace(OUTSIDE(), authorities=tmp_path / "none.pem"))  # a file that is not there

    tell()

    assert receiver.came == []


@pytest.mark.parametrize("end", ["end", "revoke", "suspend"])
def test_whoever_may_not_come_in_is_told_nothing(house, receiver, tell, end):
    voucher = make_seat(house.here, Profession.TITULAIRE, family_name="HENRY", given_name="Alice")
    program = make_reader(voucher)
    register_webhook(by=voucher, program_id=program, address=receiver.address)
    sign(house)
    if end == "end":
        end_webhook(by=house.owner, program_id=program, expected_version=None)
    elif end == "revoke":
        revoke_program(by=house.owner, program_id=program)
    else:
        suspend(voucher)

    tell()

    assert receiver.came == []


def test_a_pharmacy_learns_nothing_of_another(house, program, receiver, tell):
    register_webhook(by=house.owner, program_id=program, address=receiver.address)
    make_signed(house.stranger, make_patient(house.stranger), make_lot(house.stranger))

    tell()

    assert receiver.came == []


@pytest.mark.parametrize(
    ("act", "condition"),
    [("INSERT", "new.webhook_id = '{}'"), ("UPDATE", "old.webhook_id = '{}' AND new.told_at IS NOT NULL")],
    ids=["gathered", "landed"],
)
def test_a_webhook_whose_notices_cannot_be_written_holds_no_other(house, receiver, tell, stick, act, condition):
    broken, sound = make_reader(house.owner), make_reader(house.owner)
    for one in (broken, sound):
        register_webhook(by=house.owner, program_id=one, address=receiver.address)
    with tenant_scope(house.here.id):
        stick(act, "webhooks_notice", condition.format(Webhook.objects.get(program_id=broken).id))
    sign(house)

    tell()

    assert [one.told_at is not None for one in view(house, sound).notices] == [True]
    assert not any(one.told_at for one in view(house, broken).notices)
    with take_role("temoin_worker"):
        assert [(one.place, one.count) for one in list_aside()] == [("webhooks", 1)]


def test_a_webhook_that_cannot_be_opened_holds_no_other(house, receiver, tell, tamper):
    broken, sound = make_reader(house.owner), make_reader(house.owner)
    for one in (broken, sound):
        register_webhook(by=house.owner, program_id=one, address=receiver.address)
    tamper(f"UPDATE webhooks_webhook SET sealed = sealed || '\\x00' WHERE program_id = '{broken}'")  # noqa: S608
    sign(house)

    tell()

    assert [one.told["data"]["client_id"] for one in receiver.came] == [f"{house.here.id}.{sound}"]
    with take_role("temoin_worker"):
        assert [(one.place, one.count) for one in list_aside()] == [("webhooks", 1)]


def test_only_who_manages_the_team_and_reads_tests_has_a_program_told(house, program, receiver):
    register_webhook(by=house.owner, program_id=program, address=receiver.address)

    for seat, error in (
        (house.colleague, DeniedError),
        (house.administrator, DeniedError),
        (house.stranger, NotFoundError),
    ):
        with pytest.raises(error):
            register_webhook(by=seat, program_id=program, address=receiver.address)
        with pytest.raises(error):
            turn_secret(by=seat, program_id=program, expected_version=None)


def test_who_manages_the_team_alone_ends_the_notices_of_a_program(house, program, receiver):
    register_webhook(by=house.owner, program_id=program, address=receiver.address)

    with pytest.raises(DeniedError):
        move_webhook(by=house.administrator, program_id=program, address=receiver.address, expected_version=None)
    end_webhook(by=house.administrator, program_id=program, expected_version=None)

    assert read_webhook(by=house.owner, program_id=program).webhook is None


def test_a_program_has_one_address_and_one_that_reads_no_tests_has_none(house, program, receiver):
    register_webhook(by=house.owner, program_id=program, address=receiver.address)

    with pytest.raises(ConflictError):
        register_webhook(by=house.owner, program_id=program, address=receiver.address)
    with pytest.raises(ConflictError):
        register_webhook(by=house.owner, program_id=make_program(house.owner), address=receiver.address)


def test_every_decision_is_an_event(house, program, receiver):
    register_webhook(by=house.owner, program_id=program, address=receiver.address)
    move_webhook(by=house.owner, program_id=program, address=receiver.address + "/2", expected_version=None)
    turn_secret(by=house.owner, program_id=program, expected_version=None)
    try_webhook(by=house.owner, program_id=program)
    end_webhook(by=house.owner, program_id=program, expected_version=None)

    with pytest.raises(NotFoundError):
        end_webhook(by=house.owner, program_id=program, expected_version=None)
    with tenant_scope(house.here.id):
        kinds = Event.objects.filter(subject_id=program, kind__startswith="webhook.").order_by("at")
        assert [one.kind for one in kinds] == [
            "webhook.registered",
            "webhook.moved",
            "webhook.secret_turned",
            "webhook.tried",
            "webhook.ended",
        ]


def test_address_and_secret_stand_nowhere_in_clear(house, program, receiver):
    secret = register_webhook(by=house.owner, program_id=program, address=receiver.address)

    with tenant_scope(house.here.id), connection.cursor() as cursor:
        cursor.execute("SELECT hook::text FROM webhooks_webhook AS hook")
        (row,) = cursor.fetchone()
    assert (receiver.name in row, secret.text in row, secret.text in repr(secret)) == (False, False, False)


def test_the_lines_of_the_integrators_page_know_a_notice_from_a_forged_one(house, program, receiver, tell):
    page = (Path(__file__).parents[2] / "docs" / "integrator.md").read_text(encoding="utf-8")
    lines = page.partition("### To be told")[2].partition("```python\n")[2].partition("```")[0]
    shown: dict[str, Any] = {}
    exec(lines, shown)  # noqa: S102 our own page
    secret = register_webhook(by=house.owner, program_id=program, address=receiver.address)
    try_webhook(by=house.owner, program_id=program)

    tell()

    (came,) = receiver.came
    late = {**came.headers, "webhook-timestamp": str(int(came.headers["webhook-timestamp"]) - 301)}
    assert shown["is_genuine"](came.headers, came.body, secret.text)
    assert not shown["is_genuine"](came.headers, came.body + b" ", secret.text)
    assert not shown["is_genuine"](came.headers, came.body, "whsec_AAAA")
    assert not shown["is_genuine"](late, came.body, secret.text)


def test_notices_end_after_thirty_days_taken_or_not(house, program, receiver, tell):
    register_webhook(by=house.owner, program_id=program, address=receiver.address)
    sign(house)
    tell()
    receiver.status = 500
    sign(house)
    tell()

    assert reap(timedelta(days=29)).webhook_notices == 0
    assert reap(timedelta(days=32)).webhook_notices == 2


def test_a_notice_goes_with_its_test(house, program, receiver, tell, settings, tmp_path):
    settings.TEMOIN = decided(tmp_path / "ledger", days=90)
    OUTSIDE.give(Outside(frozenset({receiver.name}), authorities=receiver.authorities))
    register_webhook(by=house.owner, program_id=program, address=receiver.address)
    record_id = sign(house)
    arrive()
    tell()

    delete_records_of(house)

    with tenant_scope(house.here.id):
        assert not WebhookNotice.objects.filter(record_id=record_id).exists()


def delete_records_of(house: House) -> None:
    """Let the keeper delete every record, on the day itself."""
    with take_role("temoin_keeper"):
        assert delete_records(house.here.id, now() + timedelta(days=2), threading.Event()) == 1
