"""What comes back about a message: each notice finds its parcel, and no mail breaks the reader."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from temoin.formats.mssante import DeliveryNotice, NoticeFate, read_notice

KEY = "0f8fad5b-d9cb-469f-a165-70867728950e"
OURS = f"<{KEY}.mssante-doctor@operateur.mssante.fr>"
NOTICE = f"""From: MAILER-DAEMON@operateur.mssante.fr
To: pharmacie@operateur.mssante.fr
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

The mail system could not deliver it.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; operateur.mssante.fr
Original-Envelope-Id: {KEY}.mssante-doctor

Final-Recipient: rfc822; s.medioni@medecin.mssante.fr
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 unknown user

--B
Content-Type: text/rfc822-headers

Message-ID: {OURS}
Subject: XDM/1.0/DDM+x

--B--
"""
DISPOSITION = f"""From: s.medioni@medecin.mssante.fr
Subject: XDM/1.0/DDM+x
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="B"

--B
Content-Type: text/plain

Lu.
--B
Content-Type: message/disposition-notification

Final-Recipient: rfc822; s.medioni@medecin.mssante.fr
Original-Message-ID: {OURS}
Disposition: automatic-action/MDN-sent-automatically; displayed

--B--
"""
RETURNED = f"""From: s.medioni@medecin.mssante.fr
Subject: =?utf-8?q?=5BKO_Int=C3=A9gration_syst=C3=A8me_!=5D=5B902=5D_XDM/1=2E0/DDM+x?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="B"

--B
Content-Type: text/plain; charset=utf-8

Patient inconnu.
--B
Content-Type: message/rfc822

Message-ID: {OURS}
Subject: XDM/1.0/DDM+x

Bonjour
--B--
"""


def read(mail: str) -> DeliveryNotice | None:
    return read_notice(mail.replace("\n", "\r\n").encode())


def fate(mail: str) -> tuple[str, str, NoticeFate] | None:
    notice = read(mail)
    return None if notice is None else (notice.key, notice.destination, notice.fate)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("failed", NoticeFate.FAILED),
        ("Delayed", NoticeFate.DELAYED),
        ("delivered", NoticeFate.DELIVERED),
        ("relayed", NoticeFate.DELIVERED),
        ("expanded", NoticeFate.DELIVERED),
    ],
)
def test_a_delivery_notice_tells_the_fate(action, expected):
    assert fate(NOTICE.replace("Action: failed", f"Action: {action}")) == (KEY, "mssante-doctor", expected)


def test_the_words_of_the_other_side_are_kept():
    notice = read(NOTICE)

    assert notice is not None
    assert notice.words == "5.1.1 smtp; 550 5.1.1 unknown user"


def test_a_notice_that_postfix_wrote_is_understood():
    data = (Path(__file__).parent / "golden" / "postfix_undelivered.eml").read_bytes()

    assert read_notice(data) == DeliveryNotice(KEY, "mssante-doctor", NoticeFate.FAILED, "5.0.0 X-Postfix; no outside")


@pytest.mark.parametrize(
    "lost", [f"Original-Envelope-Id: {KEY}.mssante-doctor\n", f"Message-ID: {OURS}\n", "Subject: XDM/1.0/DDM+x\n"]
)
def test_one_name_of_the_message_is_enough(lost):
    assert fate(NOTICE.replace(lost, "")) == (KEY, "mssante-doctor", NoticeFate.FAILED)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("displayed", NoticeFate.DELIVERED),
        ("processed", NoticeFate.DELIVERED),
        ("dispatched", NoticeFate.DELIVERED),
        ("processed/Error: 902^Identifiant de patient inconnu", NoticeFate.NOT_FILED),
        ("processed/error", NoticeFate.NOT_FILED),
        ("failed", NoticeFate.NOT_FILED),
    ],
)
def test_a_disposition_tells_whether_software_could_file_it(said, expected):
    assert fate(DISPOSITION.replace("displayed", said)) == (KEY, "mssante-doctor", expected)


@pytest.mark.parametrize("said", ["deleted", "denied", ""])
def test_a_disposition_that_tells_nothing_of_delivery_is_none(said):
    assert fate(DISPOSITION.replace("displayed", said)) is None


def test_a_mail_that_returns_ours_as_not_filed_is_understood():
    notice = read(RETURNED)

    assert notice == DeliveryNotice(KEY, "mssante-doctor", NoticeFate.NOT_FILED, "KO Intégration système !")


@pytest.mark.parametrize(
    "mail",
    [
        "Subject: Bonjour\n\nUne question.\n",
        NOTICE.replace(KEY, "not-a-key"),
        NOTICE.replace("mssante-doctor", "email"),
        NOTICE.replace("Action: failed", "Action: thrown"),
        RETURNED.replace("=5BKO_Int", "=5BRE_Int"),
        RETURNED.replace("=?utf-8?q?", "=?unknown-charset?q?"),
        RETURNED.replace("message/rfc822", "text/plain"),
    ],
)
def test_any_other_mail_is_no_notice(mail):
    assert read(mail) is None


@given(st.binary() | st.binary().map(lambda some: NOTICE.encode().replace(b"Action: failed", some)))
def test_nothing_in_a_mail_makes_the_reader_fail(data):
    read_notice(data)


@given(st.sampled_from([NOTICE, DISPOSITION, RETURNED]), st.integers(0, 900), st.binary(max_size=12))
@example(RETURNED, 46, b"\x80")  # in the name of a charset
def test_a_damaged_notice_is_read_or_is_none(mail, place, some):
    data = mail.encode()
    read_notice(data[:place] + some + data[place + len(some) :])


@pytest.mark.parametrize(
    ("mail", "told"),
    [
        (NOTICE.replace("Action: failed", "Action: Failed (bounced)"), NoticeFate.FAILED),
        (NOTICE.replace(f"Id: {KEY}", f"Id: {KEY.upper()}"), NoticeFate.FAILED),
        (NOTICE.replace(f"Id: {KEY}.mssante-doctor", f'Id: "{KEY}.mssante-doctor"'), NoticeFate.FAILED),
        (NOTICE.replace("message/delivery-status", "message/global-delivery-status"), NoticeFate.FAILED),
        (DISPOSITION.replace("message/disp", "message/global-disp"), NoticeFate.DELIVERED),
        (DISPOSITION.replace("automatic-action/MDN-sent-automatically; displayed", "displayed"), NoticeFate.DELIVERED),
        (RETURNED.replace("message/rfc822", "message/global"), NoticeFate.NOT_FILED),
    ],
)
def test_a_notice_written_otherwise_says_the_same(mail, told):
    assert fate(mail) == (KEY, "mssante-doctor", told)
