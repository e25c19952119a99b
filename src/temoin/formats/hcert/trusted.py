"""Whose signatures are believed, and on what: keys from certificates of X.509, and keys that operators publish."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from temoin.crypto.signatures import CheckingKey, read_certified_key, thumbprint
from temoin.formats.hcert.smart import encode_base64url
from temoin.formats.hcert.uses import Use

# What a key may sign, as its certificate names it in the extended key usage: object identifiers in DER. They are looked
# for as bytes, because states wrote extensions that strict readers refuse. A key that names none signs everything.
# The second root was printed first, by mistake.
# https://health.ec.europa.eu/publications/technical-specifications-eu-digital-covid-certificates-volume-1_en, 4.2
_ROOTS = (bytes.fromhex("060b2b060104018e378f6501"), bytes.fromhex("060c2b06010401008e378f6501"))
_USES = {
    root + bytes([number]): use
    for root in _ROOTS
    for number, use in enumerate((Use.TEST, Use.VACCINATION, Use.RECOVERY), start=1)
}
KEY_ID = 8  # bytes that HC1 codes name a key by


@dataclass(frozen=True)
class TrustedKey:
    """A key, the names that certificates call it by, and what it may sign."""

    key: CheckingKey
    names: frozenset[bytes]
    issuer: str = ""  # the only one that it signs for; "": whoever
    uses: frozenset[Use] = frozenset(Use)
    not_before: datetime | None = None
    not_after: datetime | None = None

    def may_sign(self, issuer: str, use: Use | None, at: datetime) -> bool:
        """Tell whether the key was for this at that time."""
        is_in_time = (self.not_before is None or self.not_before <= at) and (
            self.not_after is None or at <= self.not_after
        )
        return is_in_time and self.issuer in ("", issuer) and (use is None or use in self.uses)


def certified(der: bytes) -> TrustedKey:
    """Return the key of a certificate of X.509, as the EU's lists hold them; PublicKeyError."""
    found = read_certified_key(der)
    told = frozenset(use for name, use in _USES.items() if name in der)
    return TrustedKey(found.key, frozenset([found.key_id]), uses=told or frozenset(Use))


def published(
    key: CheckingKey, issuer: str, *, not_before: datetime | None = None, not_after: datetime | None = None
) -> TrustedKey:
    """Return a key of P-256 under the two names it gives itself: short in HC1 codes, whole in cards."""
    name = thumbprint(key)
    names = frozenset([name[:KEY_ID], encode_base64url(name).encode()])
    return TrustedKey(key, names, issuer, not_before=not_before, not_after=not_after)


def named(keys: Iterable[TrustedKey], key_id: bytes) -> list[TrustedKey]:
    """Return the keys of a name: eight bytes may be those of more than one."""
    return [key for key in keys if key_id in key.names]
