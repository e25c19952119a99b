"""The e-mail courier against a real mail server: the link leaves once, and only the patient's code opens it."""

from __future__ import annotations

import asyncio
import re
import threading
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.exceptions import InvalidTag
from mail_server import LOGIN, OK, Behaviour, make_certificate, running_mail_server
from people import (
    TRAITS,
    House,
    change_patient,
    make_lot,
    make_patient,
    make_signed,
    open_house,
    opened_attempt,
    seen_parcel,
)
from site_settings import email_courier

from temoin.catalogue.patient_languages import patient_languages
from temoin.crypto.letter import SECRET_BYTES, derive, open_letter, stretch
from temoin.delivery.channels.email.settings import EmailSecurity
from temoin.delivery.models import Letter, LetterState
from temoin.lib.clock import now, shifted_by
from temoin.lib.phones import phone_as_said
from temoin.lib.tenant import tenant_scope
from temoin.outbox.actions import release_parcel
from temoin.outbox.circuit import THRESHOLD, CircuitState
from temoin.outbox.lanes import read_circuit
from temoin.outbox.models import Attempt, Parcel
from temoin.outbox.queue import claim_parcels
from temoin.outbox.states import ParcelState
from temoin.outbox.worker import Lane
from temoin.patients.actions import amend_patient
from temoin.patients.models import Patient
from temoin.patients.traits import check_traits
from temoin.testing.models import Record
from temoin.testing.sample import Reading
from temoin.testing.signing import correct_result, renew_ticket
from temoin.testing.tickets import read_ticket

AsRole = Callable[[str], AbstractContextManager[None]]
DESTINATION = "email"


@pytest.fixture
def house(as_role: AsRole) -> House:  # noqa: ARG001 opens the database
    """A pharmacy with one signed result, whose patient has an address."""
    house = open_house()
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    return house


@pytest.fixture
def mail(settings) -> Iterator[Behaviour]:
    """A running mail server, named in the settings."""
    with running_mail_server(Behaviour()) as server:
        point(settings, port=server.port)
        yield server


def point(settings, **changes: object) -> None:
    """Change the mail server that the settings name."""
    settings.TEMOIN = settings.TEMOIN.with_channel("email", replace(settings.TEMOIN.email, **changes))


@pytest.fixture
def carry(house: House, as_role: AsRole) -> Callable[[], tuple[str, str]]:
    """Return what lets the worker carry what is due, and then tells state and code of the newest parcel."""

    def once() -> tuple[str, str]:
        due = newest(house).due_at
        moment = max(timedelta(0), due - now()) + timedelta(seconds=1)
        with as_role("temoin_worker"), shifted_by(moment), asyncio.Runner() as runner:
            Lane(email_courier(), threading.Event()).carry_batch(runner)
            runner.run(email_courier().close())
        return newest(house).state, newest(house).answer_code

    return once


def newest(house: House) -> Parcel:
    with tenant_scope(house.here.id):
        return Parcel.objects.filter(destination=DESTINATION).latest("posted_at")


def record_id(house: House):
    with tenant_scope(house.here.id):
        return Record.objects.get().id


def opened(house: House, fragment: str, code: str) -> dict[str, Any]:
    """Open the letter of a link as the patient's browser does, withdrawn or not."""
    whole = urlsafe_b64decode(fragment + "=")
    keys = derive(whole, stretch(code, whole[SECRET_BYTES:]))
    with tenant_scope(house.here.id):
        letter = Letter.objects.get(lookup_hash=sha256(keys.lookup).digest())
    return orjson.loads(open_letter(whole, code, bytes(letter.ciphertext)))


def letter_states(house: House) -> list[str]:
    with tenant_scope(house.here.id):
        return list(Letter.objects.order_by("version", "state").values_list("state", flat=True))


def correct(house: House) -> None:
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())
    correct_result(
        by=house.owner, record_id=record_id(house), expected_version=1, reading=reading, reason="Lecture inversée"
    )


def asks_for(house: House, language: str) -> None:
    """Write down in which language the patient asked to be written to."""
    with tenant_scope(house.here.id):
        patient_id, known = Patient.objects.get().id, Patient.objects.get().traits
    traits = replace(known, language=language)
    amend_patient(by=house.owner, patient_id=patient_id, traits=traits, expected_version=known.seen_version)


def link(message) -> str:
    return re.search(r"https?://\S+/#([\w-]{43})\b", message.get_body(("plain",)).get_content())[1]


def test_the_message_has_the_link_and_no_word_of_health(house, mail, carry):
    assert carry() == (ParcelState.ACCEPTED, "taken_by_mail_server")

    (message,) = mail.messages
    assert (message["To"], message["Auto-Submitted"]) == (TRAITS["email"], "auto-generated")
    assert message["Message-ID"].startswith(f"<{newest(house).key}.")
    words = "".join(part.get_content() for part in message.walk() if not part.is_multipart()) + message["Subject"]
    assert link(message) in message.get_body(("html",)).get_content()
    for word in ("covid", "test", "négatif", "résultat", TRAITS["birth_family_name"]):
        assert word.lower() not in words.lower()


@pytest.mark.usefixtures("mail")
def test_the_message_says_whom_to_call_and_its_subject_does_not(house, mail, carry):
    carry()

    (message,) = mail.messages
    for kind in ("plain", "html"):
        words = message.get_body((kind,)).get_content()
        assert house.here.name in words
        assert phone_as_said(house.here.phone) in words
    assert house.here.name not in message["Subject"]


@pytest.mark.parametrize(
    ("asked", "languages"), [("", ["fr", "en"]), ("en", ["en", "fr"]), ("ar", ["ar", "fr"]), ("uk", ["uk", "fr"])]
)
def test_the_message_is_in_the_language_asked_for_and_in_french(house, mail, carry, asked, languages):
    asks_for(house, asked)
    carry()

    (message,) = mail.messages
    words = message.get_body(("plain",)).get_content()
    said = [patient_languages()[language].message for language in languages]
    places = [words.index(one["how"]) for one in said]
    assert places == sorted(places)
    assert [one.message["how"] in words for one in patient_languages().values()].count(True) == len(languages)
    assert message["Subject"].endswith(" / ".join(one["subject"] for one in said))
    page = message.get_body(("html",)).get_content()
    assert [re.findall(f'<div lang="{one}" dir="(\\w+)"', page) for one in languages] == [
        [patient_languages()[one].direction] for one in languages
    ]


@pytest.mark.parametrize(("asked", "lang"), [("", None), ("pt", "pt")])
def test_the_letter_says_which_language_was_asked_for(house, mail, carry, asked, lang):
    code = read_ticket(by=house.owner, record_id=record_id(house))
    asks_for(house, asked)
    carry()

    letter = opened(house, link(mail.messages[0]), code)

    assert letter["lang"] == lang
    assert letter["headline"]["pt"] == patient_languages()["pt"].headline["negative"]


@pytest.mark.usefixtures("mail")
def test_the_link_leaves_the_house_and_is_kept_nowhere(house, carry):
    carry()

    assert newest(house).sealed is None
    assert letter_states(house) == [LetterState.OPEN]
    with tenant_scope(house.here.id):
        assert opened_attempt(Attempt.objects.get(parcel_id=newest(house).id))["sent"] == ""


@pytest.mark.parametrize(
    ("step", "answer", "state", "code"),
    [
        ("mail", "550 sender unknown", ParcelState.WAITING, "mail_server_refused"),
        ("mail", "451 later", ParcelState.WAITING, "mail_server_refused"),
        ("mail", "cut", ParcelState.WAITING, "cut_off"),
        ("rcpt", "550 no such user", ParcelState.REFUSED, "recipient_refused"),
        ("rcpt", "450 mailbox busy", ParcelState.WAITING, "recipient_refused"),
        ("rcpt", "421 too busy", ParcelState.WAITING, "mail_server_refused"),
        ("rcpt", "cut", ParcelState.WAITING, "cut_off"),
        ("data", "554 refused", ParcelState.REFUSED, "mail_refused"),
        ("data", "451 later", ParcelState.WAITING, "mail_refused"),
        ("data", "451 4.3.0 queue", ParcelState.WAITING, "mail_server_refused"),
        ("data", "cut", ParcelState.IN_DOUBT, "cut_off"),
    ],
)
def test_what_the_mail_server_did_not_take_is_not_given_up(house, mail, carry, step, answer, state, code):
    setattr(mail, step, answer)

    assert carry() == (state, code)

    assert mail.messages == []
    assert newest(house).sealed is not None
    assert letter_states(house) == [LetterState.OPEN]


# What seven patients typed before the form asked for more; and what the server says of an eighth kind.
POISON = [
    "ana@b.example\u200b",
    "renée@b.example",
    "ana@[192.0.2.1]",
    "ana@b",
    "@b.example",
    "a b@b.example",
    "ana@b..fr",
]


@pytest.fixture
def poisoned(house: House, monkeypatch) -> House:
    """A pharmacy with seven patients whose address no server takes, and one whose domain has an accent."""
    monkeypatch.setattr("temoin.patients.traits.check_address", lambda text: text)
    lot_id = make_lot(house.owner, number="L2")
    for address in [*POISON, "jean@café.example"]:
        make_signed(house.owner, make_patient(house.owner, email=address), lot_id)
    return house


def carry_all(as_role: AsRole) -> CircuitState:
    with as_role("temoin_worker"), asyncio.Runner() as runner:
        Lane(email_courier(), threading.Event()).carry_batch(runner)
        return read_circuit(DESTINATION).state(now())


def outcomes(house: House) -> Counter[tuple[str, str]]:
    with tenant_scope(house.here.id):
        rows = Parcel.objects.filter(destination=DESTINATION)
        return Counter((row.state, row.answer_code) for row in rows)


def test_addresses_that_no_server_takes_hold_nobody_elses_letter(poisoned, mail, as_role):
    assert carry_all(as_role) is CircuitState.CLOSED

    refused, sent = (ParcelState.REFUSED, "address_unusable"), (ParcelState.ACCEPTED, "taken_by_mail_server")
    assert outcomes(poisoned) == {refused: len(POISON), sent: 2}
    assert {message["To"] for message in mail.messages} == {TRAITS["email"], "jean@xn--caf-dma.example"}


@pytest.mark.parametrize(
    ("step", "reply"), [("data", "554 no"), ("data", "451 4.7.1 later"), ("rcpt", "550 no"), ("rcpt", "450 later")]
)
def test_what_the_server_says_of_messages_opens_no_circuit(poisoned, mail, as_role, step, reply):
    setattr(mail, step, reply)

    assert carry_all(as_role) is CircuitState.CLOSED
    assert sum(outcomes(poisoned).values()) == len(POISON) + 2


def test_what_it_says_of_us_does(poisoned, mail, as_role):
    lot_id = make_lot(poisoned.owner, number="L3")
    for _ in range(THRESHOLD):
        make_signed(poisoned.owner, make_patient(poisoned.owner), lot_id)
    mail.rcpt = "554 5.7.1 Relay access denied"

    assert carry_all(as_role) is CircuitState.OPEN


def test_the_next_try_carries_the_same_link_in_the_same_message(house, mail, carry):
    mail.data = "cut after keeping"
    assert carry() == (ParcelState.IN_DOUBT, "cut_off")
    mail.data = OK

    assert carry() == (ParcelState.ACCEPTED, "taken_by_mail_server")

    first, second = mail.messages
    assert (link(first), first["Message-ID"]) == (link(second), second["Message-ID"])
    assert letter_states(house) == [LetterState.OPEN]


def test_a_mail_server_that_is_away_took_nothing(mail, carry, settings):
    with running_mail_server(Behaviour()) as gone:
        port = gone.port
    point(settings, port=port)
    assert carry() == (ParcelState.WAITING, "unreachable")

    point(settings, port=mail.port)
    assert carry() == (ParcelState.ACCEPTED, "taken_by_mail_server")


def test_a_mended_address_gets_the_next_try(house, mail, carry):
    mail.rcpt = "550 no such user"
    carry()
    with tenant_scope(house.here.id):
        patient_id = Record.objects.get().patient_id
    change_patient(
        by=house.owner, patient_id=patient_id, traits=check_traits({**TRAITS, "email": "pat@patient.example"})
    )
    mail.rcpt = OK
    release_parcel(
        by=house.owner, parcel_id=newest(house).id, expected_version=seen_parcel(house.owner, newest(house).id)
    )

    assert carry() == (ParcelState.ACCEPTED, "taken_by_mail_server")
    assert mail.messages[0]["To"] == "pat@patient.example"


@pytest.mark.usefixtures("mail")
def test_a_patient_whose_address_was_taken_off_waits_for_a_person(house, carry):
    with tenant_scope(house.here.id):
        patient_id = Record.objects.get().patient_id
    change_patient(by=house.owner, patient_id=patient_id, traits=check_traits({**TRAITS, "email": ""}))

    assert carry() == (ParcelState.REFUSED, "no_address")


def test_a_correction_ends_the_letter_and_the_message_of_the_former_version(house, mail, carry):
    mail.data = "451 later"
    carry()
    first = newest(house)
    correct(house)
    mail.data = OK

    assert carry() == (ParcelState.ACCEPTED, "taken_by_mail_server")

    assert len(mail.messages) == 1
    assert letter_states(house) == [LetterState.WITHDRAWN, LetterState.OPEN]
    with tenant_scope(house.here.id):
        assert Parcel.objects.get(id=first.id).state == ParcelState.REPLACED


def test_a_parcel_under_way_when_the_correction_comes_tells_nothing(house, as_role):
    with as_role("temoin_worker"):
        (load,) = claim_parcels(DESTINATION, 1)  # a worker holds it
    correct(house)

    with as_role("temoin_worker"), tenant_scope(house.here.id):
        answer = email_courier().prepare(load)

    assert (answer.verdict, answer.code) == ("replaced", "newer_version")


def test_a_renewed_ticket_kills_the_link_that_was_waiting(house, mail, carry):
    mail.data = "cut"
    carry()
    former = newest(house)
    renew_ticket(by=house.owner, record_id=record_id(house), expected_version=1)
    mail.data = OK

    carry()
    carry()

    assert len(mail.messages) == 1
    assert letter_states(house) == [LetterState.OPEN, LetterState.WITHDRAWN]
    with tenant_scope(house.here.id):
        ended = Parcel.objects.get(id=former.id)
    assert (ended.state, ended.answer_code) == (ParcelState.REPLACED, "newer_letter")


def test_a_ticket_renewed_while_its_letter_is_made_gives_one_letter(house, mail, carry, as_role):
    with as_role("temoin_worker"):
        (load,) = claim_parcels(DESTINATION, 1)  # a worker holds it, and has made no letter yet
    renew_ticket(by=house.owner, record_id=record_id(house), expected_version=1)
    with as_role("temoin_worker"), tenant_scope(house.here.id):
        answer = email_courier().prepare(load)

    assert (answer.verdict, answer.code) == ("replaced", "newer_letter")
    assert carry() == (ParcelState.ACCEPTED, "taken_by_mail_server")
    assert letter_states(house) == [LetterState.OPEN]
    assert len(mail.messages) == 1


def test_the_first_ticket_opens_the_correction(house, mail, carry):
    code = read_ticket(by=house.owner, record_id=record_id(house))
    carry()
    first = mail.messages[-1]
    correct(house)
    carry()

    letters = [opened(house, link(message), code) for message in (first, mail.messages[-1])]

    assert [letter["findings"][0]["outcome"] for letter in letters] == ["negative", "positive"]
    assert letters[1]["reason"] == "Lecture inversée"
    assert [finding["outcome"] for finding in letters[1]["before"]] == ["negative"]
    assert letters[0]["before"] == []


def test_a_renewed_ticket_alone_opens_what_comes_after_it(house, mail, carry):
    former = read_ticket(by=house.owner, record_id=record_id(house))
    carry()
    renew_ticket(by=house.owner, record_id=record_id(house), expected_version=1)
    carry()

    opened(house, link(mail.messages[-1]), read_ticket(by=house.owner, record_id=record_id(house)))
    with pytest.raises(InvalidTag):
        opened(house, link(mail.messages[-1]), former)


def test_an_invented_patient_is_never_written_to_from_a_real_site(mail, carry, settings):
    settings.TEMOIN = replace(settings.TEMOIN, site=replace(settings.TEMOIN.site, demo=False))

    assert carry() == (ParcelState.REFUSED, "demonstration")
    assert mail.attempts == 0


# Over TLS, signed in --------------------------------------------------------------------------------------------------


@pytest.fixture
def signed_in(settings, tmp_path: Path) -> None:
    """Name LOGIN in the settings."""
    password = tmp_path / "mail.password"
    password.write_text(f"{LOGIN[1]}\n", encoding="utf-8")
    point(settings, user=LOGIN[0], password_file=password, host="localhost")


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize("security", [EmailSecurity.STARTTLS, EmailSecurity.TLS])
def test_a_trusted_mail_server_is_signed_in_to(carry, settings, tmp_path, monkeypatch, security):
    context, trusted = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    how = {"starttls" if security is EmailSecurity.STARTTLS else "tls": context}
    with running_mail_server(Behaviour(), **how) as server:
        point(settings, port=server.port, security=security)

        assert carry() == (ParcelState.ACCEPTED, "taken_by_mail_server")


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize("security", [EmailSecurity.STARTTLS, EmailSecurity.TLS])
def test_a_mail_server_nobody_vouches_for_gets_nothing(carry, settings, tmp_path, security):
    context, _untrusted = make_certificate(tmp_path)
    how = {"starttls" if security is EmailSecurity.STARTTLS else "tls": context}
    with running_mail_server(Behaviour(), **how) as server:
        point(settings, port=server.port, security=security)

        assert carry() == (ParcelState.WAITING, "certificate_refused")
        assert server.attempts == 0


@pytest.mark.usefixtures("signed_in")
def test_a_wrong_password_is_the_operators_matter(carry, settings, tmp_path, monkeypatch):
    context, trusted = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    (tmp_path / "mail.password").write_text("wrong", encoding="utf-8")
    with running_mail_server(Behaviour(), starttls=context) as server:
        point(settings, port=server.port, security=EmailSecurity.STARTTLS)

        assert carry() == (ParcelState.WAITING, "mail_server_refused")


def test_a_server_without_starttls_is_not_written_to_in_clear(mail, carry, settings):
    point(settings, security=EmailSecurity.STARTTLS)

    assert carry() == (ParcelState.WAITING, "mail_server_refused")
    assert mail.attempts == 0
