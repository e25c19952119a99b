"""What stands in a frame: taken for the program of its line, or refused in a form that its sender understands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from ssl import PEM_cert_to_DER_cert
from uuid import UUID

import pytest
from api_programs import client_id, pem_of
from certificates import make_identity
from django.db import connection
from handed_messages import changed, order_message
from joserfc.jwk import ECKey
from lines import own_message
from people import House, suspend
from prometheus_client import REGISTRY

from temoin.api.analysers import take_astm
from temoin.api.hl7_taken import road_with_notice
from temoin.api.listening import LineAnswer, LineProgram, MllpTalk, program_of_certificate, take_frame
from temoin.crypto.assertion import read_public_key
from temoin.formats.handed.astm_frames import NAK
from temoin.formats.hl7v2 import AckCode, Acknowledgement, read_acknowledgement
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib import measures
from temoin.lib.away import OUTAGE
from temoin.lib.tenant import tenant_scope
from temoin.patients.actions import CURRENT_NOTICE
from temoin.pharmacies.programs import add_program, list_programs, revoke_program
from temoin.pharmacies.refused_calls import RefusedFor
from temoin.pharmacies.scopes import Scope
from temoin.pharmacies.seat import Seat
from temoin.testing.models import Record

KEY = ECKey.generate_key("P-256")
ALL = tuple(Scope)


def on_line(by: Seat, *, scopes: tuple[Scope, ...] = ALL) -> LineProgram:
    """A program whose line has proved its key."""
    program_id = add_program(by=by, name="Analyseur", public_key=pem_of(KEY), scopes=scopes)
    return LineProgram(client_id(by, program_id), read_public_key(pem_of(KEY)))


def take(program: LineProgram, message: str) -> LineAnswer:
    return take_frame(program, message.replace("\n", "\r").encode(), road=road_with_notice(CURRENT_NOTICE))


def told(answer: LineAnswer) -> Acknowledgement:
    return read_acknowledgement(answer.answer)


def stored(house: House) -> int:
    with tenant_scope(house.owner.pharmacy_id):
        return Record.objects.count()


def test_a_message_is_taken_and_counted_by_its_answer(house: House):
    before = accepted()

    answer = take(on_line(house.owner), own_message(house))

    assert (told(answer).code, told(answer).control_id, answer.ends) == (AckCode.ACCEPT, "77", False)
    assert MllpTalk().answered(answer) == b"\x0b" + answer.answer + b"\x1c\r"
    assert accepted() == before + 1


def accepted() -> float:
    return REGISTRY.get_sample_value("temoin_messages_total", {"protocol": "hl7", "code": "AA"}) or 0.0


def test_another_pharmacys_program_takes_it_for_its_own_pharmacy_and_is_refused(house: House):
    answer = take(on_line(house.stranger), own_message(house))

    assert told(answer).code is AckCode.ERROR  # the laboratory of the message is not that pharmacy
    assert stored(house) == 0


def test_a_line_that_proved_another_key_is_ended_without_a_word(house: House):
    program, another = on_line(house.owner), read_public_key(pem_of(ECKey.generate_key("P-256")))

    answer = take(LineProgram(program.client_id, another), own_message(house))

    assert answer == LineAnswer(ends=True)
    assert MllpTalk().answered(answer) == b""
    (shown,) = list_programs(by=house.owner)
    assert [one.why for one in shown.refusals] == [RefusedFor.CERTIFICATE]


def test_a_revoked_program_is_ended_from_its_next_message_on(house: House):
    program, message = on_line(house.owner), own_message(house)
    assert told(take(program, message)).code is AckCode.ACCEPT
    revoke_program(by=house.owner, program_id=UUID(program.client_id.split(".")[1]))

    assert take(program, message) == LineAnswer(ends=True)
    assert take(LineProgram("nobody", None), message) == LineAnswer(ends=True)


def test_a_program_that_nobody_vouches_for_is_told_so(house: House):
    program, message = on_line(house.owner), own_message(house)
    suspend(house.owner)

    answer = told(take(program, message))

    assert (answer.code, answer.control_id, answer.errors) == (AckCode.REJECT, "77", {"207"})


def test_every_message_of_a_program_without_the_scopes_is_rejected(house: House):
    answer = told(take(on_line(house.owner, scopes=(Scope.RESULTS_PROPOSE,)), own_message(house)))

    assert (answer.code, answer.errors) == (AckCode.REJECT, {"207"})


def test_orders_of_tests_are_taken_on_a_line_and_messages_of_other_types_rejected(house: House):
    program, message = on_line(house.owner), own_message(house)
    for kind in ("OMG^O19^OMG_O19", "ADT^A01"):
        answer = told(take(program, changed(("ORU^R01^ORU_R01", kind), message=message)))
        assert (answer.code, answer.errors) == (AckCode.REJECT, {"200"})
    for kind in ("ORM^O01", "OML^O21^OML_O21"):
        assert told(take(program, order_message(kind, kind=kind))).code is AckCode.ACCEPT


@pytest.mark.django_db(transaction=True)
def test_while_the_database_is_away_the_answer_is_to_send_again(tmp_path: Path):
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(HOST=str(tmp_path), PORT="5432")
    try:
        pharmacy = "69cc9d2a-498d-401b-84b3-6afd63b287b6"
        answer = take(LineProgram(f"{pharmacy}.{pharmacy}", None), "MSH|^~\\&|A|B|C|D|2026||ORU^R01|77|P|2.5.1\n")
    finally:
        connection.close()
        connection.settings_dict.update(before)
        measures.OUTAGE.set(0)
        OUTAGE.__init__()  # type: ignore[misc] # as if it had never been away

    assert answer.is_later
    assert (told(answer).code, told(answer).control_id, told(answer).errors) == (AckCode.REJECT, "77", {"207"})


def test_of_more_messages_than_a_frame_may_hold_each_is_refused(house: House):
    answer = take(on_line(house.owner), own_message(house) * 101).answer

    assert (answer.count(b"MSA|AR|77\r"), answer.endswith(b"BTS|101\r"), stored(house)) == (101, True, 0)


def test_a_frame_without_end_is_refused_and_no_more_is_read():
    steps = MllpTalk().came(b"\x0b" + b"x" * 1_100_000)

    content, is_message = next(steps)
    assert (b"MSA|AR" in content, is_message) == (True, False)
    with pytest.raises(ValueError, match="too long"):
        next(steps)


def test_what_is_no_certificate_names_nobody(tmp_path: Path):
    named = PEM_cert_to_DER_cert(make_identity(tmp_path, "localhost").certificate.read_text())
    unread = named.replace(b"localhost", b"\xff" * 9)  # no UTF-8

    assert program_of_certificate(b"", {}) is None
    assert program_of_certificate(unread, {}) is None


def test_a_broken_seal_is_answered_and_the_owners_are_told(house: House, tamper: Callable[[str], object]):
    program, message = on_line(house.owner), own_message(house)
    tamper(f"UPDATE pharmacies_program SET sealed = sealed || '\\x00' WHERE id = '{program.client_id[37:]}'")  # noqa: S608

    answers = told(take(program, message)).code, take_astm(program, b"", codes={})

    assert answers == (AckCode.ERROR, LineAnswer(NAK))
    with tenant_scope(house.here.id):
        assert Event.objects.filter(kind=EventKind.SEAL_BROKEN.value).count() == 1  # the same, once a day
