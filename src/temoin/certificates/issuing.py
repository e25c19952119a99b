"""The certificate of a result: the worker signs it as it seals the letter, and it is in clear in that letter alone."""

from __future__ import annotations

import secrets
from base64 import b64encode
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import segno
from segno.consts import MODE_BYTE, MODE_NUMERIC

from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.outcomes import NEGATIVE, POSITIVE, outcome
from temoin.certificates.models import IssuedCertificate
from temoin.certificates.state import SignerFault, StateCertificate, StateSigning
from temoin.crypto.certificate_key import CertificateKey, CertificateKeyError, read_certificate_key
from temoin.crypto.signatures import thumbprint
from temoin.formats.hcert.icao import FILLER
from temoin.formats.hcert.issuing import Issuance
from temoin.formats.hcert.own_writing import name_of, own_certificate
from temoin.formats.hcert.smart import LONGEST_JWS, PREFIX, encode_base64url, write_digits
from temoin.formats.hcert.smart_writing import smart_card
from temoin.formats.hcert.trusted import KEY_ID
from temoin.journal.act import Acts
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.handed import Handed
from temoin.lib.tenant import current_pharmacy
from temoin.lib.zones import bounds_of_day, day_of
from temoin.testing.report import Report, ReportStatus

NUMBER_BYTES = 16  # 128 random bits
# The drawing's mask is fixed: the text looks random already, and trying all eight takes most of a second's processor.
_MASK, _CORRECTION, _CORRECTION_OF_STATES, _CORRECTION_OF_CARDS = 3, "m", "q", "l"
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class CertificateIssuer:
    """Under which address certificates are issued, and the file of the key; without a key none is.

    With `health_cards`, each comes as a SMART Health Card too; with a `state` that signs, as the EU's certificate.
    """

    name: str
    key: Path | None
    health_cards: bool = False
    state: StateSigning | None = None

    def read_key(self) -> CertificateKey | None:
        """Return the key; None where there is none, or where it cannot be read: a letter never waits for it.

        The duty that signs the list of revoked certificates reads the same file, and fails in sight.
        """
        try:
            return None if self.key is None else read_certificate_key(self.key)
        except CertificateKeyError:
            return None


ISSUER: Final[Handed[CertificateIssuer]] = Handed("issuer of certificates")


@dataclass(frozen=True)
class SignedCertificate:
    """What came of signing: what the letter tells of it, and what a revocation needs."""

    number: str
    identifier: str  # of the state's; "" for none
    text: str
    expires_on: date
    content: dict[str, Any]  # what the letter holds of it


def plan_certificate(report: Report, *, zone: ZoneInfo) -> Issuance | None:
    """Return number and times of a certificate; None for a result, or a kind of test, that has none.

    It ends with a day of the pharmacy's zone, where clocks may have been changed since the sample was taken.
    """
    days = load_kinds()[report.kind].certificate_days
    if days is None or not is_certifiable(report):
        return None
    expires_at = bounds_of_day(day_of(report.sampled_at, zone) + timedelta(days=days), zone)[1]
    if expires_at <= now():
        return None
    return Issuance(ISSUER().name, encode_base64url(secrets.token_bytes(NUMBER_BYTES)), now(), expires_at)


def sign_certificate(
    report: Report, *, zone: ZoneInfo, state: StateCertificate | SignerFault | None = None
) -> SignedCertificate | None:
    """Sign a certificate; None for a result, a kind of test or an operator that has none.

    `state` is what was signed for the same result by a state, if one was asked; all bear one number.
    """
    issuer = ISSUER()
    by_state = state if isinstance(state, StateCertificate) else None
    issue = by_state.issue if by_state else plan_certificate(report, zone=zone)
    key = issuer.read_key()
    if issue is None or key is None:
        return None
    expires_on = day_of(issue.expires_at - _MOMENT, zone)
    text = own_certificate(report, issue, key_id=thumbprint(key.public)[:KEY_ID], sign=key.sign_digest)
    content = {
        **_content(report, text, expires_on, issuer.name),
        "card": _card(report, issue, key) if issuer.health_cards else None,
        "state": {"text": by_state.text, "drawing": drawing_of_state(by_state.text)} if by_state else None,
        "state_missing": isinstance(state, SignerFault),
    }
    return SignedCertificate(issue.number, by_state.identifier if by_state else "", text, expires_on, content)


def keep_number(acts: Acts, certificate: SignedCertificate, report: Report) -> UUID:
    """Add the act of issuing to those of a letter: its row holds, sealed, the number that a revocation names."""
    row = IssuedCertificate(
        pharmacy_id=current_pharmacy(),
        record_id=UUID(report.record_id),
        version=report.version,
        expires_on=certificate.expires_on,
    )
    row.seal({"number": certificate.number, "identifier": certificate.identifier})
    with acts.act(kind=EventKind.CERTIFICATE_ISSUED, subject_kind="certificate", subject_id=row.id) as commit:
        commit.insert(row)
    return row.id


def is_certifiable(report: Report) -> bool:
    """Tell whether a result says yes or no, and still holds."""
    means = {outcome(finding.outcome).means for finding in report.findings}
    return report.status is not ReportStatus.CANCELLED and bool(means) and means <= {POSITIVE, NEGATIVE}


def _content(report: Report, text: str, expires_on: date, issuer: str) -> dict[str, Any]:
    name = name_of(report.patient)
    return {
        "text": text,
        "drawing": drawing_of(text),
        "name": f"{name['gn']} {name['fn']}".strip(),
        "latin": f"{name['gnt']} {name['fnt']}".replace(FILLER, " ").strip(),
        "expires_on": expires_on.isoformat(),
        "verifier": f"{issuer}/verify/",
    }


def _card(report: Report, issue: Issuance, key: CertificateKey) -> dict[str, Any] | None:
    """Return the card; None for one that no code holds: names in other letters than Latin ones take more room."""
    jws = smart_card(report, issue, key_id=encode_base64url(thumbprint(key.public)), sign=key.sign_digest)
    return {"jws": jws, "drawing": drawing_of_card(jws)} if len(jws) <= LONGEST_JWS else None


def drawing_of(text: str) -> dict[str, Any]:
    """Return the QR code of a text as its width and the bits of its rows, which the patient's browser draws."""
    return _drawn(segno.make_qr(text, error=_CORRECTION, mode="alphanumeric", mask=_MASK, boost_error=False))


def drawing_of_state(text: str) -> dict[str, Any]:
    """Return the QR code of an EU certificate, with as much correction as its specification asks for."""
    code = segno.make_qr(text, error=_CORRECTION_OF_STATES, mode="alphanumeric", mask=_MASK, boost_error=False)
    return _drawn(code)


def drawing_of_card(jws: str) -> dict[str, Any]:
    """Return the QR code of a card: its address in bytes and its text in digits, as version 1.4 asks."""
    parts = [(PREFIX, MODE_BYTE), (write_digits(jws).removeprefix(PREFIX), MODE_NUMERIC)]
    # The library takes parts, which its types do not say.
    return _drawn(segno.make_qr(parts, error=_CORRECTION_OF_CARDS, mask=_MASK, boost_error=False))  # type: ignore[arg-type]


def _drawn(code: segno.QRCode) -> dict[str, Any]:
    bits = "".join("1" if module else "0" for row in code.matrix for module in row)
    whole = bits.ljust(len(bits) + -len(bits) % 8, "0")
    packed = int(whole, 2).to_bytes(len(whole) // 8, "big")
    return {"width": len(code.matrix), "bits": b64encode(packed).decode("ascii")}
