"""Who is an officer: invited once, known by a passkey that is shown here and now, ended at once; and nobody else."""

from __future__ import annotations

import contextlib
import json
from datetime import timedelta
from functools import partial

import pytest
from authority_site import AT, UP, UV, SoftPasskey, enrolled, hand_place
from hypothesis import given
from hypothesis import strategies as st
from roles import take_role
from strategies import examples

from temoin.lib.clock import shifted_by
from temoin.lib.errors import DeniedError, InvalidError, NotFoundError
from temoin.officers.accounts import (
    CODE_LIFE,
    begin_enrolment,
    begin_sign_in,
    end_officer,
    enrol,
    invite_officer,
    officer_of,
    sign_in,
    sign_out,
)
from temoin.officers.errors import NotProvedError
from temoin.officers.passkeys import check_proof, created, named_in
from temoin.officers.policies import OfficerSeat, check_officer
from temoin.officers.queries import list_officers


@pytest.fixture(autouse=True)
def as_the_site(db):  # noqa: ARG001 opens the database
    hand_place()
    with take_role("temoin_authority"):
        yield


def shown(passkey: SoftPasskey) -> str:
    ceremony = begin_sign_in()
    return sign_in(ceremony.ticket, passkey.get(ceremony))


def test_an_officer_enrols_with_a_code_and_signs_in_with_the_passkey():
    passkey = SoftPasskey()
    number, cookie = enrolled(passkey)

    assert officer_of(cookie) == OfficerSeat(number, "Alix Roy")
    assert officer_of(shown(passkey)) == OfficerSeat(number, "Alix Roy")


def test_a_code_is_used_once():
    _number, code = invite_officer("Alix Roy")
    first, second = begin_enrolment(code), begin_enrolment(code)
    enrol(first.ticket, SoftPasskey().create(first))

    with pytest.raises(NotProvedError):
        enrol(second.ticket, SoftPasskey(credential_id=b"another-passkey").create(second))
    with pytest.raises(NotProvedError):
        begin_enrolment(code)


@pytest.mark.parametrize("code", ["", "0000-0000-0000-0000-0000-0000-0000-0000", "é"])
def test_nobody_enrols_without_the_code(code):
    invite_officer("Alix Roy")

    with pytest.raises(NotProvedError):
        begin_enrolment(code)


def test_a_code_ends_with_its_days():
    _number, code = invite_officer("Alix Roy")

    with shifted_by(CODE_LIFE + timedelta(minutes=1)), pytest.raises(NotProvedError):
        begin_enrolment(code)


def test_a_name_that_nobody_can_read_is_refused():
    with pytest.raises(InvalidError):
        invite_officer("Alix\x07Roy")


@pytest.mark.parametrize(
    "other",
    [
        SoftPasskey(),  # of the same name, with another key
        SoftPasskey(credential_id=b"nobody-knows-this"),
        SoftPasskey(origin="https://autorite.example.invalid"),
        SoftPasskey(origin="https://sub.autorite.example"),
        SoftPasskey(flags=UP),
        SoftPasskey(flags=UV),
    ],
    ids=["key", "unknown", "origin", "subdomain", "unverified", "absent"],
)
def test_a_stranger_does_not_sign_in(other):
    passkey = SoftPasskey()
    enrolled(passkey)
    if other.credential_id == passkey.credential_id and (other.flags != UP | UV or "sub." in other.origin):
        other.key = passkey.key

    with pytest.raises(NotProvedError):
        shown(other)


@pytest.mark.parametrize("flags", [UP, UV, AT])
def test_a_passkey_made_without_its_person_is_not_taken(flags):
    _number, code = invite_officer("Alix Roy")
    ceremony = begin_enrolment(code)

    with pytest.raises(NotProvedError):
        enrol(ceremony.ticket, SoftPasskey(flags=flags).create(ceremony))


def test_one_answer_opens_one_session_even_after_its_end():
    passkey = SoftPasskey()
    enrolled(passkey)
    ceremony = begin_sign_in()
    answer = passkey.get(ceremony)
    cookie = sign_in(ceremony.ticket, answer)
    sign_out(cookie)

    assert officer_of(cookie) is None
    with pytest.raises(NotProvedError):
        sign_in(ceremony.ticket, answer)


def test_an_answer_to_another_question_or_too_late_is_refused():
    passkey = SoftPasskey()
    enrolled(passkey)
    first, second = begin_sign_in(), begin_sign_in()

    with pytest.raises(NotProvedError):
        sign_in(second.ticket, passkey.get(first))
    with pytest.raises(NotProvedError):
        sign_in(first.ticket + "x", passkey.get(first))
    with shifted_by(timedelta(minutes=6)):
        late = begin_sign_in()
    assert officer_of(sign_in(late.ticket, passkey.get(late))) is not None


def test_a_session_ends_by_idleness_and_by_its_length():
    passkey = SoftPasskey()
    _number, cookie = enrolled(passkey)

    with shifted_by(timedelta(minutes=10)):
        assert officer_of(cookie) is not None
    with shifted_by(timedelta(minutes=20)):
        assert officer_of(cookie) is not None  # seen ten minutes ago
    with shifted_by(timedelta(minutes=40)):
        assert officer_of(cookie) is None
    with shifted_by(timedelta(hours=13)):
        assert officer_of(cookie) is None


def test_whoever_is_ended_is_out_at_once_and_stays_out():
    passkey = SoftPasskey()
    number, cookie = enrolled(passkey)
    end_officer(number)

    assert officer_of(cookie) is None
    with pytest.raises(NotProvedError):
        shown(passkey)
    with pytest.raises(DeniedError):
        check_officer(by=OfficerSeat(number, "Alix Roy"))
    with pytest.raises(NotFoundError):
        end_officer(number)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE officers_officer SET name = 'Mallory'",
        "UPDATE officers_officer SET credential = '\\x00'",
        "UPDATE officers_session SET officer_id = gen_random_uuid()",
        "UPDATE officers_session SET started_at = started_at + interval '1 minute'",
    ],
)
def test_a_row_that_somebody_else_wrote_signs_nobody_in(sql, tamper):
    _number, cookie = enrolled(SoftPasskey())
    tamper(sql)

    assert officer_of(cookie) is None


def test_under_another_key_nobody_is_anybody(tamper):  # noqa: ARG001 the rows stay as they are
    number, cookie = enrolled(SoftPasskey())
    hand_place(key=b"o" * 32)

    assert officer_of(cookie) is None
    with pytest.raises(DeniedError):
        check_officer(by=OfficerSeat(number, "Alix Roy"))
    assert [one.is_sound for one in list_officers()] == [False]


PARTS = ("clientDataJSON", "attestationObject", "authenticatorData", "signature")
ANSWERS = st.text(max_size=40) | st.fixed_dictionaries(
    {"id": st.text(max_size=8), "rawId": st.text(max_size=8), "type": st.just("public-key")},
    optional={"response": st.dictionaries(st.sampled_from(PARTS), st.text(max_size=12))},
).map(json.dumps)


@examples(40)
@given(ANSWERS)
def test_what_no_browser_made_is_refused_in_one_word(answer):
    for proves in (partial(created, "AAAA"), partial(check_proof, "AAAA", credential=b"\x00" * 60)):
        with pytest.raises(NotProvedError):
            proves(answer)
    with contextlib.suppress(NotProvedError):  # whoever is named by it has proved nothing yet
        assert isinstance(named_in(answer), bytes)
