"""The EU's test certificate (schema 1.3.0), for a state that lends its signature: it is shown a hash and no result."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from temoin.formats.hcert.cbor import write_cbor
from temoin.formats.hcert.claims import EXPIRES_AT, HCERT, ISSUED_AT, ISSUER
from temoin.formats.hcert.hc1 import UnsignedHc1
from temoin.formats.hcert.issuing import Issuance, check_standing
from temoin.formats.hcert.own_writing import LONGEST_NAME, name_of
from temoin.lib.data_file import Entry, read_data
from temoin.testing.report import Report

SCHEMA = "1.3.0"
_RAPID = "LP217198-3"  # a rapid immunoassay
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/:"


@dataclass(frozen=True)
class DccTerms:
    """What the EU's certificate can tell, by our codes."""

    targets: dict[str, str]
    tests: dict[str, str]
    results: dict[str, str]


@dataclass(frozen=True)
class State:
    """On whose behalf a certificate is signed."""

    country: str  # ISO 3166-1 alpha-2
    authority: str


def build_dcc_terms(file: Entry) -> DccTerms:
    """Check and build the terms."""
    terms = DccTerms(file.mapping("targets"), file.mapping("tests"), file.mapping("results"))
    file.finish()
    return terms


@lru_cache(maxsize=1)
def load_dcc_terms() -> DccTerms:
    return build_dcc_terms(read_data("formats.hcert", "dcc.toml"))


def eu_certificate(report: Report, issue: Issuance, state: State, *, kit: str) -> UnsignedHc1 | None:
    """Return the code to be signed; None for a result that the EU's certificate has no words for.

    `kit` is the number of the test in the EU's common list, without which nobody takes a rapid test's. A demonstration
    gets none: there is no word to mark it by.
    """
    check_standing(report)
    codes = None if report.is_demo else _codes(report, kit)
    if codes is None:
        return None
    entry = {
        **codes,
        "sc": report.sampled_at.isoformat(timespec="seconds"),
        "tc": report.organisation.name[:LONGEST_NAME],
        "co": state.country,
        "is": state.authority[:LONGEST_NAME],
        "ci": unique_identifier(state.country, issue.number),
    }
    name = {key: value for key, value in name_of(report.patient).items() if value}
    content = {"ver": SCHEMA, "nam": {"fnt": "", **name}, "dob": report.patient.birth_date.isoformat(), "t": [entry]}
    claims = {
        ISSUER: state.country,
        EXPIRES_AT: int(issue.expires_at.timestamp()),
        ISSUED_AT: int(issue.issued_at.timestamp()),
        HCERT: {1: content},
    }
    return UnsignedHc1(write_cbor(claims))


def unique_identifier(country: str, number: str) -> str:
    """Return the certificate's identifier: the number in capitals and digits, and what shows a mistyped one.

    Of the EU's three forms the second, an opaque text, with the check character of Luhn's algorithm modulo 38.
    """
    text = f"URN:UVCI:01:{country}:{number.encode('ascii').hex().upper()}"
    return f"{text}#{check_character(text)}"


def check_character(text: str) -> str:
    """Return what stands behind the sign of an identifier."""
    size, total = len(_ALPHABET), 0
    for place, character in enumerate(reversed(text)):
        value = _ALPHABET.index(character) * (1 if place % 2 else 2)
        total += value // size + value % size
    return _ALPHABET[-total % size]


def _codes(report: Report, kit: str) -> dict[str, str] | None:
    """Return disease, type, result and test: of one disease, and of a test that says yes or no."""
    terms = load_dcc_terms()
    match report.findings:
        case (finding,):
            codes = {
                "tg": terms.targets.get(finding.target),
                "tt": terms.tests.get(finding.loinc),
                "tr": terms.results.get(finding.outcome),
            }
        case _:
            return None
    # A rapid test is told by its number and nothing else, any other by its name.
    name = report.device.name[:LONGEST_NAME]
    codes |= {"ma": kit or None} if codes["tt"] == _RAPID else {"nm": name} if name else {}
    told = {name: code for name, code in codes.items() if code is not None}
    return told if len(told) == len(codes) else None
