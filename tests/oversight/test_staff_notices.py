"""Messages to staff by a real mail server: of their own sign-in and of what waits for them; once, and no names."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from mail_server import Behaviour, running_mail_server
from people import NEWCOMER, House, open_house, person_of
from site_settings import notice_settings

from temoin.outbox.set_aside import list_aside
from temoin.oversight import staff_notices
from temoin.oversight.staff_notices import write_to_staff
from temoin.pharmacies.models import StaffNotice
from temoin.pharmacies.notices import NoticeKind, post_notice
from temoin.pharmacies.team import invite_member
from temoin.signin.enrolment import reset_factors


@pytest.fixture
def house(as_role) -> House:  # noqa: ARG001 opens the database
    return open_house()


@pytest.fixture
def mail(settings) -> Iterator[Behaviour]:
    """A running mail server, named in the settings."""
    with running_mail_server(Behaviour()) as server:
        settings.TEMOIN = settings.TEMOIN.with_channel("email", replace(settings.TEMOIN.email, port=server.port))
        yield server


def write(as_role) -> int:
    """Do the worker's duty in its role; return how many messages are left."""
    with as_role("temoin_worker"):
        write_to_staff(notice_settings(), threading.Event())
        return StaffNotice.objects.count()


def test_who_was_reset_is_told_and_once(house: House, mail: Behaviour, as_role):
    reset_factors(by=house.owner, member_id=house.colleague.member_id, password_too=False)

    assert [write(as_role), write(as_role)] == [0, 0]
    (sent,) = mail.messages
    assert sent["To"] == person_of(house.colleague).email
    assert "réinitialisés" in str(sent["Subject"])


def test_an_owner_is_told_of_an_invitation_that_waits(house: House, mail: Behaviour, as_role):
    invite_member(by=house.administrator, newcomer=NEWCOMER)

    write(as_role)

    (sent,) = mail.messages
    assert sent["To"] == person_of(house.owner).email
    assert NEWCOMER.family_name not in str(sent)


def test_a_notice_that_cannot_be_written_and_one_over_which_the_line_is_cut_hold_no_other(
    house: House, mail: Behaviour, as_role, monkeypatch: pytest.MonkeyPatch
):
    for seat in (house.owner, house.colleague):
        post_notice(person_id=seat.person_id, kind=NoticeKind.FACTORS_RESET)
    post_notice(person_id=house.student.person_id, kind=NoticeKind.FAILED_TRIES)
    monkeypatch.delitem(staff_notices.LEADS_TO, NoticeKind.FAILED_TRIES)
    mail.hangs_up = person_of(house.colleague).email

    assert write(as_role) == 2
    assert [sent["To"] for sent in mail.messages] == [person_of(house.owner).email]
    with as_role("temoin_worker"):
        assert [(one.place, one.error) for one in list_aside()] == [("staff notices", "KeyError")]


@pytest.mark.parametrize("kind", NoticeKind)
def test_each_kind_has_its_words_in_both_languages(house: House, mail: Behaviour, as_role, kind: NoticeKind):
    post_notice(person_id=house.owner.person_id, kind=kind, count=7)

    write(as_role)

    (sent,) = mail.messages
    text = sent.get_body(("plain",)).get_content()
    assert "---" in text
    assert settings_link(text)
    assert not [seat for seat in (house.owner, house.colleague) if seat.family_name in text]


def settings_link(text: str) -> bool:
    return any(line.startswith("http") and line.endswith("/") for line in text.splitlines())


def test_who_has_left_the_house_is_written_nothing(house: House, mail: Behaviour, as_role):
    person = person_of(house.colleague)
    person.is_active = False
    person.save()
    post_notice(person_id=person.id, kind=NoticeKind.FACTORS_RESET)

    assert write(as_role) == 0
    assert mail.messages == []
