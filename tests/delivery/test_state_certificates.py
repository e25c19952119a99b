"""The EU certificate of a result: a state signs its hash before the letter is sealed, and never holds the letter up."""

from __future__ import annotations

import re
import threading
import warnings
import zlib
from base64 import b64encode, urlsafe_b64decode
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID

import cbor2
import orjson
import pytest
from certificates import Identity, make_identity
from cryptography.x509 import load_der_x509_certificate
from django.db import connection
from hcert_makers import signer
from patience import PATIENCE
from people import House, make_lot, make_patient, make_signed, open_house
from site_settings import email_courier
from state_signer import TOKEN, SignerBehaviour, running_signer

from temoin.certificates.couriers.https_signer import LARGEST_ANSWER, HttpsSigner, read_answer
from temoin.certificates.issuing import ISSUER
from temoin.certificates.models import IssuedCertificate
from temoin.certificates.published import published_revocations
from temoin.certificates.settings import StateSettings
from temoin.certificates.state import SignerFault, StateSignature
from temoin.crypto.letter import SECRET_BYTES, derive, open_letter, stretch
from temoin.delivery.models import Letter
from temoin.delivery.revocations import revoke_certificates
from temoin.delivery.state_certificates import PLACE
from temoin.formats.hcert.base45 import decode_base45
from temoin.formats.hcert.judging import CertificateVerdict, judge_certificate
from temoin.formats.hcert.revoking import read_revocations
from temoin.formats.hcert.trusted import TrustedKey, certified, published
from temoin.lib.clock import now, shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.outbox.courier import Answer, AnsweredLoad, Consignment, Verdict
from temoin.outbox.queue import claim_parcels
from temoin.outbox.set_aside import list_aside
from temoin.outbox.settling import settle_parcels
from temoin.outbox.worker import Lane
from temoin.settings.secrets import write_secret
from temoin.testing.sample import Reading
from temoin.testing.signing import cancel_result, correct_result, renew_ticket
from temoin.testing.tickets import read_ticket

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it names an exchange of keys that `cryptography` will drop
    from cwt import COSE, COSEKey

AsRole = Callable[[str], AbstractContextManager[None]]
REVOKED, VALID = CertificateVerdict.REVOKED, CertificateVerdict.VALID


@dataclass(frozen=True)
class Trust:
    """Who the state's server is, and who we are to it."""

    folder: Path
    server: Identity
    ours: Identity


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    folder = tmp_path_factory.mktemp("state")
    write_secret(folder / "state.token", TOKEN.encode())
    return Trust(folder, make_identity(folder, "server"), make_identity(folder, "ours"))


@pytest.fixture(scope="module")
def running(trust: Trust) -> Iterator[SignerBehaviour]:
    with running_signer(trust.server, clients=trust.ours.certificate) as behaviour:
        yield behaviour


@pytest.fixture
def state(running: SignerBehaviour, trust: Trust, settings: Any) -> SignerBehaviour:
    """A state that signs, and an operator who is known there by a certificate."""
    running.begin_again()
    sign_in(settings, running, trust, certificate=trust.ours.certificate, key=trust.ours.key)
    return running


def sign_in(settings: Any, state: SignerBehaviour, trust: Trust, **who: Any) -> None:
    section = {"url": state.url, "country": "FR", "authority": "Ministère", "authorities": trust.server.certificate}
    own = replace(settings.TEMOIN.certificates, state=StateSettings(**{**section, **who}))
    site = replace(settings.TEMOIN.site, demo=False)  # no state signs what is invented
    settings.TEMOIN = replace(settings.TEMOIN, certificates=own, site=site)
    ISSUER().state.signer = HttpsSigner(own.state, whole=PATIENCE)


@dataclass
class Office:
    """The worker and the patient: letters are sealed by the one, opened by the other."""

    house: House
    as_role: AsRole
    around: int = 0  # blocks that a test has around what the worker does outside of any

    def letter(self, record_id: UUID) -> dict[str, Any]:
        """Have the worker seal the letter that is due, and open it as the patient's browser does."""
        with self.as_role("temoin_worker"), shifted_by(timedelta(seconds=1)):
            self.around = len(connection.savepoint_ids)
            (load,) = Lane(email_courier(), threading.Event())._with_answers(claim_parcels("email", 10))
            with tenant_scope(load.pharmacy_id):
                made = email_courier().prepare(load)
            assert isinstance(made, Consignment)
            settle_parcels([(load, Answer(Verdict.ACCEPTED, "test"))])
        found = re.search(r"/#([\w-]{43})", orjson.loads(made.body)["body.txt"])
        assert found is not None
        whole, code = urlsafe_b64decode(found[1] + "="), read_ticket(by=self.house.owner, record_id=record_id)
        keys = derive(whole, stretch(code, whole[SECRET_BYTES:]))
        with tenant_scope(self.house.here.id):
            letter = Letter.objects.get(lookup_hash=sha256(keys.lookup).digest())
        told: dict[str, Any] = orjson.loads(open_letter(whole, code, bytes(letter.ciphertext)))
        return told

    def verdicts(self, *texts: str) -> list[CertificateVerdict]:
        """Have the list signed, and judge as the verifier page does."""
        with self.as_role("temoin_worker"):
            revoke_certificates(ISSUER(), threading.Event())
        with self.as_role("temoin_portal"):
            marks = read_revocations(published_revocations(), keys()).marks
        return [judge_certificate(text, keys(), at=now(), revoked=marks).verdict for text in texts]

    def troubles(self) -> list[str]:
        with self.as_role("temoin_worker"):
            return [one.error for one in list_aside() if one.place == PLACE]


@pytest.fixture
def office(as_role: AsRole, state: SignerBehaviour) -> Office:  # noqa: ARG001 results are signed on that site
    return Office(open_house(is_demo=False), as_role)


@pytest.fixture
def signed(office: Office) -> UUID:
    return make_signed(office.house.owner, make_patient(office.house.owner), make_lot(office.house.owner))


def keys() -> list[TrustedKey]:
    """Return whom the verifier page believes: the operator, and the state by its certificate."""
    key = ISSUER().read_key()
    assert key is not None
    return [published(key.public, ISSUER().name), certified(signer("EC", "test").certificate)]


def correct(office: Office, record_id: UUID) -> None:
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())
    correct_result(by=office.house.owner, record_id=record_id, expected_version=1, reading=reading, reason="Inversion")


def cancel(office: Office, record_id: UUID) -> None:
    cancel_result(by=office.house.owner, record_id=record_id, expected_version=1, reason="Autre personne")


def renew(office: Office, record_id: UUID) -> None:
    renew_ticket(by=office.house.owner, record_id=record_id, expected_version=1)


def test_a_state_is_shown_a_hash_and_its_certificate_is_verified_by_another_library(office, signed, state):
    told = office.letter(signed)["certificate"]

    assert (told["state_missing"], state.faults, len(state.digests)) == (False, [], 1)
    raw = zlib.decompress(decode_base45(told["state"]["text"].removeprefix("HC1:")))
    der = signer("EC", "test").certificate
    key = COSEKey.from_pem(_pem(der), kid=sha256(der).digest()[:8])
    claims = cbor2.loads(COSE.new().decode(raw, key))
    (entry,) = claims[-260][1]["t"]
    assert (claims[1], entry["co"], entry["is"], entry["tr"]) == ("FR", "FR", "Ministère", "260415000")
    own = judge_certificate(told["text"], keys(), at=now()).claims
    assert claims[4] == int(own.expires_at.timestamp())
    assert office.verdicts(told["text"], told["state"]["text"]) == [VALID, VALID]
    assert office.troubles() == []


def _pem(der: bytes) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return load_der_x509_certificate(der).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("end", [correct, cancel, renew])
def test_what_ends_the_letter_revokes_both_certificates(office, signed, end):
    told = office.letter(signed)["certificate"]

    end(office, signed)

    assert office.verdicts(told["text"], told["state"]["text"]) == [REVOKED, REVOKED]


def test_who_has_a_token_needs_no_certificate(office, signed, state, settings, trust):
    sign_in(settings, state, trust, token_file=trust.folder / "state.token")

    assert office.letter(signed)["certificate"]["state"] is not None


def fails(state: SignerBehaviour, **how: Any) -> None:
    for name, value in how.items():
        setattr(state, name, value)


def b64(content: bytes) -> str:
    return b64encode(content).decode()


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"answer": (503, {})}, "http_503"),
        ({"answer": (302, {})}, "http_302"),
        ({"answer": (200, [])}, "malformed"),
        ({"answer": (200, b"<html>")}, "malformed"),
        ({"answer": (200, b" " * (LARGEST_ANSWER + 1))}, "malformed"),
        ({"changed": {"signature": b64(bytes(64))}}, "signature_wrong"),
        ({"changed": {"signature": ""}}, "signature_wrong"),
        ({"changed": {"certificate": b64(b"none")}}, "certificate_unreadable"),
        ({"signs": signer("EC", "vaccination")}, "key_not_for_tests"),
        ({"signs": signer("RSA")}, "signature_wrong"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_whatever_a_state_does_the_letter_leaves_with_our_own_and_says_so(office, signed, state, how, code):
    if how.get("signs") == signer("RSA"):
        how = {"changed": {"certificate": b64(signer("RSA").certificate)}}
    fails(state, **how)

    told = office.letter(signed)["certificate"]

    assert (told["state"], told["state_missing"]) == (None, True)
    assert office.verdicts(told["text"]) == [VALID]
    assert office.troubles() == [code]


def test_a_silent_state_is_waited_for_no_longer_than_two_seconds(office, signed, state):
    fails(state, silent=PATIENCE)
    ISSUER().state.signer = HttpsSigner(ISSUER().state.signer._settings)  # as the worker makes it
    begun = monotonic()

    assert office.letter(signed)["certificate"]["state_missing"]
    assert monotonic() - begun < PATIENCE / 2
    assert office.troubles() == ["no_answer"]


def test_a_key_that_ends_before_the_certificate_signs_none(office, signed, state):
    fails(state, signs=replace(signer("EC", "test"), certificate=ending_soon()))

    assert office.letter(signed)["certificate"]["state"] is None
    assert office.troubles() == ["key_ends_before"]


def ending_soon() -> bytes:
    """Return a certificate of the state's key that ends in a week."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    private, moment = signer("EC", "test").private, now()
    name = x509.Name([])
    span = moment - timedelta(days=1), moment + timedelta(days=7)
    made = x509.CertificateBuilder(name, name, private.public_key(), 8, *span).sign(private, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.DER)


def test_a_server_of_another_authority_is_shown_nothing(office, signed, state, settings, trust):
    sign_in(settings, state, trust, certificate=trust.ours.certificate, key=trust.ours.key, authorities=None)

    assert office.letter(signed)["certificate"]["state"] is None
    assert (office.troubles(), state.digests) == (["certificate_refused"], [])


def test_where_nobody_answers_the_letter_leaves_at_once(office, signed, state, settings, trust):
    who = {"certificate": trust.ours.certificate, "key": trust.ours.key}
    sign_in(settings, state, trust, url="https://127.0.0.1:1/sign", **who)

    assert office.letter(signed)["certificate"]["state_missing"]
    assert office.troubles() == ["unreachable"]


def test_who_is_not_known_there_gets_no_signature(office, signed, state, settings, trust, tmp_path):
    write_secret(tmp_path / "other.token", b"another")
    sign_in(settings, state, trust, token_file=tmp_path / "other.token")

    assert office.letter(signed)["certificate"]["state"] is None
    assert office.troubles() == ["http_401"]


def test_a_token_that_is_gone_holds_no_letter(office, signed, state, settings, trust, tmp_path):
    sign_in(settings, state, trust, token_file=tmp_path / "gone.token")

    assert office.letter(signed)["certificate"]["state_missing"]
    assert office.troubles() == ["files_unreadable"]


def test_after_a_trouble_a_state_is_left_alone_and_a_new_ticket_asks_again(office, signed, state):
    fails(state, answer=(503, {}))
    office.letter(signed)
    fails(state, answer=None)
    renew(office, signed)

    told = office.letter(signed)["certificate"]

    assert (told["state_missing"], len(state.digests)) == (True, 1)
    assert sorted(office.troubles()) == ["not_asked"]  # of the list, the word that stands last
    ISSUER().state._away_until = 0.0  # a minute later
    renew(office, signed)
    assert office.letter(signed)["certificate"]["state"] is not None


@dataclass
class InProcess:
    """A state that signs here, and notes whether a transaction waited for it."""

    depths: list[int]

    def sign(self, digests: Sequence[bytes]) -> list[StateSignature | SignerFault]:
        self.depths.append(len(connection.savepoint_ids))
        known = signer("EC", "test")
        return [StateSignature(known.sign_digest(digest), known.certificate) for digest in digests]


def test_no_transaction_waits_for_a_state(office, signed):
    signing = ISSUER().state
    signing.signer = InProcess([])

    assert office.letter(signed)["certificate"]["state"] is not None
    assert signing.signer.depths == [office.around]


def test_a_letter_that_cannot_be_foreseen_holds_no_other(office, signed, tamper):
    owner = office.house.owner
    other = make_signed(owner, make_patient(owner), make_lot(owner, number="L2"))
    tamper(f"UPDATE testing_record_version SET number = 7 WHERE record_id = '{other}'")  # noqa: S608

    with office.as_role("temoin_worker"), shifted_by(timedelta(seconds=1)):
        loads = Lane(email_courier(), threading.Event())._with_answers(claim_parcels("email", 10))

    assert {load.chain_id: isinstance(load, AnsweredLoad) for load in loads} == {signed: True, other: False}


@pytest.mark.usefixtures("signed")
def test_a_message_that_is_carried_again_asks_nothing_again(office, state):
    with office.as_role("temoin_worker"), shifted_by(timedelta(seconds=1)):
        lane = Lane(email_courier(), threading.Event())
        (load,) = lane._with_answers(claim_parcels("email", 10))
        with tenant_scope(load.pharmacy_id):
            email_courier().prepare(load)
        settle_parcels([(load, Answer(Verdict.POSTPONED, "test"))])
    with office.as_role("temoin_worker"), shifted_by(timedelta(hours=2)):
        (again,) = lane._with_answers(claim_parcels("email", 10))

    assert not isinstance(again, AnsweredLoad)
    assert len(state.digests) == 1


def test_a_cancelled_result_is_no_matter_of_a_state(office, signed, state):
    cancel(office, signed)

    assert office.letter(signed)["certificate"] is None
    assert state.digests == []


def test_an_older_row_that_knows_no_state_is_revoked_as_before(office, signed, settings):
    settings.TEMOIN = replace(settings.TEMOIN, certificates=replace(settings.TEMOIN.certificates, state=None))
    text = office.letter(signed)["certificate"]["text"]
    with office.as_role("temoin_worker"), tenant_scope(office.house.here.id):
        assert IssuedCertificate.objects.get().unseal()["identifier"] == ""

    correct(office, signed)

    assert office.verdicts(text) == [REVOKED]


@pytest.mark.parametrize("content", [b"", b"null", b'{"signature": 1, "certificate": ""}', b'{"signature": "=!"}'])
def test_an_answer_that_is_none_is_malformed(content):
    assert read_answer(content) == SignerFault("malformed")
