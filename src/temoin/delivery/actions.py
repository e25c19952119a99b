"""Sealing a letter for the patient, and withdrawing it when a newer version exists."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import orjson
from django.db import connection

from temoin.certificates.issuing import keep_number, sign_certificate
from temoin.certificates.state import SignerFault, StateCertificate
from temoin.crypto.letter import SealedLetter, draw_link, link_fragment, seal_letter
from temoin.delivery.content import letter_content
from temoin.delivery.letter_box import TRIES
from temoin.delivery.models import Letter, LetterState
from temoin.journal.act import HouseActor, acts_together
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.ids import new_id
from temoin.outbox.actions import keep_in_parcel
from temoin.outbox.courier import Load
from temoin.pharmacies.zones import zone_of
from temoin.testing.report import Report
from temoin.testing.tickets import code_key

LIFE = timedelta(days=30)  # links that die early were the first complaint of patients elsewhere


def seal_letter_for(
    *,
    load: Load,
    report: Report,
    former: Report | None = None,
    language: str = "",
    state: StateCertificate | SignerFault | None = None,
) -> str:
    """Seal a version for its patient under the key of the ticket's code, and return the link's fragment.

    `state` is what a state answered that was asked to sign the certificate.

    One commit: if the worker dies here, there is no letter; after it, the parcel holds the link until the message has
    left, and every retry carries the same one.
    """
    by = HouseActor(load.pharmacy_id, "worker")
    letter_id, certificate = new_id(), sign_certificate(report, zone=zone_of(load.pharmacy_id), state=state)
    content = letter_content(report, former, language, certificate)
    with acts_together(by=by) as acts:
        certificate_id = None if certificate is None else keep_number(acts, certificate, report)
        with acts.act(kind=EventKind.LETTER_SEALED, subject_kind="letter", subject_id=letter_id) as commit:
            salt, key = code_key(load.chain_id)
            link = draw_link(salt)
            sealed = seal_letter(link, key, orjson.dumps(content))
            commit.insert(_letter(load, sealed, id=letter_id, certificate_id=certificate_id))
            fragment = link_fragment(link)
            keep_in_parcel(commit, load, {"fragment": fragment, "letter": str(letter_id)})
    return fragment


def _letter(load: Load, sealed: SealedLetter, **ids: UUID | None) -> Letter:
    return Letter(
        **ids,
        pharmacy_id=load.pharmacy_id,
        record_id=load.chain_id,
        version=load.sequence,
        lookup_hash=sealed.lookup_hash,
        auth_hash=sealed.auth_hash,
        ciphertext=sealed.ciphertext,
        tries_left=TRIES,
        expires_at=now() + LIFE,
    )


def withdraw_letters(commit: Commit, record_id: UUID) -> None:
    """Add to the act's commit the withdrawal of every open letter of a record."""
    lock_letters(record_id)
    for letter_id in Letter.objects.filter(record_id=record_id, state=LetterState.OPEN).values_list("id", flat=True):
        commit.move(Letter, letter_id, "withdraw")


def letter_is_open(letter_id: UUID) -> bool:
    """Tell whether a letter of the pharmacy in scope was not withdrawn."""
    return bool(Letter.objects.filter(id=letter_id, state=LetterState.OPEN).exists())


def lock_letters(record_id: UUID) -> None:
    """Make sealing and withdrawing the letters of one record wait for each other until the transaction ends.

    Without it, a letter sealed while a correction commits would stay open with the former result.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(record_id)])
