"""Certificates made from nothing with keys of their own: each part can be given wrong."""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.x509.oid import NameOID

from temoin.crypto.signatures import CheckingKey, thumbprint
from temoin.formats.hcert.base45 import encode_base45
from temoin.formats.hcert.cbor import Tagged, write_cbor
from temoin.formats.hcert.smart import encode_base64url, write_digits

AT = dt.datetime(2026, 11, 24, 10, 0, tzinfo=dt.UTC)
NOW = int(AT.timestamp())
ISSUER = "https://resultats.example.fr"
NUMBER = bytes(range(16))
ALGORITHMS = {"ES256": -7, "PS256": -37, "RS256": -257}
EU_USES = {"test": "1.3.6.1.4.1.1847.2021.1.1", "vaccination": "1.3.6.1.4.1.1847.2021.1.2"}

DCC = {
    "ver": "1.3.0",
    "nam": {"fn": "Lefèvre", "gn": "Zoé", "fnt": "LEFEVRE", "gnt": "ZOE"},
    "dob": "1984-02-29",
    "t": [
        {
            "tg": "840539006",
            "tt": "LP217198-3",
            "sc": "2026-11-24T09:40:00+01:00",
            "tr": "260415000",
            "co": "FR",
            "is": "Ministère",
            "ci": "URN:UVCI:01:FR:T5DWTJYS4ZR8#4",
        }
    ],
}
VACCINATION = {
    "tg": "840539006",
    "vp": "1119349007",
    "mp": "EU/1/20/1528",
    "ma": "ORG-100030215",
    "dn": 1,
    "sd": 2,
    "dt": "2026-01-18",
    "co": "FR",
    "is": "Ministère",
    "ci": "URN:UVCI:01:FR:V",
}
RECOVERY = dict.fromkeys(("tg", "fr", "co", "is", "df", "du", "ci"), "2026-01-18")
OWN = {
    "v": 1,
    "name": {"fn": "Lefèvre", "gn": "Zoé", "fnt": "LEFEVRE", "gnt": "ZOE"},
    "dob": "1984-02-29",
    "kind": "covid19-ag",
    "found": [["sars-cov-2", "negative"]],
    "sampled": "2026-11-24T10:40:00+01:00",
    "signed": "2026-11-24T10:58:00+01:00",
    "place": ["Pharmacie du Marché", "750123456"],
}
BUNDLE = {"resourceType": "Bundle", "type": "collection", "entry": []}


@dataclass(frozen=True)
class Signer:
    """A private key and the certificate that names what it may sign."""

    private: Any
    certificate: bytes

    @property
    def public(self) -> CheckingKey:
        return CheckingKey(self.private.public_key())

    def sign(self, name: str, message: bytes) -> bytes:
        if name == "ES256":
            r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
        return self.private.sign(message, pss if name == "PS256" else padding.PKCS1v15(), hashes.SHA256())

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign a SHA-256 by ES256, as our own keys do."""
        halves = decode_dss_signature(self.private.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256()))))
        return b"".join(half.to_bytes(32, "big") for half in halves)


@cache
def signer(kind: str = "EC", *uses: str) -> Signer:
    keys = {
        "EC": lambda: ec.generate_private_key(ec.SECP256R1()),
        "EC-384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "RSA": lambda: rsa.generate_private_key(65537, 2048),
        "RSA-1024": lambda: rsa.generate_private_key(65537, 1024),  # noqa: S505 it is the refused one
    }
    private = keys[kind]()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "DSC")])
    made = x509.CertificateBuilder(name, name, private.public_key(), 7, AT, AT + dt.timedelta(days=700))
    if uses:
        named = x509.ExtendedKeyUsage([x509.ObjectIdentifier(EU_USES[use]) for use in uses])
        made = made.add_extension(named, critical=False)
    der = made.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    return Signer(private, der)


def cose(by: Signer, payload: bytes, *, key_id: bytes, **wrong: Any) -> bytes:
    """Make a COSE_Sign1 message; `wrong` may name algorithm, protected, unprotected or signature."""
    name = wrong.get("algorithm", "ES256")
    headers = wrong.get("protected", {1: ALGORITHMS[name], 4: key_id})
    protected = headers if isinstance(headers, bytes) else write_cbor(headers)
    signature = by.sign(name, write_cbor(["Signature1", protected, b"", payload]))
    parts = [protected, wrong.get("unprotected", {}), payload, wrong.get("signature", signature)]
    return write_cbor(Tagged(18, parts))


def packed(raw: bytes) -> str:
    return "HC1:" + encode_base45(zlib.compress(raw, 9))


def claims_of(content: dict[Any, Any] | None = None, **changed: Any) -> dict[Any, Any]:
    """Return the claims of an EU certificate; `iss`, `exp` and `iat` may be changed."""
    given = {"iss": "FR", "iat": NOW - 60, "exp": NOW + 3600} | changed
    return {1: given["iss"], 4: given["exp"], 6: given["iat"], -260: {1: content or DCC}}


def own_claims(content: dict[str, Any] | None = None, **changed: Any) -> dict[Any, Any]:
    given = {"iss": ISSUER, "iat": NOW - 60, "exp": NOW + 3600, "number": NUMBER} | changed
    return {1: given["iss"], 4: given["exp"], 6: given["iat"], 7: given["number"], -65_537: content or OWN}


def hc1(by: Signer, claims: Any, **wrong: Any) -> str:
    key_id = wrong.pop("key_id", thumbprint(by.public)[:8] if wrong.get("algorithm", "ES256") == "ES256" else b"rsa")
    return packed(cose(by, write_cbor(claims), key_id=key_id, **wrong))


def card_claims(**changed: Any) -> dict[str, Any]:
    credential = {
        "type": ["https://smarthealth.cards#health-card"],
        "credentialSubject": {"fhirVersion": "4.0.1", "fhirBundle": BUNDLE},
        "rid": "AAECAwQFBgcICQoLDA0ODw",
    }
    return {"iss": ISSUER, "nbf": NOW - 60, "vc": credential} | changed


def jws(by: Signer, claims: Any, *, header: dict[str, Any] | None = None) -> str:
    kid = encode_base64url(thumbprint(by.public))
    engine = zlib.compressobj(9, wbits=-15)
    payload = engine.compress(orjson.dumps(claims)) + engine.flush()
    head = orjson.dumps({"alg": "ES256", "zip": "DEF", "kid": kid} | (header or {}))
    message = f"{encode_base64url(head)}.{encode_base64url(payload)}"
    return f"{message}.{encode_base64url(by.sign('ES256', message.encode()))}"


def card(by: Signer, claims: Any, *, header: dict[str, Any] | None = None) -> str:
    return write_digits(jws(by, claims, header=header))
