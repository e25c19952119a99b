"""One verdict on any text: is it a certificate, whose, unaltered, in time and still standing?"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from temoin.formats.hcert.claims import Claims, read_claims
from temoin.formats.hcert.errors import NotACertificateError
from temoin.formats.hcert.hc1 import PREFIX as HC1
from temoin.formats.hcert.hc1 import read_hc1
from temoin.formats.hcert.signed import SignedPayload
from temoin.formats.hcert.smart import PREFIX as SMART
from temoin.formats.hcert.smart import read_smart
from temoin.formats.hcert.trusted import TrustedKey, named

LONGEST = 20_000  # characters; a QR code holds 7,089 digits at most
SKEW = timedelta(minutes=1)  # clocks of two machines differ: what was signed just now is not in the future


class CertificateVerdict(StrEnum):
    """What a person is told; the first that holds, in this order but for the last."""

    NOT_A_CERTIFICATE = "not_a_certificate"
    UNKNOWN_SIGNER = "unknown_signer"
    ALTERED = "altered"
    REVOKED = "revoked"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    VALID = "valid"


@dataclass(frozen=True)
class Judgement:
    """The verdict, and what the certificate says where its signature holds."""

    verdict: CertificateVerdict
    claims: Claims | None = None


def judge_certificate(
    text: str, keys: Iterable[TrustedKey], *, at: datetime, revoked: Collection[bytes] = ()
) -> Judgement:
    """Judge any text; nothing is raised."""
    try:
        signed = take_apart(text)
        return _judge(signed, named(keys, signed.key_id), at, revoked)
    except NotACertificateError:
        return Judgement(CertificateVerdict.NOT_A_CERTIFICATE)


def take_apart(text: str) -> SignedPayload:
    """Read a pasted or scanned text; NotACertificateError. Line breaks are those of the mail it came by."""
    bare = text.translate({ord(mark): None for mark in "\r\n\t"}).lstrip()
    if len(bare) > LONGEST:
        raise NotACertificateError("longer than any QR code")
    if bare.startswith(HC1):
        return read_hc1(bare)
    if bare[: len(SMART)].lower() == SMART:
        return read_smart(bare.strip())
    raise NotACertificateError("it begins like no certificate")


def _judge(signed: SignedPayload, keys: list[TrustedKey], at: datetime, revoked: Collection[bytes]) -> Judgement:
    if not keys or signed.algorithm is None:
        read_claims(signed)  # which may be no certificate at all
        return Judgement(CertificateVerdict.UNKNOWN_SIGNER)
    algorithm = signed.algorithm
    signers = [one for one in keys if one.key.verifies(algorithm, signed.message, signed.signature)]
    if not signers:
        return Judgement(CertificateVerdict.ALTERED)
    claims = read_claims(signed)
    if not any(one.may_sign(claims.issuer, claims.use, claims.issued_at) for one in signers):
        return Judgement(CertificateVerdict.UNKNOWN_SIGNER)
    return Judgement(_standing(claims, at, revoked), claims)


def _standing(claims: Claims, at: datetime, revoked: Collection[bytes]) -> CertificateVerdict:
    if any(mark in revoked for mark in claims.marks):
        return CertificateVerdict.REVOKED
    if claims.issued_at > at + SKEW:
        return CertificateVerdict.NOT_YET_VALID
    if claims.expires_at is not None and claims.expires_at <= at:
        return CertificateVerdict.EXPIRED
    return CertificateVerdict.VALID
