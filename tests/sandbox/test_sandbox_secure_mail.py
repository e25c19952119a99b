"""The operator of secure messaging, spoken to by a bare client: what it takes, what it refuses, and how it breaks."""

from __future__ import annotations

import io
import smtplib
import ssl
import zipfile
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from cda_reports import amended
from patience import PATIENCE
from sandbox_server import Sandbox, running_sandbox
from secure_mail import Trust
from strategies import covid_positive
from xdm_sending import SENDING

from temoin.formats.mssante import DeliveryNotice, NoticeFate, SecureEnvelope, read_notice, secure_message
from temoin.testing.report import Report, ReportStatus
from temoin_sandbox.main import main

SENDER, DOCTOR = "pharmacie@operateur.mssante.fr", "s.medioni@medecin.mssante.fr"
KEY = covid_positive().key
METADATA, DOCUMENT = "IHE_XDM/SUBSET01/METADATA.XML", "IHE_XDM/SUBSET01/DOC0001.XML"


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    return Trust(tmp_path_factory.mktemp("trust"))


@pytest.fixture(scope="module")
def running(trust: Trust) -> Iterator[Sandbox]:
    with running_sandbox(trust.certificates) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    yield running
    running.set_faults(off=True)


def message(report: Report | None = None, *, to: str = DOCTOR, destination: str = "mssante-doctor") -> bytes:
    envelope = SecureEnvelope(sender=SENDER, recipient=to, destination=destination, sending=SENDING)
    return secure_message(report or covid_positive(), envelope)


def send(sandbox: Sandbox, trust: Trust, data: bytes, *, to: str = DOCTOR, sender: str = SENDER) -> tuple[int, str]:
    context = ssl.create_default_context(cafile=trust.authority.file)
    context.load_cert_chain(trust.ours.certificate, trust.ours.key)
    with smtplib.SMTP_SSL("127.0.0.1", sandbox.mssante_port, context=context, timeout=PATIENCE) as server:
        server.ehlo()
        server.mail(sender, ["RET=HDRS", f"ENVID={KEY}.mssante-doctor"])
        code, said = server.rcpt(to, ["NOTIFY=SUCCESS,FAILURE"])
        if code == 250:
            code, said = server.data(data)
        return code, said.decode()


def faults(sandbox: Sandbox) -> list[str]:
    return sandbox.get("/secure-mail.json").json["faults"]


def last_notice(sandbox: Sandbox) -> DeliveryNotice | None:
    count = sandbox.get("/secure-mail.json").json["notices"]
    return read_notice(sandbox.get(f"/secure-mail/notices/{count - 1}").body)


def test_a_message_is_kept_and_its_delivery_told(sandbox, trust):
    code, words = send(sandbox, trust, message())

    assert code == 250
    assert words.startswith("2.0.0 Kept as ")
    assert last_notice(sandbox) == DeliveryNotice(
        KEY, "mssante-doctor", NoticeFate.DELIVERED, "2.0.0 smtp; 250 2.0.0 Kept"
    )


def test_the_same_message_again_is_kept_once(trust):
    with running_sandbox(trust.certificates) as sandbox:  # one to which nobody has sent another under this name
        send(sandbox, trust, message())
        send(sandbox, trust, message())

        counts = sandbox.stats["secure_mail"]
    assert (counts["stored"], counts["duplicates"], counts["differing"]) == (1, 1, 0)


def test_nothing_kept_tells_who_it_is_about(sandbox, trust):
    patient = "279035121518989@patient.mssante.fr"
    assert send(sandbox, trust, message(to=patient, destination="mssante-patient"), to=patient)[0] == 250

    told = sandbox.get("/secure-mail.json").text
    assert "PAT-TROIS" not in told
    assert "279035121518989" not in told


@pytest.mark.parametrize("status", [ReportStatus.CORRECTED, ReportStatus.CANCELLED])
def test_an_amended_result_is_taken_as_a_replacement(sandbox, trust, status):
    assert send(sandbox, trust, message(amended(status)))[0] == 250


def edited(change: Callable[[EmailMessage], None]) -> bytes:
    mail = message_from_bytes(message(), policy=policy.SMTP)
    assert isinstance(mail, EmailMessage)
    change(mail)
    return mail.as_bytes()


def without(name: str) -> Callable[[EmailMessage], None]:
    return lambda mail: mail.__delitem__(name)


def header(name: str, value: str) -> Callable[[EmailMessage], None]:
    return lambda mail: mail.replace_header(name, value) if name in mail else mail.add_header(name, value)


def dropped(place: int) -> Callable[[EmailMessage], None]:
    return lambda mail: mail.get_payload().pop(place)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (without("Message-ID"), "message-id"),
        (header("Subject", "Compte rendu"), "subject"),
        (header("To", "autre@medecin.mssante.fr"), "recipient"),
        (header("X-MSS-CODECDA", "11502-2"), "x-mss-codecda"),
        (header("X-MSS-INS", "N"), "x-mss-ins"),
        (header("In-Reply-To", "<a@b>"), "in-reply-to"),
        (dropped(2), "attachments"),
        (dropped(1), "no-zip"),
        (dropped(0), "body"),
    ],
)
def test_a_message_that_breaks_a_rule_is_refused_by_its_name(sandbox, trust, change, fault):
    code, said = send(sandbox, trust, edited(change))

    assert code == 554
    assert fault in said
    assert fault in faults(sandbox)


@pytest.mark.parametrize(
    ("to", "sender", "fault"),
    [
        ("a@gmail.example", SENDER, "address-outside"),
        (DOCTOR, "pharmacie@notmssante.fr", "address-outside"),
        ("253072B07300470@patient.mssante.fr", SENDER, "other-patient"),
    ],
)
def test_who_is_outside_or_somebody_else_gets_nothing(sandbox, trust, to, sender, fault):
    assert send(sandbox, trust, message(to=to), to=to, sender=sender)[0] == 554
    assert fault in faults(sandbox)


def packed(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def with_zip(change: Callable[[dict[str, bytes]], bytes]) -> bytes:
    def replace(mail: EmailMessage) -> None:
        part = mail.get_payload(1)
        with zipfile.ZipFile(io.BytesIO(part.get_content())) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        part.set_content(change(files), maintype="application", subtype="zip", filename="IHE_XDM.zip")

    return edited(replace)


def swapped(name: str, old: bytes, new: bytes) -> Callable[[dict[str, bytes]], bytes]:
    def change(files: dict[str, bytes]) -> bytes:
        assert old in files[name]
        return packed({**files, name: files[name].replace(old, new)})

    return change


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda files: b"no zip", "zip"),
        (lambda files: packed({**files, "more.txt": b""}), "zip-files"),
        (lambda files: packed({name: data for name, data in files.items() if name != "INDEX.HTM"}), "zip-files"),
        (lambda files: packed({**files, METADATA: b"<x"}), "xml"),
        (swapped(DOCUMENT, b"Positif", b"Negatif"), "metadata-hash"),
        (swapped(METADATA, b"DOC0001.XML", b"DOC0002.XML"), "metadata-hash"),
        (swapped(METADATA, b'value="2.25.', b'value="2.25.1'), "metadata-identifier"),
        (swapped(METADATA, b"279035121518989", b"253072000000000"), "metadata-patient"),
        (swapped(DOCUMENT, b"96173-0", b"11502-2"), "document"),
        (swapped(DOCUMENT, b'versionNumber value="1"', b'versionNumber value="2"'), "document-version"),
        (swapped(METADATA, b"ExtrinsicObject", b"OtherObject"), "metadata-entry"),
    ],
)
def test_a_package_that_is_not_right_is_refused_by_its_name(sandbox, trust, change, fault):
    assert send(sandbox, trust, with_zip(change))[0] == 554
    assert fault in faults(sandbox)


def test_a_page_that_is_no_pdf_for_the_archive_is_refused(sandbox, trust):
    def replace(mail: EmailMessage) -> None:
        mail.get_payload(2).set_content(b"%PDF-1.7", maintype="application", subtype="pdf", filename="a.pdf")

    assert send(sandbox, trust, edited(replace))[0] == 554
    assert "pdf" in faults(sandbox)


def test_a_message_returned_later_is_told_by_a_notice(sandbox, trust):
    sandbox.set_faults(bounce=1)

    assert send(sandbox, trust, message())[0] == 250

    notice = last_notice(sandbox)
    assert notice is not None
    assert (notice.key, notice.fate) == (KEY, NoticeFate.FAILED)


def test_a_client_without_certificate_gets_no_word(sandbox, trust):
    context = ssl.create_default_context(cafile=trust.authority.file)

    with pytest.raises((ssl.SSLError, smtplib.SMTPException, OSError)):  # TLS 1.3 tells it after the handshake
        smtplib.SMTP_SSL("127.0.0.1", sandbox.mssante_port, context=context, timeout=PATIENCE)


def test_a_notice_that_is_not_there_is_404(sandbox):
    assert sandbox.get("/secure-mail/notices/99999").status == 404


def test_the_port_needs_its_certificates(capsys):
    with pytest.raises(SystemExit):
        main(["--mssante-port", "0"])

    assert "--mssante-certificates go together" in capsys.readouterr().err


def test_the_command_serves_secure_mail_with_the_certificates_of_a_folder(trust):
    from temoin_sandbox.secure_mail import certificates_of

    folder = Path(trust.authority.folder)

    assert certificates_of(folder) == trust.certificates
