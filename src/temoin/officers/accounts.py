"""Inviting, enrolling, signing in and ending: what makes somebody an officer, and what ends it."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core.signing import BadSignature
from django.db import IntegrityError, transaction

from temoin.lib.clock import now
from temoin.lib.errors import NotFoundError
from temoin.lib.typed import typed_line
from temoin.officers.errors import NotProvedError
from temoin.officers.models import Officer, OfficerSession
from temoin.officers.passkeys import Options, ask_to_create, ask_to_prove, check_proof, created, named_in
from temoin.officers.place import PLACE, signer
from temoin.officers.policies import OfficerSeat

CODE_BYTES = 16
CODE_LIFE = timedelta(days=2)
CEREMONY_LIFE = timedelta(minutes=5)
SEEN_EVERY = timedelta(minutes=1)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Ceremony:
    """What a browser is asked for, and what it brings back with the answer, signed by us."""

    options: Options
    ticket: str


def invite_officer(name: str) -> tuple[UUID, str]:
    """Invite a person, for the operator: return their number and the code that enrols their passkey once."""
    code = secrets.token_hex(CODE_BYTES)
    officer = Officer(name=typed_line("name", name, of="Officer"), invited_at=now())
    officer.code_hash, officer.code_ends_at = _hash(code), now() + CODE_LIFE
    officer.seal = officer.make_seal()
    officer.save(force_insert=True)
    return officer.id, "-".join(re.findall("....", code))


def end_officer(officer_id: UUID) -> None:
    """End an officer's account and every session of it, for the operator."""
    with transaction.atomic():
        officer = Officer.objects.filter(id=officer_id, ended_at=None).first()
        if officer is None:
            raise NotFoundError
        _change(officer, ended_at=now(), code_hash=None)
        OfficerSession.objects.filter(officer_id=officer_id).delete()


def begin_enrolment(code: str) -> Ceremony:
    """Ask for a passkey of whoever has a code that is still good."""
    officer = _invited(_hash(_bare(code)))
    options, challenge = ask_to_create(officer.id, officer.name)
    return Ceremony(options, signer().sign_object({"challenge": challenge, "code": _hash(_bare(code)).hex()}))


def enrol(ticket: str, answer: str) -> str:
    """Keep the passkey that was made, in the place of the code, and sign its person in; return the cookie."""
    told = _told(ticket)
    made = created(told["challenge"], answer)
    with transaction.atomic():
        officer = _invited(bytes.fromhex(told.get("code", "")))
        _change(officer, code_hash=None, credential_id=made.credential_id, credential=bytes(made))
        return _open_session(officer, told["challenge"])


def begin_sign_in() -> Ceremony:
    options, challenge = ask_to_prove()
    return Ceremony(options, signer().sign_object({"challenge": challenge}))


def sign_in(ticket: str, answer: str) -> str:
    """Sign in whoever shows a passkey that is known here; return the cookie."""
    told = _told(ticket)
    officer = Officer.objects.filter(credential_id=named_in(answer), ended_at=None).first()
    if officer is None or not officer.is_sound or officer.credential is None:
        raise NotProvedError
    check_proof(told["challenge"], answer, bytes(officer.credential))
    with transaction.atomic():
        return _open_session(officer, told["challenge"])


def officer_of(cookie: str) -> OfficerSeat | None:
    """Return who a cookie signs in, and note that they are here; None for nobody."""
    found = _signed_in(cookie)
    if found is None:
        return None
    officer, session = found
    at = now()
    if session.seen_at < at - SEEN_EVERY:
        OfficerSession.objects.filter(key_hash=session.key_hash).update(seen_at=at)
    return OfficerSeat(officer.id, officer.name)


def session_left(cookie: str) -> int:
    """Return for how many seconds a cookie signs somebody in if nothing more is asked; 0 where it does not.

    To ask keeps no session alive.
    """
    found = _signed_in(cookie)
    if found is None:
        return 0
    ends = min(found[1].seen_at + PLACE().idle, found[1].started_at + PLACE().absolute)
    return max(0, int((ends - now()).total_seconds()))


def _signed_in(cookie: str) -> tuple[Officer, OfficerSession] | None:
    at, place = now(), PLACE()
    session = OfficerSession.objects.filter(
        key_hash=_hash(cookie), started_at__gt=at - place.absolute, seen_at__gt=at - place.idle
    ).first()
    if session is None or not session.is_sound:
        return None
    officer = Officer.objects.filter(id=session.officer_id, ended_at=None).first()
    return None if officer is None or not officer.is_sound else (officer, session)


def sign_out(cookie: str) -> None:
    """End a session; its row stays for as long as it would have, so that what opened it opens no other."""
    OfficerSession.objects.filter(key_hash=_hash(cookie)).update(seen_at=NEVER)


def _invited(code_hash: bytes) -> Officer:
    """Return whom a code invites, or refuse."""
    found = Officer.objects.filter(code_hash=code_hash, code_ends_at__gt=now(), ended_at=None).first()
    if found is None or not found.is_sound:
        raise NotProvedError
    return found


def _change(officer: Officer, **columns: Any) -> None:
    """Write columns and the new seal, unless somebody else changed the row meanwhile: a code is used once."""
    before = officer.seal
    for name, value in columns.items():
        setattr(officer, name, value)
    columns["seal"] = officer.seal = officer.make_seal()
    try:
        changed = Officer.objects.filter(id=officer.id, seal=before).update(**columns)
    except IntegrityError:  # a passkey that is another officer's
        raise NotProvedError from None
    if not changed:
        raise NotProvedError


def _open_session(officer: Officer, challenge: str) -> str:
    at, cookie = now(), secrets.token_urlsafe(32)
    OfficerSession.objects.filter(started_at__lt=at - PLACE().absolute).delete()
    session = OfficerSession(key_hash=_hash(cookie), officer_id=officer.id, started_at=at, seen_at=at)
    session.challenge_hash, session.seal = _hash(challenge), session.make_seal()
    try:
        session.save(force_insert=True)
    except IntegrityError:  # this answer has opened a session already
        raise NotProvedError from None
    return cookie


def _told(ticket: str) -> dict[str, str]:
    try:
        told: dict[str, str] = signer().unsign_object(ticket, max_age=CEREMONY_LIFE)
    except (BadSignature, ValueError):
        raise NotProvedError from None
    return told


def _bare(code: str) -> str:
    return re.sub(r"[^0-9a-f]", "", code.lower())


def _hash(text: str) -> bytes:
    return sha256(text.encode()).digest()
