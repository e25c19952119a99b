"""Notices of delivery, read from a real mailbox: each is told to its parcel once; people's mail is left to people."""

from __future__ import annotations

import imaplib
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from dovecot import PASSWORD, USER, connected, mail_folders, running_dovecot
from people import House, make_lot, make_patient, make_signed, open_house, seen_parcel
from secure_mail import Trust

from temoin.lib.tenant import tenant_scope
from temoin.mail import imap
from temoin.mail.imap import InboxError, Mailbox
from temoin.outbox import courier as register
from temoin.outbox.actions import release_parcel
from temoin.outbox.courier import Answer, Verdict, couriers, register_courier
from temoin.outbox.duties import duties
from temoin.outbox.models import Attempt, Parcel
from temoin.outbox.queue import claim_parcels
from temoin.outbox.returns import note_later
from temoin.outbox.set_aside import list_aside
from temoin.outbox.settling import settle_parcels
from temoin.outbox.states import ParcelState
from temoin.transmission.channels.mssante.courier import MssanteDoctorCourier
from temoin.transmission.channels.mssante.inbox import read_inbox
from temoin.transmission.channels.mssante.lines import trust
from temoin.transmission.channels.mssante.settings import Inbox, MssanteSettings

AsRole = Callable[[str], AbstractContextManager[None]]
DESTINATION = "mssante-doctor"
DOCTOR = {"doctor_family_name": "MEDIONI", "doctor_mailbox": "s.medioni@medecin.mssante.fr", "doctor_copy": "yes"}
NOTICE = """From: MAILER-DAEMON@operateur.mssante.fr\r
Subject: {action}\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="B"\r
\r
--B\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; operateur.mssante.fr\r
Original-Envelope-Id: {key}.mssante-doctor\r
\r
Final-Recipient: rfc822; s.medioni@medecin.mssante.fr\r
Action: {action}\r
Status: 5.1.1\r
\r
--B--\r
"""


@dataclass
class Post:
    """A mailbox, what reads it, and what looks at it beside."""

    mail: MssanteSettings
    inbox: Inbox
    trust: Trust

    def read(self) -> None:
        read_inbox(self.mail, self.inbox, threading.Event())

    def bring(self, text: str) -> None:
        with connected(self.inbox.port, self.trust) as box:
            box.append("INBOX", "", "", text.encode())

    def flags(self) -> list[set[str]]:
        with connected(self.inbox.port, self.trust) as box:
            _, answers = box.fetch("1:*", "(FLAGS)")
        return [{flag.decode() for flag in imaplib.ParseFlags(each)} - {"\\Recent"} for each in answers if each]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Trust, Path]]:
    folder = tmp_path_factory.mktemp("imap")
    trust = Trust(folder)
    with running_dovecot(trust) as port:
        yield port, trust, folder


@pytest.fixture
def post(server: tuple[int, Trust, Path]) -> Post:
    port, trust, folder = server
    password = folder / "box.password"
    password.write_text(PASSWORD)
    with connected(port, trust) as box:
        box.uid("STORE", "1:*", "+FLAGS", r"(\Deleted)")
        box.expunge()
    return Post(trust.mail(1), Inbox(host="127.0.0.1", port=port, user=USER, password_file=password), trust)


@pytest.fixture
def house(as_role: AsRole, server: tuple[int, Trust, Path], monkeypatch: pytest.MonkeyPatch) -> House:
    """A pharmacy with one result that the operator took."""
    monkeypatch.setattr(register, "_couriers", couriers())
    register_courier(MssanteDoctorCourier(server[1].mail(1), demo=True))
    house = open_house()
    make_signed(house.owner, make_patient(house.owner, **DOCTOR), make_lot(house.owner))
    settle(as_role, Verdict.ACCEPTED, "taken_by_operator")
    return house


@pytest.fixture
def read(post: Post, as_role: AsRole) -> Callable[[], None]:
    """Read the mailbox in the worker's role."""

    def once() -> None:
        with as_role("temoin_worker"):
            post.read()

    return once


def settle(as_role: AsRole, verdict: Verdict, code: str) -> None:
    with as_role("temoin_worker"):
        settle_parcels([(load, Answer(verdict, code)) for load in claim_parcels(DESTINATION, 9)])


def parcel(house: House) -> Parcel:
    with tenant_scope(house.here.id):
        return Parcel.objects.get(destination=DESTINATION)


def told(house: House) -> tuple[str, str]:
    found = parcel(house)
    return found.state, found.answer_code


def attempts(house: House) -> int:
    with tenant_scope(house.here.id):
        return Attempt.objects.filter(parcel_id=parcel(house).id).count()


def notice(house: House, action: str) -> str:
    return NOTICE.format(key=parcel(house).key, action=action)


def test_a_message_that_came_back_is_refused_and_a_person_sends_it_again(house, post, read):
    post.bring(notice(house, "failed"))
    read()

    assert told(house) == (ParcelState.REFUSED, "returned")
    release_parcel(
        by=house.owner, parcel_id=parcel(house).id, expected_version=seen_parcel(house.owner, parcel(house).id)
    )
    assert parcel(house).state == ParcelState.WAITING
    assert post.flags() == [{"\\Seen"}]


def test_a_delivery_is_written_down_once(house, post, read):
    for _ in range(2):
        post.bring(notice(house, "delivered"))
    read()
    read()

    assert told(house) == (ParcelState.ACCEPTED, "delivered")
    assert attempts(house) == 2  # the handing over, and the delivery


def test_a_delay_changes_nothing(house, post, read):
    post.bring(notice(house, "delayed"))
    read()

    assert told(house) == (ParcelState.ACCEPTED, "taken_by_operator")
    assert post.flags() == [{"\\Seen"}]


def test_peoples_mail_is_left_unread_and_flagged_for_them(house, post, read):
    post.bring("From: s.medioni@medecin.mssante.fr\r\nSubject: Bonjour\r\n\r\nUne question.\r\n")
    post.bring(notice(house, "failed"))
    read()

    assert post.flags() == [{"\\Flagged"}, {"\\Seen"}]
    assert told(house)[0] == ParcelState.REFUSED


def test_a_notice_of_a_parcel_that_nobody_knows_is_done_with(house, post, read):
    post.bring(NOTICE.format(key="0f8fad5b-d9cb-469f-a165-70867728950e", action="failed"))
    read()

    assert told(house) == (ParcelState.ACCEPTED, "taken_by_operator")
    assert post.flags() == [{"\\Seen"}]


def test_a_notice_about_a_parcel_being_sent_again_waits_for_its_turn(house, post, read):
    post.bring(notice(house, "failed"))
    read()
    release_parcel(
        by=house.owner, parcel_id=parcel(house).id, expected_version=seen_parcel(house.owner, parcel(house).id)
    )
    post.bring(notice(house, "failed"))
    read()

    assert parcel(house).state == ParcelState.WAITING
    assert post.flags() == [{"\\Seen"}, set()]


@pytest.mark.parametrize(
    ("verdict", "state"), [(Verdict.ACCEPTED, ParcelState.ACCEPTED), (Verdict.REFUSED, ParcelState.REFUSED)]
)
def test_a_notice_settles_a_doubt(house, as_role, verdict, state):
    note_in_worker(as_role, house, Answer(Verdict.REFUSED, "returned"))
    release_parcel(
        by=house.owner, parcel_id=parcel(house).id, expected_version=seen_parcel(house.owner, parcel(house).id)
    )
    settle(as_role, Verdict.DOUBTFUL, "cut_off")

    note_in_worker(as_role, house, Answer(verdict, "later"))

    assert told(house) == (state, "later")


def test_what_is_settled_otherwise_stays_so(house, as_role):
    note_in_worker(as_role, house, Answer(Verdict.REFUSED, "returned"))

    assert note_in_worker(as_role, house, Answer(Verdict.ACCEPTED, "delivered"))

    assert told(house) == (ParcelState.REFUSED, "returned")


def note_in_worker(as_role: AsRole, house: House, answer: Answer) -> bool:
    key = parcel(house).key
    with as_role("temoin_worker"):
        return note_later(DESTINATION, key, answer)


def test_reading_ends_when_the_worker_does(house, post, as_role):
    post.bring(notice(house, "failed"))
    stopped = threading.Event()
    stopped.set()

    with as_role("temoin_worker"):
        read_inbox(post.mail, post.inbox, stopped)

    assert told(house)[0] == ParcelState.ACCEPTED


def test_a_box_that_does_not_open_fails_loudly(post, tmp_path):
    wrong = tmp_path / "password"
    wrong.write_text("autre")

    with pytest.raises(imaplib.IMAP4.error):
        read_inbox(post.mail, replace(post.inbox, password_file=wrong), threading.Event())
    with pytest.raises(imaplib.IMAP4.error):
        read_inbox(
            post.mail, replace(post.inbox, user=None, password_file=None), threading.Event()
        )  # it takes no certificate alone


def test_a_box_that_does_not_do_what_is_asked_fails_loudly(post):
    post.bring("Subject: a\r\n\r\nb\r\n")

    told = {name: getattr(post.inbox, name) for name in ("host", "port", "user", "password_file")}

    with imap._opened(Mailbox(trust=trust(post.mail), **told)) as box, pytest.raises(InboxError):
        imap._asked(box, "COPY", "1:*", "nowhere")


def test_the_box_is_read_by_the_clock_where_one_is_named(post, settings, monkeypatch):

    from temoin.outbox import duties as kept

    monkeypatch.setattr(register, "_couriers", couriers())
    monkeypatch.setattr(kept, "_duties", duties())
    settings.TEMOIN = settings.TEMOIN.with_channel("mssante", replace(post.mail, inbox=post.inbox))

    assert "secure-mail-notices" in duties()


# A subject that decodes to half a character.
ODD = """From: s.medioni@medecin.mssante.fr\r
Subject: =?utf-7?Q?[KO_INT_+2AA-]?=\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary="B"\r
\r
--B\r
Content-Type: text/rfc822-headers\r
\r
Message-ID: <{key}.mssante-doctor@pharmacie.mssante.fr>\r
\r
--B--\r
"""


def test_a_notice_in_half_characters_is_written_down(house, post, read):
    post.bring(ODD.format(key=parcel(house).key))
    read()

    assert told(house) == (ParcelState.REFUSED, "not_filed")
    assert post.flags() == [{"\\Seen"}]


def test_a_mail_over_which_the_server_ends_the_line_holds_no_other(house, post, read, as_role):
    post.bring("From: x@x.mssante.fr\r\nSubject: lost\r\n\r\n")
    (lost,) = mail_folders[post.inbox.port].glob("[cn][ue][rw]/*")
    lost.chmod(0)  # the server's own account cannot read it
    post.bring(notice(house, "failed"))
    read()

    assert post.flags() == [set(), {"\\Seen"}]
    assert told(house) == (ParcelState.REFUSED, "returned")
    with as_role("temoin_worker"):
        assert [(aside.place, aside.error) for aside in list_aside()] == [("secure-mail-notices", "line_cut")]


def test_a_mail_that_cannot_be_taken_is_flagged_and_the_next_is_read(house, post, read, as_role, stick):
    stick("UPDATE", "outbox_parcel", f"old.id = '{parcel(house).id}'")
    post.bring(notice(house, "failed"))
    post.bring(notice(house, "delayed"))
    read()

    assert post.flags() == [{"\\Flagged"}, {"\\Seen"}]
    with as_role("temoin_worker"):
        assert [(aside.place, aside.error) for aside in list_aside()] == [("secure-mail-notices", "ProgrammingError")]
