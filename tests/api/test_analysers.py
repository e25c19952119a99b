"""Results of analysers: each in the row of the test under its sample's number, or kept for a person."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from api_programs import client_id, pem_of
from django.db import connection
from joserfc.jwk import ECKey
from people import House, make_lot, make_patient, make_sampled, make_test

from temoin.api import analysers
from temoin.api.analysers import AstmTalk, take_astm
from temoin.api.hl7_taken import SAMPLES
from temoin.api.listening import LineAnswer, LineProgram, take_frame
from temoin.formats.handed.astm_frames import ACK, NAK
from temoin.formats.hl7v2 import AckCode, read_acknowledgement
from temoin.lib import measures
from temoin.lib.away import OUTAGE
from temoin.lib.clock import now, shifted_by
from temoin.lib.folded_log import FoldedLog
from temoin.lib.sample_number import all_numbers
from temoin.lib.tenant import tenant_scope
from temoin.patients.notice import CURRENT_NOTICE
from temoin.pharmacies.programs import add_program
from temoin.pharmacies.scopes import Scope
from temoin.pharmacies.seat import Seat
from temoin.pharmacies.zones import zone_of
from temoin.testing.actions import register_test, take_sample
from temoin.testing.opening import Beforehand
from temoin.testing.orphans import list_orphans
from temoin.testing.proposals import proposed_tests, put_aside_proposal, sign_proposal
from temoin.testing.queries import read_test
from temoin.testing.sample import Sample
from temoin.testing.states import OrphanWhy

CODES = {"COV2": "94558-4"}
NEEDED = (Scope.RESULTS_PROPOSE, Scope.TESTS_READ)


def analyser(by: Seat, scopes: tuple[Scope, ...] = NEEDED) -> LineProgram:
    key = pem_of(ECKey.generate_key("P-256"))
    return LineProgram(client_id(by, add_program(by=by, name="Automate", public_key=key, scopes=scopes)), None, "nat")


@pytest.fixture
def number(house: House) -> str:
    """The number of a test that waits for its result."""
    record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))
    return read_test(by=house.owner, record_id=record_id).number


def message(number: str, value: str = "Negative", at: str = "") -> bytes:
    lines = ["H|\\^&|||Nat 2^^1234|||||||P|1|20261130", "P|1", f"O|1|{number}||^^^COV2"]
    return "\r".join([*lines, f"R|1|^^^COV2|{value}|||||F||||{at}", "L|1|N", ""]).encode()


def take(program: LineProgram, content: bytes) -> bytes:
    return take_astm(program, content, codes=CODES).answer


def proposed(house: House) -> list[tuple[str, str]]:
    found = proposed_tests(by=house.owner).tests
    return [(one.opened.sealed["number"], one.proposal.reading.outcomes["sars-cov-2"]) for one in found]


def kept(by: Seat) -> list[OrphanWhy]:
    return [one.why for one in list_orphans(by=by)]


def test_a_result_is_proposed_in_the_row_of_its_sample_and_once(house: House, number: str):
    program = analyser(house.owner)

    assert [take(program, message(number)) for _ in range(2)] == [ACK, ACK]
    assert proposed(house) == [(number, "negative")]


def test_the_analysers_clock_is_the_pharmacys(house: House, number: str):
    read = (now() - timedelta(seconds=5)).astimezone(zone_of(house.here.id)).replace(microsecond=0)

    assert take(analyser(house.owner), message(number, at=f"{read:%Y%m%d%H%M%S}")) == ACK
    (one,) = proposed_tests(by=house.owner).tests
    assert one.proposal.reading.read_at == read


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("", OrphanWhy.NO_NUMBER),
        ("50000", OrphanWhy.NO_NUMBER),  # its check digit is another
        (all_numbers()[0], OrphanWhy.UNKNOWN),
    ],
)
def test_a_sample_that_nobody_knows_is_kept_for_a_person_and_never_guessed(
    house: House, number: str, told: str, reason: OrphanWhy
):
    told = all_numbers()[1] if told == number else told

    assert take(analyser(house.owner), message(told)) == ACK
    assert kept(house.owner) == [reason]
    assert proposed(house) == []


@pytest.mark.parametrize("at", ["", "20261130101500"])
def test_two_samples_without_a_number_are_two_though_they_say_the_same(house: House, at: str):
    program = analyser(house.owner)
    two = message("", at=at).replace(
        b"L|1|N", b"P|2\rO|1|||^^^COV2\rR|1|^^^COV2|Negative|||||F||||%b\rL|1|N" % at.encode()
    )

    assert [take(program, two) for _ in range(2)] == [ACK, ACK]  # the same message again is the same two
    assert take(program, message("", at=at)) == ACK
    assert kept(house.owner) == [OrphanWhy.NO_NUMBER] * 3


def test_another_pharmacys_number_is_nobodys(house: House, number: str):
    assert take(analyser(house.stranger), message(number)) == ACK
    assert (kept(house.stranger), kept(house.owner)) == ([OrphanWhy.UNKNOWN], [])
    assert proposed(house) == []


def test_what_does_not_fit_the_test_is_kept_for_a_person(house: House, number: str):
    waiting = read_test(by=house.owner, record_id=make_test(house.owner, make_patient(house.owner))).number
    program = analyser(house.owner)
    two = message(number).replace(b"L|1|N", b"R|2|^^^COV2|Positive|||||F\rL|1|N")
    early = (now() - timedelta(days=1)).astimezone(zone_of(house.here.id))

    assert take(program, message(waiting)) == ACK
    assert take_astm(program, message(number), codes={"COV2": "4548-4"}).answer == ACK
    assert take(program, two) == ACK
    assert take(program, message(number, at=f"{early:%Y%m%d%H%M%S}")) == ACK

    whys = [OrphanWhy.NOT_SAMPLED, OrphanWhy.OTHER_KIND, OrphanWhy.TWICE, OrphanWhy.TWICE, OrphanWhy.UNFIT]
    assert kept(house.owner) == whys
    assert proposed(house) == []


def test_what_cannot_be_read_is_not_acknowledged(house: House, number: str):
    program = analyser(house.owner)

    assert take_astm(program, message(number), codes={}).answer == NAK
    assert take(program, message(number, "5.9")) == NAK
    assert take(program, b"junk") == NAK
    assert proposed(house) == []


def test_a_message_that_breaks_is_refused_and_its_line_goes_on(house: House, number: str, stick: Callable[..., object]):
    program, unknown = analyser(house.owner), next(one for one in all_numbers() if one != number)
    stick("UPDATE", "testing_record", f"old.pharmacy_id = '{house.here.id}'")

    assert [take(program, message(one)) for one in (number, unknown)] == [NAK, ACK]
    assert (proposed(house), kept(house.owner)) == ([], [OrphanWhy.UNKNOWN])


def test_a_correction_and_a_time_that_cannot_be_are_not_acknowledged(
    house: House, number: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    minutes = count(step=60)
    folded = FoldedLog(logging.getLogger("temoin.api"), "refused", clock=lambda: float(next(minutes)))
    monkeypatch.setattr(analysers, "REFUSALS", folded)
    program = analyser(house.owner)
    ahead = (now() + timedelta(hours=1)).astimezone(zone_of(house.here.id))

    assert take(program, message(number).replace(b"|||||F||", b"|||||C||")) == NAK
    assert take(program, message(number, at=f"{ahead:%Y%m%d%H%M%S}")) == NAK
    assert "R-9 by_a_person" in caplog.text
    assert "future" in caplog.text
    assert proposed(house) == []


def test_one_bad_result_of_a_message_keeps_all_from_being_kept(house: House, number: str):
    two = message(number).replace(b"L|1|N", b"O|2|99999\rR|2|^^^COV2|5.9|||||F\rL|1|N")

    assert take(analyser(house.owner), two) == NAK
    assert (proposed(house), kept(house.owner)) == ([], [])


def test_a_second_result_never_replaces_one_that_waits(house: House, number: str):
    program = analyser(house.owner)

    assert [take(program, message(number, value)) for value in ("Negative", "Positive")] == [ACK, ACK]
    assert (proposed(house), kept(house.owner)) == ([(number, "negative")], [OrphanWhy.WAITS])


def forget(house: House, as_role: Callable) -> None:
    """End the kept answers, as the daily round does once they are a day old."""
    with as_role("temoin_keeper"), tenant_scope(house.here.id), connection.cursor() as cursor:
        cursor.execute("DELETE FROM pharmacies_program_call")


@pytest.mark.parametrize("tells_time", [True, False])
@pytest.mark.parametrize("done", ["nothing", "signed", "put aside"])
def test_a_message_that_comes_again_days_later_proposes_nothing_again(
    house: House, number: str, as_role: Callable, done: str, tells_time: bool
):
    read = now().astimezone(zone_of(house.here.id)).replace(microsecond=0)
    program, content = analyser(house.owner), message(number, at=f"{read:%Y%m%d%H%M%S}" if tells_time else "")
    take(program, content)
    (one,) = proposed_tests(by=house.owner).tests
    act = {"signed": sign_proposal, "put aside": put_aside_proposal}.get(done)
    if act:
        act(by=house.owner, record_id=one.opened.record_id, seen_version=one.seen_version)
    forget(house, as_role)

    assert take(program, content) == ACK
    assert proposed(house) == ([(number, "negative")] if done == "nothing" else [])
    told = {"put aside": [OrphanWhy.PUT_ASIDE], "signed": [] if tells_time else [OrphanWhy.OVER]}
    assert kept(house.owner) == told.get(done, [])


@pytest.mark.parametrize(
    ("again", "tells_time", "reasons"),
    [("Negative", False, [OrphanWhy.RETURNED]), ("Positive", False, []), ("Negative", True, [])],
)
def test_a_result_without_a_time_that_another_test_of_the_number_had_is_a_persons_matter(
    house: House, number: str, as_role: Callable, again: str, tells_time: bool, reasons: list[OrphanWhy]
):
    program = analyser(house.owner)
    take(program, message(number))
    (one,) = proposed_tests(by=house.owner).tests
    sign_proposal(by=house.owner, record_id=one.opened.record_id, seen_version=one.seen_version)
    forget(house, as_role)
    with shifted_by(timedelta(days=5)):
        person, lot = one.opened.patient_id, one.opened.lot
        assert lot is not None
        record_id = register_test(
            by=house.owner,
            patient_id=person,
            kind="covid19-ag",
            notice_version=CURRENT_NOTICE,
            beforehand=Beforehand(number=number),
        )
        sampled = Sample(specimen="nasopharyngeal-swab", sampled_at=now() - timedelta(minutes=16), lot_id=lot.id)
        take_sample(by=house.owner, record_id=record_id, sample=sampled, seen="")
        at = f"{now().astimezone(zone_of(house.here.id)):%Y%m%d%H%M%S}" if tells_time else ""

        assert take(program, message(number, again, at=at)) == ACK

        assert kept(house.owner) == reasons
        assert len(proposed(house)) == (not reasons)


def test_a_program_without_the_scopes_and_one_that_is_none_get_nothing(house: House, number: str):
    assert take(analyser(house.owner, (Scope.TESTS_READ,)), message(number)) == NAK
    assert take_astm(LineProgram("nobody", None), message(number), codes=CODES) == LineAnswer(ends=True)


@pytest.mark.django_db(transaction=True)
def test_while_the_database_is_away_nothing_is_acknowledged(tmp_path: Path):
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(HOST=str(tmp_path), PORT="5432")
    pharmacy = "69cc9d2a-498d-401b-84b3-6afd63b287b6"
    try:
        answer = take_astm(LineProgram(f"{pharmacy}.{pharmacy}", None), message("50003"), codes=CODES)
    finally:
        connection.close()
        connection.settings_dict.update(before)
        measures.OUTAGE.set(0)
        OUTAGE.__init__()  # type: ignore[misc] # as if it had never been away

    assert answer == LineAnswer(NAK, is_later=True)


def test_a_line_says_ack_for_the_last_frame_only_once_it_is_taken():
    talk = AstmTalk()
    text = b"1H|\\^&\rL|1\r\x03"
    frame = b"\x02" + text + b"%02X\r\n" % (sum(text) % 256)

    assert list(talk.came(b"\x05" + frame)) == [(ACK, False), (b"H|\\^&\rL|1\r", True)]
    assert talk.answered(LineAnswer(NAK)) == NAK
    assert list(talk.came(frame)) == [(b"H|\\^&\rL|1\r", True)]
    assert (talk.answered(LineAnswer(ACK)), talk.is_begun) == (ACK, True)


def test_an_analyser_that_speaks_hl7_comes_by_the_same_number(house: House, number: str):
    lines = [
        "MSH|^~\\&|GENEXPERT|CEPHEID|TEMOIN|LAB|20261130143000||ORU^R01|GX001|P|2.5.1",
        "PID|1||PAT-GX001^^^HOSPITAL||DOE^JANE||19850320|F",
        f"OBR|1||{number}|94558-4^SARS-CoV-2 Ag^LN",
        "OBX|1|CE|94558-4^SARS-CoV-2 Ag^LN||260415000^Not detected^SCT||||||F",
        "OBX|2|NM|94745-7^Ct value^LN||28.5|Ct|||||F",
    ]
    program = analyser(house.owner)

    told = take_frame(program, "\r".join(lines).encode(), road=SAMPLES)
    other = take_frame(program, "\r".join(lines).replace(number, "X").replace("GX001|P", "2|P").encode(), road=SAMPLES)

    assert [read_acknowledgement(one.answer).code for one in (told, other)] == [AckCode.ACCEPT] * 2
    assert kept(house.owner) == [OrphanWhy.NO_NUMBER]
    assert proposed(house) == [(number, "negative")]
