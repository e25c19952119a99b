"""The French envelope at the sandbox: what a receiving platform takes, and what it refuses by its place."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import replace

import pytest
from cda_reports import amended
from mllp_client import send
from strategies import covid_positive

from temoin.formats.cda import document
from temoin.formats.hl7v2 import Copies, Route, document_message
from temoin.testing.report import IdentityStatus, Report, ReportStatus


def envelope(report: Report, content: bytes | None = None) -> str:
    return document_message(report, content or document(report), Route(), Copies()).decode()


def told(sandbox, message: str) -> list[str]:
    """MSA and the first ERR of the answer, with its place and code."""
    msa, *errors = send(sandbox.mllp_port, message.encode()).rstrip("\r").split("\r")[1:]
    return [
        msa.split("|")[1],
        *(" ".join([error.split("|")[2], error.split("|")[3].split("^")[0]]) for error in errors),
    ]


def with_document(message: str, old: bytes, new: bytes) -> str:
    """Change the document inside the envelope."""
    before, carried, after = (part for part in _parts(message))
    content = b64decode(carried)
    assert old in content
    return before + b64encode(content.replace(old, new)).decode() + after


def _parts(message: str) -> tuple[str, str, str]:
    before, _, rest = message.partition("^Base64^")
    carried, bar, after = rest.partition("|")
    return f"{before}^Base64^", carried, bar + after


@pytest.mark.parametrize(
    ("status", "shown"), [(ReportStatus.FINAL, "F"), (ReportStatus.CORRECTED, "C"), (ReportStatus.CANCELLED, "D")]
)
def test_first_replacement_and_deletion_are_kept_as_such(sandbox, status, shown):
    report = covid_positive() if status is ReportStatus.FINAL else amended(status)

    assert told(sandbox, envelope(report)) == ["AA"]

    (held,) = sandbox.get("/hl7.json").json
    assert (held["control_id"], held["order"], held["status"]) == (report.key, report.record_id, shown)


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        ("|2.5||", "|2.5.1||", ["AR", "MSH^1^12 203"]),
        ("\rPV1|", "\rPV2|", ["AE", "MSH^1 100"]),
        ("\rORC|NW|", "\rORC|RO|", ["AE", "OBX^1^11 103"]),
        ("\rORC|NW|", "\rORC|XO|", ["AE", "OBX^1^11 103"]),
        ("^DESTDMP^"[1:], "DESTXXX^", ["AE", "OBX^2^3 103"]),
        ("|N^^expandedYes-NoIndicator", "|X^^expandedYes-NoIndicator", ["AE", "OBX^2^3 103"]),
        ("|QUAL", "|VALI", ["AE", "PID^1^3 102"]),
        ("^TEXT^XML^Base64^", "^TEXT^PDF^Base64^", ["AE", "OBX^1^5 102"]),
        ("^Base64^", "^Base64^*", ["AE", "OBX^1^5 102"]),
        ("^Base64^", "^Base64^PHg+", ["AE", "OBX^1^5 102"]),
    ],
)
def test_an_envelope_that_is_not_right_is_refused_by_its_place(sandbox, old, new, answer):
    message = envelope(covid_positive())
    assert old in message

    assert told(sandbox, message.replace(old, new))[: len(answer)] == answer


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'<id root="2.25.', b'<id root="2.25.1'),
        (b'<setId root="2.25.', b'<setId root="2.25.1'),
        (b'<versionNumber value="1"', b'<versionNumber value="2"'),
        (b"1.2.250.1.213.1.1.1.59", b"1.2.250.1.213.1.1.1.60"),
        (b"ClinicalDocument", b"OtherDocument"),
        (b"<versionNumber", b"<versionName"),
    ],
)
def test_a_document_that_is_not_the_one_announced_is_refused(sandbox, old, new):
    message = with_document(envelope(covid_positive()), old, new)

    assert told(sandbox, message) == ["AE", "OBX^1^5 102"]


def test_the_document_of_another_version_is_refused(sandbox):
    report = covid_positive()

    assert told(sandbox, envelope(report, document(amended(ReportStatus.CORRECTED)))) == ["AE", "OBX^1^5 102"]


def test_a_matricule_in_the_document_alone_is_refused(sandbox):
    qualified = covid_positive()
    provisional = replace(qualified, patient=replace(qualified.patient, identity_status=IdentityStatus.VALIDATED))

    assert told(sandbox, envelope(provisional, document(qualified))) == ["AE", "OBX^1^5 102"]


def test_the_record_is_not_fed_without_a_matricule(sandbox):
    qualified = covid_positive()
    report = replace(qualified, patient=replace(qualified.patient, identity_status=IdentityStatus.VALIDATED))
    message = envelope(report).replace(
        "DESTDMP^Destinataire DMP^MetaDMPMSS||N^", "DESTDMP^Destinataire DMP^MetaDMPMSS||Y^"
    )

    assert told(sandbox, message) == ["AE", "PID^1^3 101"]
