"""Our certificates of results: judged by ourselves, and read by libraries that know nothing of us."""

from __future__ import annotations

import json
import re
import warnings
import zlib
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import cbor2
import pytest
from cda_reports import amended, of_kind
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fhir.resources.R4B.bundle import Bundle
from hcert_makers import AT, ISSUER
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry
from strategies import covid_positive, devices, examples, organisations, patients, reports

from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.kits import kit, kits
from temoin.crypto.certificate_key import CertificateKey
from temoin.crypto.signatures import public_jwk, thumbprint
from temoin.formats.hcert.base45 import decode_base45
from temoin.formats.hcert.claims import mark_of
from temoin.formats.hcert.dcc_writing import State, check_character, eu_certificate
from temoin.formats.hcert.icao import load_transliteration
from temoin.formats.hcert.issuing import Issuance
from temoin.formats.hcert.judging import CertificateVerdict, judge_certificate
from temoin.formats.hcert.own_writing import own_certificate
from temoin.formats.hcert.smart import encode_base64url, write_digits
from temoin.formats.hcert.smart_writing import card_bundle, smart_card
from temoin.formats.hcert.trusted import KEY_ID, TrustedKey, published
from temoin.formats.hcert.uses import Use
from temoin.testing.report import Report, ReportStatus

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it names an exchange of keys that `cryptography` will drop
    from cwt import COSE, COSEKey

KEY = CertificateKey(bytes(range(32)))
NAME = thumbprint(KEY.public)
NUMBER = "AAECAwQFBgcICQoLDA0ODw"
ISSUE = Issuance(ISSUER, NUMBER, AT, AT + timedelta(days=30))
STATE = State("FR", "Ministère de la Santé")
STATES_KEY = CertificateKey(bytes(range(1, 33)))
KEYS = [
    published(KEY.public, ISSUER),
    TrustedKey(STATES_KEY.public, frozenset([b"national"]), "FR", frozenset([Use.TEST])),
]


def own(report: Report) -> str:
    return own_certificate(report, ISSUE, key_id=NAME[:KEY_ID], sign=KEY.sign_digest)


def eu(report: Report, *, kit: str = "1232") -> str | None:
    unsigned = eu_certificate(report, ISSUE, STATE, kit=kit)
    return None if unsigned is None else unsigned.signed(STATES_KEY.sign_digest(unsigned.digest), b"national")


def card(report: Report) -> str:
    return write_digits(smart_card(report, ISSUE, key_id=encode_base64url(NAME), sign=KEY.sign_digest))


def read_by_another(code: str, key: CertificateKey, name: bytes) -> dict[Any, Any]:
    """Return the claims of a code that other libraries have verified and read."""
    pem = key.public.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    raw = zlib.decompress(decode_base45(code.removeprefix("HC1:")))
    return cbor2.loads(COSE.new().decode(raw, COSEKey.from_pem(pem, kid=name)))


@examples(10)
@given(reports().filter(lambda report: report.status is not ReportStatus.CANCELLED and not report.findings[0].quantity))
def test_certificates_of_any_result_are_verified_by_others_and_valid_until_revoked(report: Report):
    claims = read_by_another(own(report), KEY, NAME[:KEY_ID])

    assert (claims[1], claims[6], claims[4]) == (ISSUER, int(AT.timestamp()), int(ISSUE.expires_at.timestamp()))
    assert claims[7] == NUMBER.encode()
    assert claims[-65_537]["found"] == [[each.target, each.outcome] for each in report.findings]
    Bundle(**card_bundle(report))
    for text in (own(report), card(report)):
        assert judge_certificate(text, KEYS, at=AT).verdict is CertificateVerdict.VALID
        revoked = judge_certificate(text, KEYS, at=AT, revoked=[mark_of(NUMBER.encode())])
        assert revoked.verdict is CertificateVerdict.REVOKED


def test_our_certificate_says_kind_finding_times_and_place():
    report = covid_positive()

    said = read_by_another(own(report), KEY, NAME[:KEY_ID])[-65_537]

    assert said == {
        "v": 1,
        "name": {
            "fn": report.patient.birth_family_name,
            "gn": report.patient.birth_given_names,
            "fnt": load_transliteration().fold(report.patient.birth_family_name),
            "gnt": load_transliteration().fold(report.patient.birth_given_names),
        },
        "dob": report.patient.birth_date.isoformat(),
        "kind": "covid19-ag",
        "found": [["sars-cov-2", "positive"]],
        "sampled": report.sampled_at.isoformat(timespec="seconds"),
        "signed": report.signed_at.isoformat(timespec="seconds"),
        "place": [report.organisation.name, report.organisation.finess],
    }


@pytest.mark.parametrize("write", [own, eu, card])
def test_a_cancelled_result_gets_no_certificate(write: Any):
    with pytest.raises(ValueError, match="cancelled"):
        write(amended(ReportStatus.CANCELLED))


def test_a_demonstration_is_marked():
    said = read_by_another(own(covid_positive(is_demo=True)), KEY, NAME[:KEY_ID])[-65_537]

    assert said["demo"] is True


def test_a_state_signs_a_hash_and_its_certificate_is_verified_by_others():
    code = eu(covid_positive())
    assert code is not None

    content = read_by_another(code, STATES_KEY, b"national")[-260][1]

    judged = judge_certificate(code, KEYS, at=AT)
    assert judged.verdict is CertificateVerdict.VALID
    assert content["ver"] == "1.3.0"
    identifier = "URN:UVCI:01:FR:" + NUMBER.encode().hex().upper()
    assert content["t"] == [
        {
            "tg": "840539006",
            "tt": "LP217198-3",
            "ma": "1232",
            "tr": "260373001",
            "sc": covid_positive().sampled_at.isoformat(timespec="seconds"),
            "tc": covid_positive().organisation.name,
            "co": "FR",
            "is": "Ministère de la Santé",
            "ci": f"{identifier}#{check_character(identifier)}",
        }
    ]
    assert judge_certificate(code, KEYS, at=AT, revoked=judged.claims.marks).verdict is CertificateVerdict.REVOKED


# What the EU's schema 1.3.0 asks of a test's entry, and its value sets, written down once more.
ENTRY = {
    "tg": "840539006",
    "tt": "LP6464-4|LP217198-3",
    "tr": "260373001|260415000",
    "sc": r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}",
    "co": "[A-Z]{2}",
    "is": ".{1,80}",
    "ci": "URN:UVCI:01:FR:[A-Z0-9/:]+#[A-Z0-9/:]",
}
OPTIONAL = {"tc": ".{1,80}", "ma": "[0-9]{2,5}", "nm": ".{1,80}"}
NAMES = {"fn": ".{1,80}", "gn": ".{1,80}", "fnt": "[A-Z<]{0,80}", "gnt": "[A-Z<]{1,80}"}


def of_naat() -> Report:
    """Return a result of a test that looks for nucleic acids, as a file brings it."""
    return of_kind(load_kinds()["covid19-naat"])


@examples(15)
@given(st.sampled_from([covid_positive(), of_naat()]), patients(), organisations(), devices(), st.booleans())
def test_what_is_written_for_a_state_is_as_the_schema_asks(report: Report, patient, place, device, is_negative):
    found = replace(report.findings[0], loinc="94500-6" if report.kind == "covid19-naat" else "94558-4")
    told = replace(found, outcome="negative" if is_negative else "positive")
    code = eu(replace(report, patient=patient, organisation=place, device=device, findings=(told,)))
    assert code is not None

    content = read_by_another(code, STATES_KEY, b"national")[-260][1]

    (entry,) = content["t"]
    assert set(ENTRY) <= set(entry) <= set(ENTRY | OPTIONAL)
    assert all(re.fullmatch((ENTRY | OPTIONAL)[name], told) for name, told in entry.items())
    named = {"ma"} if entry["tt"] == "LP217198-3" else {"nm"} if device.name else set()
    assert set(entry) & {"ma", "nm"} == named
    assert len(entry["ci"]) <= 72
    assert "fnt" in content["nam"]
    assert all(re.fullmatch(NAMES[name], told) for name, told in content["nam"].items())
    assert re.fullmatch("(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}", content["dob"])


NAAT = replace(of_naat().findings[0], loinc="94500-6", outcome="negative")


def test_a_rapid_test_is_told_by_its_number_and_another_by_its_name():
    rapid, other = eu(covid_positive()), eu(replace(of_naat(), findings=(NAAT,)), kit="")
    assert rapid is not None
    assert other is not None

    rapid_entry = read_by_another(rapid, STATES_KEY, b"national")[-260][1]["t"][0]
    other_entry = read_by_another(other, STATES_KEY, b"national")[-260][1]["t"][0]

    assert (rapid_entry["ma"], rapid_entry.get("nm")) == ("1232", None)
    assert (other_entry["tt"], other_entry["nm"], other_entry.get("ma")) == ("LP6464-4", of_naat().device.name, None)


def test_no_code_of_a_state_for_two_diseases_no_answer_an_unlisted_kit_or_a_demonstration():
    combined = of_kind(next(kind for kind in load_kinds().values() if len(kind.targets) > 1))
    unclear = replace(covid_positive().findings[0], outcome="indeterminate")

    assert eu(combined) is None
    assert eu(covid_positive(findings=(unclear,))) is None
    assert eu(covid_positive(), kit="") is None
    assert eu(covid_positive(is_demo=True)) is None


@pytest.mark.parametrize(
    "identifier",
    [
        "URN:UVCI:01:FR:GGD81AAH16AZ#8",  # of the EU's test data
        "URN:UVCI:01:AT:B5921A35D6A0D696421B3E2462178297#I",
        "URN:UVCI:01:AT:10807843F94AEE0EE5093FBC254BD813#B",
    ],
)
def test_an_identifier_ends_as_those_of_states_do(identifier: str):
    text, _, sign = identifier.partition("#")

    assert check_character(text) == sign


def test_every_kit_of_the_common_list_has_the_number_that_its_source_names():
    numbers = {kit.code: kit.eu_list for kit in kits() if "EU list" in kit.source.en}

    assert numbers == {code: re.search("[0-9]+", kit(code).source.en)[0] for code in numbers}
    assert len(numbers) > 40


def test_another_library_verifies_our_card():
    digits = card(covid_positive()).removeprefix("shc:/")
    text = "".join(chr(int(pair) + 45) for pair in re.findall("..", digits))

    packed_too = JWSRegistry(algorithms=["ES256"], strict_check_header=False)  # "zip" is of SMART Health Cards
    found = jws.deserialize_compact(text, ECKey.import_key(public_jwk(KEY.public)), registry=packed_too)

    assert found.headers() == {"zip": "DEF", "alg": "ES256", "kid": encode_base64url(NAME)}
    claims = json.loads(zlib.decompress(found.payload, -15))
    assert (claims["iss"], claims["nbf"]) == (ISSUER, int(AT.timestamp()))
    assert claims["vc"]["type"] == [
        f"https://smarthealth.cards#{name}" for name in ("health-card", "laboratory", "covid19")
    ]
    assert b64decode(claims["vc"]["rid"] + "=", altchars=b"-_") == mark_of(NUMBER.encode())
    assert claims["vc"]["credentialSubject"] == {"fhirVersion": "4.0.1", "fhirBundle": card_bundle(covid_positive())}


def names_within(value: Any) -> set[str]:
    """Return the names of all elements at any depth."""
    if isinstance(value, list):
        return set().union(*map(names_within, value))
    return set(value).union(*map(names_within, value.values())) if isinstance(value, dict) else set()


@examples(10)
@given(reports().filter(lambda report: report.status is not ReportStatus.CANCELLED))
def test_a_card_of_any_result_holds_nothing_that_a_code_must_not(report: Report):
    bundle = card_bundle(report)

    assert names_within(bundle).isdisjoint({"id", "text"})
    assert [each["fullUrl"] for each in bundle["entry"]] == [f"resource:{at}" for at in range(len(bundle["entry"]))]
    for entry in bundle["entry"][1:]:
        told = entry["resource"]
        assert told["subject"] == {"reference": "resource:0"}
        assert "display" not in names_within([told["code"], told["valueCodeableConcept"]])
        assert set(told.get("meta", {})) <= {"security"}


def test_a_card_of_a_demonstration_is_marked():
    bundle = card_bundle(covid_positive(is_demo=True))

    assert [entry["resource"]["meta"]["security"][0]["code"] for entry in bundle["entry"]] == ["HTEST", "HTEST"]


def test_a_corrected_result_says_so_in_its_card():
    bundle = card_bundle(amended(ReportStatus.CORRECTED))

    assert [entry["resource"].get("status") for entry in bundle["entry"]] == [None, "corrected"]


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Lefèvre", "LEFEVRE"),
        ("Musterfrau-Gößinger", "MUSTERFRAU<GOESSINGER"),
        ("D’Arsøns - van Halen", "DARSOENS<VAN<HALEN"),
        ("François-Joan", "FRANCOIS<JOAN"),
        ("Ångström", "AANGSTROEM"),
        ("Łukasz Żółć", "LUKASZ<ZOLC"),
        ("Đặng Nhật", "DANG<NHAT"),
        ("Şenol ığdır", "SENOL<IGDIR"),
        ("Щербаков", "SHCHERBAKOV"),
        ("Юлія", "IULIIA"),
        ("Þór Æsir", "THOR<AESIR"),
        ("Mu\u0308ller", "MUELLER"),
        ("Œuvrard", "OEUVRARD"),
        ("--Jean--", "JEAN"),
        ("😀", ""),
        ("A" * 90, "A" * 80),
    ],
)
def test_names_are_spelt_as_in_passports(name: str, folded: str):
    assert load_transliteration().fold(name) == folded


@given(st.text())
def test_any_name_becomes_letters_and_fillers(name: str):
    assert re.fullmatch("([A-Z]+(<[A-Z]+)*)?", load_transliteration().fold(name))
