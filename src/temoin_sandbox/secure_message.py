"""A message of the secure messaging as its rules have it (ANS, Référentiel socle MSSanté #2); shares no code with the
sender.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from temoin_sandbox.xdm import XdmDocument, unpack

DOMAIN = "mssante.fr"
PATIENTS = "@patient.mssante.fr"


@dataclass(frozen=True, slots=True)
class SeenMail:
    """What was found in a message."""

    message_id: str
    subject: str
    document: XdmDocument | None
    faults: tuple[str, ...]


def look_at(content: bytes, sender: str, recipients: list[str]) -> SeenMail:
    """Read a message and name everything that is wrong with it."""
    message = BytesParser(EmailMessage, policy=policy.default).parsebytes(content)
    parts = {str(part.get_filename()): part for part in message.iter_attachments()}
    zipped = parts.pop("IHE_XDM.zip", None)
    document, faults = unpack(_bytes(zipped)) if zipped is not None else (None, ["no-zip"])
    faults += [*_addresses(message, sender, recipients), *_headers(message), *_page(parts)]
    if document is not None:
        faults += _agreement(message, document, recipients)
    return SeenMail(_header(message, "Message-ID"), _header(message, "Subject"), document, tuple(faults))


def _addresses(message: EmailMessage, sender: str, recipients: list[str]) -> Iterator[str]:
    if not all(_is_inside(address) for address in (sender, *recipients)):
        yield "address-outside"
    if len(recipients) != 1 or _header(message, "To").lower() != recipients[0].lower():
        yield "recipient"


def _headers(message: EmailMessage) -> Iterator[str]:
    if not _header(message, "Message-ID"):
        yield "message-id"
    if not _header(message, "Subject").startswith("XDM/1.0/DDM+"):
        yield "subject"
    body = message.get_body(("plain",))
    if body is None or body.get_content_charset() != "utf-8":
        yield "body"


def _page(parts: dict[str, EmailMessage]) -> Iterator[str]:
    pages = [part for name, part in parts.items() if name.endswith(".pdf")]
    if len(pages) != 1 or len(parts) != 1:
        yield "attachments"
        return
    content = _bytes(pages[0])
    if not content.startswith(b"%PDF-1.4") or b"<pdfaid:part>1</pdfaid:part>" not in content:
        yield "pdf"


def _agreement(message: EmailMessage, document: XdmDocument, recipients: list[str]) -> Iterator[str]:
    if _header(message, "X-MSS-CODECDA") != document.code:
        yield "x-mss-codecda"
    if _header(message, "X-MSS-INS") != ("O" if document.matricule else "N"):
        yield "x-mss-ins"
    to = recipients[0].lower() if recipients else ""
    if to.endswith(PATIENTS) and to.removesuffix(PATIENTS) != document.matricule.lower():
        yield "other-patient"
    if (document.version > "1") != bool(_header(message, "In-Reply-To")):
        yield "in-reply-to"


def _is_inside(address: str) -> bool:
    domain = address.rpartition("@")[2].lower()
    return domain == DOMAIN or domain.endswith(f".{DOMAIN}")


def _header(message: EmailMessage, name: str) -> str:
    return str(message.get(name, "")).strip()


def _bytes(part: EmailMessage) -> bytes:
    content = part.get_content()
    return content if isinstance(content, bytes) else b""
