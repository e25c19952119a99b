"""Passkeys, by the library of the staff site's sign-in: made and shown with user verification, on this site alone.

A passkey is something held and something known or of the body; the server keeps a public half, and no secret.
"""

from __future__ import annotations

import json
import struct
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from fido2.server import Fido2Server
from fido2.utils import websafe_decode
from fido2.webauthn import (
    AttestedCredentialData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from temoin.officers.errors import NotProvedError
from temoin.officers.place import PLACE

Options = dict[str, Any]
# What the library raises over answers that no browser made.
_MALFORMED = (ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, struct.error, RecursionError)


def ask_to_create(officer_id: UUID, name: str) -> tuple[Options, str]:
    """Return what a browser is asked to make a passkey with, and the challenge in it."""
    user = PublicKeyCredentialUserEntity(id=officer_id.bytes, name=name, display_name=name)
    options, state = _server().register_begin(
        user,
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(options), state["challenge"]


def ask_to_prove() -> tuple[Options, str]:
    """Return what a browser is asked to show a passkey with, of whomever, and the challenge in it."""
    options, state = _server().authenticate_begin(user_verification=UserVerificationRequirement.REQUIRED)
    return dict(options), state["challenge"]


def created(challenge: str, answer: str) -> AttestedCredentialData:
    """Return the public half of the passkey that a browser made, or raise."""
    try:
        made = _server().register_complete(_state(challenge), json.loads(answer)).credential_data
    except _MALFORMED:
        raise NotProvedError from None
    if made is None:
        raise NotProvedError
    return made


def named_in(answer: str) -> bytes:
    """Return which passkey an answer says that it is of."""
    try:
        return websafe_decode(json.loads(answer)["rawId"])
    except _MALFORMED:
        raise NotProvedError from None


def check_proof(challenge: str, answer: str, credential: bytes) -> None:
    """Refuse an answer that this passkey did not sign, here, now and with its person."""
    try:
        held = AttestedCredentialData(credential)
        _server().authenticate_complete(_state(challenge), [held], json.loads(answer))
    except _MALFORMED:
        raise NotProvedError from None


def _state(challenge: str) -> dict[str, Any]:
    return {"challenge": challenge, "user_verification": UserVerificationRequirement.REQUIRED}


def _server() -> Fido2Server:
    url = PLACE().url
    named = PublicKeyCredentialRpEntity(id=urlsplit(url).hostname, name="Témoin")
    return Fido2Server(named, verify_origin=lambda origin: origin == url)
