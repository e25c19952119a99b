"""What a certificate claims: by whom, when, until when, and about whom and what. Whether to believe it: `judging`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from temoin.formats.hcert.cbor import plain, read_cbor
from temoin.formats.hcert.dcc import check_dcc
from temoin.formats.hcert.errors import NotACertificateError
from temoin.formats.hcert.own import check_own
from temoin.formats.hcert.signed import Family, SignedPayload
from temoin.formats.hcert.smart import decode_base64url, read_json
from temoin.formats.hcert.uses import Use

ISSUER, EXPIRES_AT, ISSUED_AT, NUMBER = 1, 4, 6, 7  # claims of RFC 8392
HCERT = -260  # the registered claim of a health certificate; the EU's is its entry 1
OWN = -65_537  # ours: claims below -65536 are for private use
MARK_BYTES = 8
LATEST = 253_402_300_799  # the last second that a date can say
_CARD = "https://smarthealth.cards#health-card"


class Form(StrEnum):
    """Whose form the content has."""

    EU = "eu"
    OWN = "own"
    SMART = "smart"


@dataclass(frozen=True)
class Claims:
    """What a certificate says, of which nothing is true until its signature is."""

    form: Form
    issuer: str
    issued_at: datetime
    expires_at: datetime | None
    use: Use | None  # None: a card, which may hold anything
    marks: tuple[bytes, ...]  # what a revocation list may hold of it
    content: dict[str, Any]


def read_claims(signed: SignedPayload) -> Claims:
    """Return the claims of a certificate; NotACertificateError."""
    return _card(read_json(signed.payload)) if signed.family is Family.SMART else _token(signed.payload)


def mark_of(number: bytes) -> bytes:
    """Return what a revocation list holds of a certificate's number: the first 64 bits of its SHA-256."""
    return sha256(number).digest()[:MARK_BYTES]


def _token(payload: bytes) -> Claims:
    claims = plain(read_cbor(payload))
    if not isinstance(claims, dict):
        raise NotACertificateError("not the claims of a CWT")
    issuer, issued_at, expires_at = claims.get(ISSUER, ""), _moment(claims, ISSUED_AT), _moment(claims, EXPIRES_AT)
    match claims:
        case {-260: {1: dict(content)}}:
            use, told = check_dcc(content, issued_at)
            form, numbers = Form.EU, [number.encode() for number in told]
        case {-65_537: dict(content), 7: bytes(raw)}:
            check_own(content)
            form, use, numbers = Form.OWN, Use.TEST, [raw]
        case _:
            raise NotACertificateError("no content that we know")
    if not isinstance(issuer, str):
        raise NotACertificateError("an issuer is named by a text")
    return Claims(form, issuer, issued_at, expires_at, use, tuple(map(mark_of, numbers)), content)


def _card(claims: dict[str, Any]) -> Claims:
    match claims:
        case {"iss": str(issuer), "vc": {"type": list(types), "credentialSubject": dict(subject)} as credential}:
            bundle = subject.get("fhirBundle")
        case _:
            raise NotACertificateError("not the claims of a card")
    number = credential.get("rid", "")
    if _CARD not in types or not isinstance(bundle, dict) or not isinstance(number, str):
        raise NotACertificateError("not the content of a card")
    until = _moment(claims, "exp") if "exp" in claims else None
    return Claims(Form.SMART, issuer, _moment(claims, "nbf"), until, None, _marks_of_card(number), bundle)


def _marks_of_card(number: str) -> tuple[bytes, ...]:
    """Return what a list may hold of a card: its number hashed, or the number itself, the mark of a card of ours."""
    if not number:
        return ()
    try:
        return mark_of(number.encode()), decode_base64url(number)
    except NotACertificateError:
        return (mark_of(number.encode()),)


def _moment(claims: dict[Any, Any], name: int | str) -> datetime:
    value: Any = claims.get(name, "")
    if type(value) not in {int, float} or not 0 <= value <= LATEST:  # which no NaN passes
        raise NotACertificateError("a time that is none")
    return datetime.fromtimestamp(value, UTC)
