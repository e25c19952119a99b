"""The message that carries a result: its rules are those of ANS, Référentiel socle MSSanté #2 v1.0.1.

Subject and name of the PDF bear the patient's name, as ECO.2.1.3 and ECO.2.1.6 demand of everybody; the day of birth,
which they leave free, stays out. The result is in the attachments only. The same Report gives the same bytes.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime

from temoin.formats.cda.codes import DOCUMENT_CODE
from temoin.formats.mssante.identity import message_id
from temoin.formats.pdf import report_pdf
from temoin.formats.xdm import Submission, package
from temoin.lib.mail_headers import POLICY
from temoin.lib.text import shortened
from temoin.testing.report import Report, ReportStatus

PATIENTS = "patient.mssante.fr"
_POLICY = POLICY.clone(max_line_length=200)
_LONGEST_LABEL = 40  # characters of the document's name in the subject (ECO.2.1.3)
# Characters of each name in subject and name of the page: mailboxes keep 255 of a subject, and disks of a file's name.
# The document has the names whole.
_LONGEST_NAME = 60
_REPLACES = "[Annule et remplace] "
_UNSAFE = re.compile(r"[^A-Za-z0-9 '.-]+")  # what a name of a file need not bear

_ATTACHED = (
    "Vous trouverez en pièces jointes le compte rendu d’un test rapide d’orientation diagnostique réalisé en"
    " pharmacie : le document structuré (IHE_XDM.zip) et le même compte rendu au format PDF."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecureEnvelope:
    """Who sends to whom, under which destination of ours."""

    sender: str
    recipient: str
    destination: str
    sending: Submission
    product: str = ""  # reference of the product that the national platform gave; "" when it has none


def secure_message(report: Report, envelope: SecureEnvelope) -> bytes:
    """Return the message; CdaError when the document may not carry the Report."""
    message = EmailMessage(policy=_POLICY)
    for name, value in _headers(report, envelope).items():
        message[name] = value
    message.set_content(_words(report), charset="utf-8")
    zipped = package(report, envelope.sending)
    message.add_attachment(zipped, maintype="application", subtype="zip", filename="IHE_XDM.zip")
    page = report_pdf(report)
    message.add_attachment(page, maintype="application", subtype="pdf", filename=_file_name(report))
    message.set_boundary(f"=_{report.key}")
    return message.as_bytes()


def _headers(report: Report, envelope: SecureEnvelope) -> dict[str, str]:
    domain = envelope.sender.rpartition("@")[2]

    def named(key: str) -> str:
        return message_id(key, envelope.destination, domain)

    headers = {
        "From": envelope.sender,
        "To": envelope.recipient,
        "Subject": _subject(report),
        "Date": format_datetime(report.signed_at),
        "Message-ID": named(report.key),
        "Disposition-Notification-To": envelope.sender,  # software that cannot file the document says so (RFC 8098)
        "X-MSS-CODECDA": DOCUMENT_CODE[0],
        "X-MSS-INS": "O" if report.patient.carries_matricule else "N",
    }
    if report.replaces_key:
        headers |= {"In-Reply-To": named(report.replaces_key), "References": named(report.replaces_key)}
    if envelope.product:
        headers["X-MSS-NIL"] = envelope.product
    if envelope.recipient.endswith(f"@{PATIENTS}"):
        headers["X-MSS-MES"] = "FIN"  # nobody reads answers in the box that sends
    return headers


def _subject(report: Report) -> str:
    patient = report.patient
    mark = "" if report.status is ReportStatus.FINAL else _REPLACES
    label = DOCUMENT_CODE[1][:_LONGEST_LABEL]
    names = f"{_plain(patient.birth_family_name)} {_plain(patient.first_birth_given_name)}".strip()
    return f"XDM/1.0/DDM+{mark}{label} {names}"


def _words(report: Report) -> str:
    lines = ["Bonjour,", ""]
    if report.is_demo:
        lines += ["Démonstration : message sans valeur, patient fictif.", ""]
    if report.status is not ReportStatus.FINAL:
        lines += ["Ce message annule et remplace celui qui le précède.", ""]
    lines += [
        _ATTACHED,
        "",
        _one_line(report.organisation.name),
        *([f"Téléphone : {_one_line(report.organisation.phone)}"] if report.organisation.phone else []),
    ]
    return "\n".join(lines) + "\n"


def _file_name(report: Report) -> str:
    """Return <day of the act>_<type>_<NAME>_<given name>.pdf (ECO.2.1.6)."""
    patient = report.patient
    names = [_plain(name) for name in (patient.birth_family_name, patient.first_birth_given_name)]
    safe = [_UNSAFE.sub("", name).strip() or "-" for name in (DOCUMENT_CODE[1], *names)]
    return "_".join([f"{report.sampled_at:%Y%m%d}", *safe]) + ".pdf"


def _plain(name: str) -> str:
    """Return a name in capitals without accents, on one line, of no more letters than there is room for."""
    letters = unicodedata.normalize("NFKD", name)
    plain = _one_line("".join(letter for letter in letters if unicodedata.category(letter) != "Mn")).upper()
    return shortened(plain, _LONGEST_NAME)


def _one_line(text: str) -> str:
    return " ".join(text.split())
