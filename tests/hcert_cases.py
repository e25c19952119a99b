"""Certificates good and wrong in every part, each with the verdict that Python and the verifier page give alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hcert_makers import (
    BUNDLE,
    DCC,
    ISSUER,
    NOW,
    OWN,
    RECOVERY,
    VACCINATION,
    card,
    card_claims,
    claims_of,
    cose,
    hc1,
    jws,
    own_claims,
    packed,
    signer,
)

from temoin.formats.hcert.cbor import Tagged, write_cbor
from temoin.formats.hcert.judging import LONGEST, CertificateVerdict
from temoin.formats.hcert.smart import write_digits
from temoin.formats.hcert.trusted import TrustedKey, published

VALID, EXPIRED, EARLY, REVOKED, UNKNOWN, ALTERED, NONE = (
    CertificateVerdict(name)
    for name in ("valid", "expired", "not_yet_valid", "revoked", "unknown_signer", "altered", "not_a_certificate")
)


def keys_of_all() -> list[TrustedKey]:
    """Keys under their own names, and the RSA key as a state would list it, under a name of the tests."""
    own = [published(signer().public, ISSUER), TrustedKey(signer().public, frozenset([b"eu"]))]
    return [*own, TrustedKey(signer("RSA").public, frozenset([b"rsa"]))]


def eu(content: Any = None, *, about: dict[str, Any] | None = None, **wrong: Any) -> str:
    return hc1(signer(), claims_of(content, **(about or {})), **({"key_id": b"eu"} | wrong))


def own(content: Any = None, *, about: dict[str, Any] | None = None, **wrong: Any) -> str:
    return hc1(signer(), own_claims(content, **(about or {})), **wrong)


def without(values: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


def raw_eu() -> bytes:
    return cose(signer(), write_cbor(claims_of()), key_id=b"eu")


CASES: list[tuple[Callable[[], str], CertificateVerdict]] = [
    (lambda: own(), VALID),
    (lambda: eu(), VALID),
    (lambda: eu({**without(DCC, "t"), "r": [RECOVERY]}), VALID),
    (lambda: eu({**without(DCC, "t"), "v": [VACCINATION, VACCINATION]}), VALID),
    (lambda: hc1(signer("RSA"), claims_of(), algorithm="PS256"), VALID),
    (lambda: hc1(signer("RSA"), claims_of(), algorithm="RS256"), VALID),
    (lambda: card(signer(), card_claims()), VALID),
    (lambda: card(signer(), card_claims(exp=NOW + 60)), VALID),
    (lambda: eu(protected={1: -7}, unprotected={4: b"eu"}), VALID),
    (lambda: eu(protected={4: b"eu"}, unprotected={1: -7}), VALID),
    (lambda: eu(protected={1: -7, 4: b"eu"}, unprotected={4: b"?"}), VALID),
    (lambda: packed(write_cbor(Tagged(61, Tagged(18, [])))[:2] + raw_eu()), VALID),
    (lambda: packed(raw_eu()[1:]), VALID),  # without its tag
    (lambda: card(signer(), card_claims(nbf=NOW - 0.5)), VALID),
    (lambda: eu(about={"iat": Tagged(1, NOW)}), VALID),
    (lambda: eu(about={"iat": NOW + 59}), VALID),  # a clock a minute ahead
    (lambda: eu(about={"iat": NOW + 61}), EARLY),
    (lambda: eu(about={"exp": NOW}), EXPIRED),
    (lambda: card(signer(), card_claims(exp=NOW)), EXPIRED),
    (lambda: card(signer(), card_claims(nbf=NOW + 61)), EARLY),
    (lambda: eu(key_id=b"nobody"), UNKNOWN),
    (lambda: eu(protected={1: -8, 4: b"eu"}), UNKNOWN),  # an algorithm that is not checked here
    (lambda: eu(protected={1: [1], 4: b"eu"}), UNKNOWN),
    (lambda: eu(protected={1: -7}), UNKNOWN),
    (lambda: eu(protected=b""), UNKNOWN),
    (lambda: own(about={"iss": "https://else.example"}), UNKNOWN),
    (lambda: card(signer(), card_claims(iss="https://else.example")), UNKNOWN),
    (lambda: card(signer(), card_claims(), header={"alg": "none"}), UNKNOWN),
    (lambda: card(signer(), card_claims(), header={"kid": 7}), UNKNOWN),
    (lambda: eu(signature=bytes(64)), ALTERED),
    (lambda: eu(signature=b"short"), ALTERED),
    (lambda: hc1(signer("RSA"), claims_of(), algorithm="PS256", key_id=b"eu"), ALTERED),
    (lambda: hc1(signer(), claims_of(), algorithm="ES256", key_id=b"rsa"), ALTERED),
    (lambda: hc1(signer("RSA"), claims_of(), algorithm="PS256", signature=bytes(256)), ALTERED),
]

NO_CERTIFICATES: list[Callable[[], str]] = [
    lambda: "",
    lambda: "Bonjour",
    lambda: "HC1:",
    lambda: "HC2:" + eu()[4:],
    lambda: eu()[4:],
    lambda: eu() + "/",
    lambda: eu().lower(),
    lambda: "HC1:::::",
    lambda: packed(raw_eu()) + "0" * LONGEST,
    lambda: packed(raw_eu() + b"\x00"),
    lambda: packed(write_cbor([1, 2])),
    lambda: packed(write_cbor(Tagged(17, [b"", {}, b"", b""]))),
    lambda: eu(protected=[1]),
    lambda: eu(protected={1: -7, 2: [9], 4: b"eu"}),
    lambda: hc1(signer(), [1], key_id=b"eu"),
    lambda: hc1(signer(), {1: "FR", 6: NOW, 4: NOW + 9}, key_id=b"eu"),
    lambda: eu(about={"iss": 7}),
    lambda: eu(about={"iat": "today"}),
    lambda: eu(about={"iat": True}),
    lambda: eu(about={"exp": -1}),
    lambda: eu(about={"exp": 10**15}),
    lambda: eu({**DCC, "v": [VACCINATION]}),
    lambda: eu(without(DCC, "t")),
    lambda: eu(without(DCC, "nam")),
    lambda: eu({**DCC, "t": DCC}),
    lambda: eu({**DCC, "t": ["none"]}),
    lambda: eu({**DCC, "t": [without(DCC["t"][0], "tr")]}),  # type: ignore[index]
    lambda: eu({**DCC, "dob": "29/02/1984"}),
    lambda: eu({**DCC, "dob": "2027"}),
    lambda: eu({**DCC, "nam": {"fn": "Zoé", "fnt": ""}}),
    lambda: eu({**DCC, "nam": {"fnt": "zoé"}}),
    lambda: eu({**DCC, "nam": {"fnt": "ZOE", "gnt": 7}}),
    lambda: eu({**without(DCC, "t"), "v": [{**VACCINATION, "dn": "1"}]}),
    lambda: own(about={"number": "text"}),
    lambda: own(without(OWN, "name")),
    lambda: own({**OWN, "v": 2}),
    lambda: own({**OWN, "dob": 7}),
    lambda: own({**OWN, "found": []}),
    lambda: own({**OWN, "found": [["sars-cov-2"]]}),
    lambda: "shc:/1/2/" + card(signer(), card_claims())[5:],
    lambda: "shc:/123",
    lambda: "shc:/9999",
    lambda: card(signer(), [1]),
    lambda: card(signer(), card_claims(iss=7)),
    lambda: card(signer(), card_claims(nbf="yesterday")),
    lambda: card(signer(), card_claims(vc={"type": [], "credentialSubject": {"fhirBundle": BUNDLE}})),
    lambda: card(signer(), card_claims(), header={"zip": None}),
    lambda: card(signer(), card_claims(), header={"crit": ["x"]}),
    lambda: write_digits("eyJ9.e30.AAAA"),
    lambda: write_digits(jws(signer(), card_claims())[:-1] + "_"),
]
