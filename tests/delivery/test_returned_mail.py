"""Patients' mail that comes back: believed with its token only, shown on the record, sent again with the same link."""

from __future__ import annotations

import asyncio
import imaplib
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from dovecot import PASSWORD, USER, connected, running_dovecot
from mail_server import Behaviour, running_mail_server
from people import (
    TRAITS,
    House,
    change_patient,
    make_lot,
    make_patient,
    make_signed,
    open_house,
    opened_attempt,
    seen_parcel,
)
from secure_mail import Trust
from site_settings import email_courier

from temoin.delivery.channels.email.courier import DESTINATION
from temoin.delivery.channels.email.envelopes import named_in
from temoin.delivery.channels.email.returned_mail import (
    COMES_BACK_WITHIN,
    forget_sent_links,
    read_returned_mail,
    returned_mail_duties,
)
from temoin.delivery.channels.email.settings import Returned
from temoin.lib.clock import shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.outbox.actions import release_parcel
from temoin.outbox.models import Attempt, Parcel
from temoin.outbox.set_aside import list_aside
from temoin.outbox.states import ParcelState
from temoin.outbox.worker import Lane
from temoin.patients.traits import check_traits
from temoin.testing.models import Record

RETURNED, SENT = (ParcelState.REFUSED, "mail_returned"), (ParcelState.ACCEPTED, "taken_by_mail_server")
NOTICE = """From: MAILER-DAEMON@b.example\r
To: {to}\r
Subject: Undelivered Mail Returned to Sender\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="B"\r
\r
--B\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; b.example\r
\r
Final-Recipient: rfc822; pat@b.example\r
Action: {action}\r
Status: 5.1.1\r
Diagnostic-Code: smtp; 550 5.1.1 unknown\r
\r
--B\r
Content-Type: text/rfc822-headers\r
\r
Message-ID: {message_id}\r
\r
--B--\r
"""


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Returned, Trust]]:
    folder = tmp_path_factory.mktemp("imap")
    trust, password = Trust(folder), folder / "box.password"
    password.write_text(PASSWORD)
    with running_dovecot(trust, asks_certificate=False) as port:
        yield (
            Returned(
                address="retours@temoin.example",
                host="127.0.0.1",
                port=port,
                user=USER,
                password_file=Path(password),
                authorities=trust.authority.file,
            ),
            trust,
        )


@pytest.fixture
def mail(settings, box) -> Iterator[Behaviour]:
    with connected(box[0].port, box[1]) as opened:
        opened.uid("STORE", "1:*", "+FLAGS", r"(\Deleted)")
        opened.expunge()
    with running_mail_server(Behaviour()) as server:
        named = replace(settings.TEMOIN.email, port=server.port, returned=box[0])
        settings.TEMOIN = settings.TEMOIN.with_channel("email", named)
        yield server


@pytest.fixture
def house(mail, as_role) -> House:  # noqa: ARG001 opens the database
    """A pharmacy with one letter that the mail server took."""
    house = open_house()
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    carry(as_role)
    return house


def carry(as_role) -> None:
    with as_role("temoin_worker"), asyncio.Runner() as runner:
        Lane(email_courier(), threading.Event()).carry_batch(runner)


@pytest.fixture
def bring(box, as_role) -> Callable[..., list[set[str]]]:
    """Put mails into the box, have it read, and return their flags."""

    def read(*texts: str) -> list[set[str]]:
        with connected(box[0].port, box[1]) as opened:
            for text in texts:
                opened.append("INBOX", "", "", text.encode())
        with as_role("temoin_worker"):
            read_returned_mail(box[0], threading.Event())
        with connected(box[0].port, box[1]) as opened:
            _, answers = opened.fetch("1:*", "(FLAGS)")
        return [{flag.decode() for flag in imaplib.ParseFlags(each)} - {"\\Recent"} for each in answers if each]

    return read


def parcel(house: House) -> Parcel:
    with tenant_scope(house.here.id):
        return Parcel.objects.get(destination=DESTINATION)


def told(house: House) -> tuple[str, str]:
    return parcel(house).state, parcel(house).answer_code


def notice(mail: Behaviour, *, action: str = "failed", by: str = "message_id") -> str:
    """Write a notice about the message sent, which names it by its Message-ID or by the sender of its envelope."""
    named = {"message_id": mail.messages[0]["Message-ID"], "to": mail.senders[0]}
    return NOTICE.format(**{"message_id": "<x@x>", "to": "retours@temoin.example", by: named[by]}, action=action)


def link(message) -> str:
    return re.search(r"/#([\w-]{43})\b", message.get_body(("plain",)).get_content())[1]


@pytest.mark.parametrize("by", ["message_id", "to"])
def test_what_came_back_is_refused_and_told_in_the_servers_words(house, mail, bring, by):
    assert told(house) == SENT

    assert bring(notice(mail, by=by)) == [{"\\Seen"}]

    assert told(house) == RETURNED
    with tenant_scope(house.here.id):
        attempt = Attempt.objects.filter(parcel_id=parcel(house).id).latest("at")
        assert "550 5.1.1 unknown" in opened_attempt(attempt)["detail"]


def test_once_the_address_is_mended_the_same_link_goes_again(house, mail, bring, as_role):
    bring(notice(mail))
    with tenant_scope(house.here.id):
        patient_id = Record.objects.get().patient_id
    change_patient(by=house.owner, patient_id=patient_id, traits=check_traits({**TRAITS, "email": "pat@c.example"}))

    release_parcel(
        by=house.owner, parcel_id=parcel(house).id, expected_version=seen_parcel(house.owner, parcel(house).id)
    )
    carry(as_role)

    first, second = mail.messages
    assert (second["To"], link(second)) == ("pat@c.example", link(first))
    assert told(house) == SENT


@pytest.mark.parametrize("forged", ["token", "no token", "other key", "other name"])
def test_a_notice_without_our_token_is_not_believed(house, mail, bring, forged):
    key, token = named_in(mail.messages[0]["Message-ID"])
    other = "a" * 16 if token != "a" * 16 else "b" * 16
    names = {
        "token": f"<{key}.{other}@x>",
        "no token": f"<{key}@x>",
        "other key": f"<{uuid4()}.{token}@x>",
        "other name": "<nobody@x>",
    }

    flags = bring(NOTICE.format(to="retours@temoin.example", action="failed", message_id=names[forged]))

    assert flags == [{"\\Flagged"}]
    assert told(house) == SENT


def test_what_is_no_failure_changes_nothing(house, mail, bring):
    absent = f"From: pat@b.example\r\nTo: {mail.senders[0]}\r\nSubject: Absente\r\n\r\nJe reviens lundi.\r\n"

    flags = bring(notice(mail, action="delayed"), notice(mail, action="delivered"), absent)

    assert flags == [{"\\Seen"}, {"\\Seen"}, {"\\Flagged"}]
    assert told(house) == SENT


def test_an_odd_mail_holds_no_other(house, mail, bring, as_role, stick):
    stick("UPDATE", "outbox_parcel", f"old.id = '{parcel(house).id}'")

    assert bring(notice(mail), notice(mail, action="delayed")) == [{"\\Flagged"}, {"\\Seen"}]

    with as_role("temoin_worker"):
        assert [(each.place, each.error) for each in list_aside()] == [("returned-mail", "ProgrammingError")]


def test_the_link_is_destroyed_once_the_message_cannot_come_back(house, as_role):
    with as_role("temoin_worker"):
        forget_sent_links(threading.Event())
    assert parcel(house).sealed is not None

    with as_role("temoin_worker"), shifted_by(COMES_BACK_WITHIN + timedelta(minutes=1)):
        forget_sent_links(threading.Event())
    assert parcel(house).sealed is None


def test_the_box_is_read_by_the_clock(box):
    assert {duty.name for duty in returned_mail_duties(box[0])} == {"returned-mail", "forget-sent-links"}
