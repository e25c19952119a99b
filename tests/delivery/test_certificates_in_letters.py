"""The certificate of a result: in its letter alone, verified by others, and revoked when the letter ends."""

from __future__ import annotations

import re
import threading
import warnings
import zlib
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import cbor2
import orjson
import pytest
import segno
from cda_reports import amended, of_kind
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings as django_settings
from django.db import connection
from hypothesis import given
from people import House, make_lot, make_patient, make_signed, open_house
from site_settings import email_courier
from strategies import covid_positive, examples, reports

from temoin.catalogue.kinds import load_kinds
from temoin.certificates.issuing import (
    ISSUER,
    CertificateIssuer,
    drawing_of,
    drawing_of_card,
    is_certifiable,
    sign_certificate,
)
from temoin.certificates.models import CertificateState, IssuedCertificate
from temoin.certificates.published import published_revocations, revoked_cards
from temoin.crypto.certificate_key import read_certificate_key
from temoin.crypto.letter import BLOCK_BYTES, SECRET_BYTES, derive, open_letter, stretch
from temoin.crypto.signatures import thumbprint
from temoin.delivery.content import letter_content
from temoin.delivery.letters import read_knowledge
from temoin.delivery.models import Letter
from temoin.delivery.revocations import DUTY, revocation_duty, revoke_certificates
from temoin.formats.hcert.base45 import decode_base45
from temoin.formats.hcert.errors import NotACertificateError
from temoin.formats.hcert.judging import CertificateVerdict, judge_certificate
from temoin.formats.hcert.revoking import Revocations, read_revocations
from temoin.formats.hcert.smart import LONGEST_JWS, write_digits
from temoin.formats.hcert.trusted import KEY_ID, TrustedKey, published
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import frozen_at, now, shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, today_in, wall_clock
from temoin.outbox.courier import Answer, Consignment, Verdict
from temoin.outbox.queue import claim_parcels
from temoin.outbox.set_aside import list_aside
from temoin.outbox.settling import settle_parcels
from temoin.settings.secrets import write_secret
from temoin.testing.report import Report, ReportStatus
from temoin.testing.sample import Reading
from temoin.testing.signing import cancel_result, correct_result, renew_ticket
from temoin.testing.tickets import read_ticket

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it names an exchange of keys that `cryptography` will drop
    from cwt import COSE, COSEKey

AsRole = Callable[[str], AbstractContextManager[None]]
REVOKED, VALID = CertificateVerdict.REVOKED, CertificateVerdict.VALID


@dataclass
class Post:
    """The worker and the patient: letters are sealed by the one, opened by the other."""

    house: House
    as_role: AsRole

    def seal(self) -> list[str]:
        """Have the worker seal what is due; return the fragments of the links."""
        with self.as_role("temoin_worker"), shifted_by(timedelta(seconds=1)):
            loads = claim_parcels("email", 10)
            fragments = []
            for load in loads:
                with tenant_scope(load.pharmacy_id):
                    made = email_courier().prepare(load)
                assert isinstance(made, Consignment)
                found = re.search(r"/#([\w-]{43})", orjson.loads(made.body)["body.txt"])
                assert found is not None
                fragments.append(found[1])
            settle_parcels([(load, Answer(Verdict.ACCEPTED, "test")) for load in loads])
        return fragments

    def open(self, fragment: str, record_id: UUID) -> dict[str, Any]:
        """Open a letter as the patient's browser does, withdrawn or not."""
        whole, code = urlsafe_b64decode(fragment + "="), read_ticket(by=self.house.owner, record_id=record_id)
        keys = derive(whole, stretch(code, whole[SECRET_BYTES:]))
        with tenant_scope(self.house.here.id):
            letter = Letter.objects.get(lookup_hash=sha256(keys.lookup).digest())
        told: dict[str, Any] = orjson.loads(open_letter(whole, code, bytes(letter.ciphertext)))
        return told

    def certificate(self, record_id: UUID) -> str:
        """Seal and open the one letter that is due, and return the text of its certificate."""
        (fragment,) = self.seal()
        text: str = self.open(fragment, record_id)["certificate"]["text"]
        return text

    def revoke(self, issuer: CertificateIssuer | None = None) -> None:
        with self.as_role("temoin_worker"):
            revoke_certificates(issuer or ISSUER(), threading.Event())

    def states(self) -> list[str]:
        with self.as_role("temoin_worker"), tenant_scope(self.house.here.id):
            return sorted(IssuedCertificate.objects.values_list("state", flat=True))

    def events(self, kind: EventKind) -> list[tuple[str, str]]:
        with tenant_scope(self.house.here.id):
            return list(Event.objects.filter(kind=kind.value).values_list("origin", "subject_kind"))


@pytest.fixture
def post(as_role: AsRole) -> Post:
    return Post(open_house(), as_role)


@pytest.fixture
def signed(post: Post) -> UUID:
    return make_signed(post.house.owner, make_patient(post.house.owner), make_lot(post.house.owner))


def own_keys() -> list[TrustedKey]:
    key = ISSUER().read_key()
    assert key is not None
    return [published(key.public, ISSUER().name)]


def revoked(as_role: AsRole, keys: list[TrustedKey] | None = None) -> Revocations:
    """Return the list as the patients' site hands it out."""
    with as_role("temoin_portal"):
        return read_revocations(published_revocations(), keys or own_keys())


def verdict(text: str, listed: Revocations, keys: list[TrustedKey] | None = None) -> CertificateVerdict:
    return judge_certificate(text, keys or own_keys(), at=now(), revoked=listed.marks).verdict


def correct(post: Post, record_id: UUID) -> None:
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())
    correct_result(by=post.house.owner, record_id=record_id, expected_version=1, reading=reading, reason="Inversion")


def cancel(post: Post, record_id: UUID) -> None:
    cancel_result(by=post.house.owner, record_id=record_id, expected_version=1, reason="Autre personne")


def renew(post: Post, record_id: UUID) -> None:
    renew_ticket(by=post.house.owner, record_id=record_id, expected_version=1)


def test_a_letter_holds_a_certificate_that_another_library_verifies(post, signed):
    text = post.certificate(signed)

    key = ISSUER().read_key()
    pem = key.public.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    name = COSEKey.from_pem(pem, kid=thumbprint(key.public)[:KEY_ID])
    claims = cbor2.loads(COSE.new().decode(zlib.decompress(decode_base45(text.removeprefix("HC1:"))), name))
    assert claims[1] == ISSUER().name
    assert len(claims[7]) == 22
    assert claims[-65_537]["found"] == [["sars-cov-2", "negative"]]
    assert judge_certificate(text, own_keys(), at=now()).verdict is VALID
    assert post.events(EventKind.CERTIFICATE_ISSUED) == [("worker", "certificate")]


def test_beside_it_is_the_same_as_a_health_card_and_both_are_revoked_together(post, signed):
    (fragment,) = post.seal()
    told = post.open(fragment, signed)["certificate"]
    card = write_digits(told["card"]["jws"])
    post.revoke()
    judged = judge_certificate(card, own_keys(), at=now(), revoked=revoked(post.as_role).marks)
    assert judged.verdict is VALID
    assert judged.claims.expires_at == judge_certificate(told["text"], own_keys(), at=now()).claims.expires_at
    assert [each["resource"]["resourceType"] for each in judged.claims.content["entry"]] == ["Patient", "Observation"]

    correct(post, signed)
    post.revoke()

    listed = revoked(post.as_role)
    assert (verdict(card, listed), verdict(told["text"], listed)) == (REVOKED, REVOKED)
    payload = zlib.decompress(urlsafe_b64decode(told["card"]["jws"].split(".")[1] + "=="), -15)
    with post.as_role("temoin_portal"):
        cards = revoked_cards()
    assert cards.numbers == [orjson.loads(payload)["vc"]["rid"]]
    assert cards.version == int(listed.issued_at.timestamp())


@pytest.mark.usefixtures("cardless")
def test_an_operator_who_wants_no_cards_has_certificates_all_the_same(post, signed):
    (fragment,) = post.seal()

    told = post.open(fragment, signed)["certificate"]

    assert told["card"] is None
    assert verdict(told["text"], Revocations(ISSUER().name, now(), frozenset())) is VALID


def test_the_letter_says_what_the_certificate_says_and_until_when(post, signed):
    (fragment,) = post.seal()

    told = post.open(fragment, signed)["certificate"]

    claims = judge_certificate(told["text"], own_keys(), at=now()).claims
    name = claims.content["name"]
    assert told["name"] == f"{name['gn']} {name['fn']}"
    assert told["latin"] == f"{name['gnt']} {name['fnt']}".replace("<", " ")
    assert told["verifier"] == f"{ISSUER().name}/verify/"
    last = wall_clock(claims.expires_at - timedelta(minutes=1), HOUSE).date()
    sampled = datetime.fromisoformat(claims.content["sampled"])
    assert last.isoformat() == told["expires_on"]
    assert (last - sampled.date()).days == load_kinds()["covid19-ag"].certificate_days


def test_of_a_certificate_nothing_is_in_the_database_in_clear(post, signed):
    text = post.certificate(signed)
    number = judge_certificate(text, own_keys(), at=now()).claims
    raw = zlib.decompress(decode_base45(text.removeprefix("HC1:")))
    assert number is not None

    with post.as_role("temoin_worker"), tenant_scope(post.house.here.id), connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(one)::text FROM certificates_issued AS one")
        (row,) = (row for (row,) in cursor.fetchall())
    mark = number.marks[0].hex()
    assert mark not in row
    assert raw[-64:].hex() not in row
    with post.as_role("temoin_worker"), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM certificates_revoked_mark")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("end", [correct, cancel, renew])
def test_when_its_letter_ends_a_certificate_is_revoked(post, signed, end):
    text = post.certificate(signed)
    post.revoke()
    assert verdict(text, revoked(post.as_role)) is VALID
    last_day = read_knowledge(by=post.house.owner, record_id=signed).letters[0].certified_until
    assert last_day is not None
    assert (last_day - today_in(HOUSE)).days in {29, 30, 31}  # by the pharmacy's clock

    end(post, signed)
    post.revoke()

    assert verdict(text, revoked(post.as_role)) is REVOKED
    assert post.states() == [CertificateState.REVOKED]
    assert post.events(EventKind.CERTIFICATE_REVOKED) == [("worker", "certificate")]


def test_the_letter_of_a_correction_has_a_certificate_of_its_own(post, signed):
    former = post.certificate(signed)
    correct(post, signed)

    text = post.certificate(signed)
    post.revoke()

    listed = revoked(post.as_role)
    assert (verdict(former, listed), verdict(text, listed)) == (REVOKED, VALID)
    assert judge_certificate(text, own_keys(), at=now()).claims.content["found"] == [["sars-cov-2", "positive"]]


def test_the_letter_of_a_cancellation_has_none(post, signed):
    post.seal()
    cancel(post, signed)

    (fragment,) = post.seal()

    assert post.open(fragment, signed)["certificate"] is None


def test_revoking_twice_revokes_once(post, signed):
    post.seal()
    correct(post, signed)

    post.revoke()
    post.revoke()

    assert len(post.events(EventKind.CERTIFICATE_REVOKED)) == 1
    assert len(revoked(post.as_role).marks) == 1


@pytest.mark.usefixtures("signed")
def test_a_letter_that_is_open_and_of_the_last_version_keeps_its_certificate(post):
    post.seal()

    post.revoke()

    assert post.states() == [CertificateState.STANDING]
    assert revoked(post.as_role).marks == frozenset()


def test_a_mark_leaves_the_list_once_its_certificate_is_expired(post, signed):
    post.seal()
    correct(post, signed)
    post.revoke()

    with shifted_by(timedelta(days=29)):
        post.revoke()
        assert len(revoked(post.as_role).marks) == 1
    with shifted_by(timedelta(days=33)):
        post.revoke()
        assert revoked(post.as_role).marks == frozenset()


def test_a_certificate_that_does_not_open_holds_no_other(post, signed, tamper):
    make_signed(post.house.owner, make_patient(post.house.owner), make_lot(post.house.owner, number="L2"))
    first, second = post.seal()
    correct(post, signed)
    with post.as_role("temoin_worker"), tenant_scope(post.house.here.id):
        ids = dict(IssuedCertificate.objects.values_list("record_id", "id"))
    other = next(record_id for record_id in ids if record_id != signed)
    correct(post, other)
    tamper(f"UPDATE certificates_issued SET expires_on = expires_on + 1 WHERE id = '{ids[signed]}'")  # noqa: S608

    post.revoke()

    with post.as_role("temoin_worker"):
        assert [(one.place, one.count) for one in list_aside()] == [(DUTY, 1)]
    assert post.states() == [CertificateState.REVOKED, CertificateState.STANDING]
    assert first != second


def test_a_certificate_brought_back_by_hand_stays_revoked_and_is_told(post, signed, tamper):
    text = post.certificate(signed)
    correct(post, signed)
    post.revoke()
    tamper("UPDATE certificates_issued SET state = 'standing'")

    post.revoke()

    assert verdict(text, revoked(post.as_role)) is REVOKED
    with tenant_scope(post.house.here.id):
        assert Event.objects.filter(kind=EventKind.SEAL_BROKEN.value, detail="certificates_issued").count() == 1


def test_a_letter_opened_again_by_hand_saves_no_certificate_of_a_former_version(post, signed, tamper):
    text = post.certificate(signed)
    correct(post, signed)
    tamper("UPDATE delivery_letter SET state = 'open'")

    post.revoke()

    assert verdict(text, revoked(post.as_role)) is REVOKED


@pytest.fixture
def cardless(settings: Any) -> None:
    site = settings.TEMOIN
    settings.TEMOIN = replace(site, certificates=replace(site.certificates, health_cards=False))


@pytest.fixture
def keyless(settings: Any) -> None:
    """An operator without a key of certificates."""
    site = settings.TEMOIN
    settings.TEMOIN = replace(site, certificates=replace(site.certificates, key=None, health_cards=False))


@pytest.mark.usefixtures("keyless")
def test_without_a_key_the_letter_goes_without_a_certificate(post, signed):
    (fragment,) = post.seal()

    told = post.open(fragment, signed)
    post.revoke()

    assert told["certificate"] is None
    assert told["findings"][0]["outcome"] == "negative"
    assert post.states() == []
    with post.as_role("temoin_portal"):
        assert (published_revocations(), revoked_cards()) == ("", None)


@pytest.fixture
def other_key(tmp_path: Path) -> Path:
    path = tmp_path / "certificates.key"
    write_secret(path, bytes(range(1, 33)))
    return path


def name_key(settings: Any, path: Path) -> None:
    site = settings.TEMOIN
    settings.TEMOIN = replace(site, certificates=replace(site.certificates, key=path))


def test_a_key_that_is_lost_holds_no_letter_and_fails_in_sight(post, signed, settings, tmp_path):
    name_key(settings, tmp_path / "gone.key")

    (fragment,) = post.seal()

    assert post.open(fragment, signed)["certificate"] is None
    with pytest.raises(Exception, match=r"gone\.key is missing"):
        post.revoke()


def test_after_a_turn_of_the_key_both_certificates_stand_and_the_list_has_the_new_signature(
    post, signed, settings, other_key
):
    former_keys, former = own_keys(), post.certificate(signed)
    name_key(settings, other_key)
    renew(post, signed)

    text = post.certificate(signed)
    post.revoke()

    both = [*former_keys, *own_keys()]
    listed = revoked(post.as_role, both)
    assert verdict(text, listed, both) is VALID
    assert verdict(former, listed, both) is REVOKED
    with pytest.raises(NotACertificateError):
        revoked(post.as_role, former_keys)


def test_the_duty_is_done_every_minute():
    duty = revocation_duty(ISSUER())

    assert (duty.name, duty.every) == (DUTY, timedelta(minutes=1))


def test_a_list_that_says_the_same_is_signed_anew_once_an_hour(post):
    def issued(after: timedelta) -> datetime:
        with shifted_by(after):
            post.revoke()
        return revoked(post.as_role).issued_at

    first, soon, later = [issued(timedelta(minutes=minutes)) for minutes in (0, 50, 70)]

    assert first == soon < later
    assert issued(timedelta(0)) < later  # a clock that was set back


def test_a_duty_that_must_stop_stops(post, signed):
    post.seal()
    correct(post, signed)
    stop = threading.Event()
    stop.set()

    with post.as_role("temoin_worker"):
        revoke_certificates(ISSUER(), stop)

    assert post.states() == [CertificateState.STANDING]


KINDS = {kind.code: kind for kind in load_kinds().values()}


def test_which_kinds_have_a_certificate_is_data():
    assert [code for code, kind in KINDS.items() if kind.certificate_days] == ["covid19-ag"]


@pytest.mark.parametrize("code", KINDS)
def test_a_kind_without_days_has_no_certificate(code):
    report = replace(of_kind(KINDS[code]), sampled_at=now())

    assert (sign_certificate(report, zone=HOUSE) is not None) == (
        KINDS[code].certificate_days is not None and is_certifiable(report)
    )


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (covid_positive(), True),
        (amended(ReportStatus.CORRECTED), True),
        (amended(ReportStatus.CANCELLED), False),
        (replace(covid_positive(), findings=()), False),
        *[
            (replace(covid_positive(), findings=(replace(covid_positive().findings[0], outcome=outcome),)), False)
            for outcome in ("indeterminate", "unsatisfactory")
        ],
    ],
)
def test_only_a_result_that_says_yes_or_no_is_certified(report, expected):
    assert is_certifiable(report) is expected


def test_a_result_found_long_ago_gets_no_expired_certificate():
    old = replace(covid_positive(), sampled_at=now() - timedelta(days=40))

    assert sign_certificate(old, zone=HOUSE) is None


@pytest.mark.parametrize(
    ("zone", "sampled", "last_day", "ends"),
    [
        ("Europe/Paris", "2026-10-10T10:00+02:00", "2026-11-09", "2026-11-10T00:00+01:00"),  # clocks back
        ("Europe/Paris", "2027-03-10T10:00+01:00", "2027-04-09", "2027-04-10T00:00+02:00"),  # clocks on
        ("Europe/Paris", "2026-07-01T10:00+02:00", "2026-07-31", "2026-08-01T00:00+02:00"),
        ("America/Cayenne", "2026-10-10T23:30-03:00", "2026-11-09", "2026-11-10T00:00-03:00"),
        ("Pacific/Noumea", "2026-10-10T13:30+00:00", "2026-11-10", "2026-11-11T00:00+11:00"),  # told in UTC
    ],
)
def test_a_certificate_ends_with_its_last_day_by_the_pharmacys_clock(zone, sampled, last_day, ends):
    report = replace(covid_positive(), kind="covid19-ag", sampled_at=datetime.fromisoformat(sampled))

    with frozen_at(report.sampled_at):
        certificate = sign_certificate(report, zone=ZoneInfo(zone))
        assert certificate is not None
        claims = judge_certificate(certificate.text, own_keys(), at=now()).claims

    assert claims is not None
    assert (certificate.expires_on.isoformat(), claims.expires_at) == (last_day, datetime.fromisoformat(ends))
    assert wall_clock(claims.expires_at, ZoneInfo(zone)).isoformat() == datetime.fromisoformat(ends).isoformat()


@examples(15)
@given(reports().filter(is_certifiable))
def test_any_certified_result_is_drawn_as_its_text_and_fits_the_letter(report: Report):
    report = replace(report, kind="covid19-ag", sampled_at=now())
    found = covid_positive().findings
    certificate = sign_certificate(replace(report, findings=found), zone=HOUSE)

    assert certificate is not None
    drawing = certificate.content["drawing"]
    assert modules(drawing) == [
        list(row) for row in segno.make_qr(certificate.text, error="m", mask=3, boost_error=False).matrix
    ]
    assert len(orjson.dumps(letter_content(replace(report, findings=found), certificate=certificate))) < BLOCK_BYTES
    assert len({certificate.number, sign_certificate(replace(report, findings=found), zone=HOUSE).number}) == 2


def modules(drawing: dict[str, Any]) -> list[list[int]]:
    width = drawing["width"]
    bits = "".join(f"{byte:08b}" for byte in b64decode(drawing["bits"]))
    return [[int(bit) for bit in bits[at : at + width]] for at in range(0, width * width, width)]


def test_a_card_that_no_code_holds_is_left_out_and_the_longest_is_drawn_as_version_22():
    names = ["".join(chr(0x4E00 + place * step % 20_000) for place in range(80)) for step in (7_919, 6_007)]
    patient = replace(covid_positive().patient, birth_family_name=names[0], birth_given_names=names[1])
    too_long = replace(covid_positive(), patient=patient, sampled_at=now())

    assert sign_certificate(too_long, zone=HOUSE).content["card"] is None
    assert drawing_of_card("e" * LONGEST_JWS)["width"] == 105
    assert drawing_of_card("e" * (LONGEST_JWS + 1))["width"] > 105


def test_the_drawing_of_a_short_text_is_what_the_library_draws():
    assert modules(drawing_of("HC1:A")) == [
        list(row) for row in segno.make_qr("HC1:A", error="m", mask=3, boost_error=False).matrix
    ]


def test_the_issuer_reads_the_key_that_the_settings_name():
    named = django_settings.TEMOIN.certificates.key

    assert ISSUER().read_key() is read_certificate_key(named)
