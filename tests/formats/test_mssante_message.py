"""The message of the secure messaging, read by the standard library: its headers, and nothing said too much."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from cda_reports import FORMER_KEY, KEY, amended
from hypothesis import given
from strategies import addressed_reports, covid_positive, examples
from xdm_sending import SENDING

from temoin.formats.cda import document
from temoin.formats.mssante import SecureEnvelope, original, secure_message
from temoin.formats.pdf import report_pdf
from temoin.testing.report import IdentityStatus, Report, ReportStatus

TO_DOCTOR = SecureEnvelope(
    sender="pharmacie@operateur.mssante.fr",
    recipient="s.medioni@medecin.mssante.fr",
    destination="mssante-doctor",
    sending=SENDING,
)
TO_PATIENT = replace(TO_DOCTOR, recipient="279035121518989@patient.mssante.fr", destination="mssante-patient")


def sent(report: Report, envelope: SecureEnvelope = TO_DOCTOR) -> EmailMessage:
    message = message_from_bytes(secure_message(report, envelope), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def attachments(message: EmailMessage) -> dict[str, bytes]:
    return {str(part.get_filename()): part.get_content() for part in message.iter_attachments()}


@given(addressed_reports())
@examples(10)
def test_any_report_travels_as_document_and_page_the_same_each_time(report):
    data = secure_message(report, TO_DOCTOR)
    message = sent(report)
    zipped, page = attachments(message).values()

    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        assert archive.read("IHE_XDM/SUBSET01/DOC0001.XML") == document(report)
    assert page == report_pdf(report)
    assert secure_message(replace(report), TO_DOCTOR) == data
    assert original(message["Message-ID"]) == (report.key, "mssante-doctor")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Subject", "XDM/1.0/DDM+Test rapide d'orientation diagnostique PAT-TROIS DOMINIQUE"),
        ("Message-ID", f"<{KEY}.mssante-doctor@operateur.mssante.fr>"),
        ("Date", "Mon, 23 Nov 2026 17:59:12 +0100"),
        ("Disposition-Notification-To", "pharmacie@operateur.mssante.fr"),
        ("X-MSS-CODECDA", "96173-0"),
        ("X-MSS-INS", "O"),
        ("X-MSS-NIL", None),
        ("X-MSS-MES", None),
        ("In-Reply-To", None),
    ],
)
def test_the_headers_are_those_of_the_reference(name, value):
    assert sent(covid_positive())[name] == value


def test_the_product_is_named_when_it_has_a_reference():
    assert sent(covid_positive(), replace(TO_DOCTOR, product="DEV1"))["X-MSS-NIL"] == "DEV1"


def test_a_patient_cannot_answer_a_box_that_nobody_reads():
    assert sent(covid_positive(), TO_PATIENT)["X-MSS-MES"] == "FIN"


def test_an_identity_that_is_not_qualified_is_told_as_such():
    report = covid_positive()
    report = replace(report, patient=replace(report.patient, identity_status=IdentityStatus.VALIDATED))

    assert sent(report)["X-MSS-INS"] == "N"


@pytest.mark.parametrize("status", [ReportStatus.CORRECTED, ReportStatus.CANCELLED])
def test_an_amended_result_replaces_the_message_before(status):
    message = sent(amended(status))

    assert message["Subject"].startswith("XDM/1.0/DDM+[Annule et remplace] Test rapide")
    assert message["In-Reply-To"] == f"<{FORMER_KEY}.mssante-doctor@operateur.mssante.fr>"
    assert "annule et remplace" in message.get_body().get_content()


def test_neither_result_nor_day_of_birth_stands_outside_the_attachments():
    message = sent(covid_positive(comment="Contagieux."))
    outside = " ".join(map(str, message.values())) + message.get_body().get_content() + " ".join(attachments(message))

    for word in ("ositi", "COVID", "28/03/1979", "1979", "279035121518989", "Contagieux", "A12345"):
        assert word not in outside


def test_the_page_is_named_by_day_kind_and_patient():
    zipped, page = attachments(sent(covid_positive()))

    assert zipped == "IHE_XDM.zip"
    assert page == "20261123_Test rapide d'orientation diagnostique_PAT-TROIS_DOMINIQUE.pdf"


def test_a_name_without_latin_letters_still_makes_a_file_and_a_subject():
    report = covid_positive()
    patient = replace(report.patient, birth_family_name="李", first_birth_given_name="Zoë/../É\r\nBcc: x")
    message = sent(replace(report, patient=patient))

    assert message["Subject"].endswith("李 ZOE/../E BCC: X")
    assert "_-_ZOE..E BCC X.pdf" in list(attachments(message))[1]
    assert message["Bcc"] is None


def test_a_demonstration_says_so():
    assert "patient fictif" in sent(covid_positive(is_demo=True)).get_body().get_content()
