"""What a session has shown: whether a second factor, and how long ago the last one (step-up)."""

from __future__ import annotations

from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest

from temoin.lib.clock import now
from temoin.signin.enrolment import complete_enrolment

FRESH = 5 * 60  # seconds
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
# Ways in that are two factors in themselves, as the library names them in the session.
PROVED = frozenset({"mfa", "socialaccount"})
ENROLMENT = "enrolment"  # a one-time code from a colleague: as good as a password, for setting up a factor


def person(request: HttpRequest) -> Any:
    """Return the account that is signed in; pages that ask are never shown to a passer-by."""
    return request.user


def has_factor(someone: Any) -> bool:
    """Tell whether the person has set up a passkey or an authenticator application."""
    return bool(is_mfa_enabled(someone, FACTORS))


def has_second_factor(request: HttpRequest) -> bool:
    """Tell whether this session has shown a second factor; nothing is asked of the database."""
    return any(record.get("method") in PROVED for record in _records(request))


def came_by_provider(request: HttpRequest) -> bool:
    """Tell whether this session was opened through the identity provider."""
    return any(record.get("method") == "socialaccount" for record in _records(request))


def must_enrol(request: HttpRequest) -> bool:
    """Tell whether a colleague has reset this person's factors and this session did not show the one-time code."""
    pending = bool(person(request).enrolment)
    return pending and not any(record.get("method") == ENROLMENT for record in _records(request))


def way_in(request: HttpRequest) -> str:
    """Return the code of the last way in that this session used, for the journal."""
    shown = [record for record in _records(request) if record.get("method") in PROVED]
    return str(shown[-1].get("type") or shown[-1].get("provider") or "") if shown else ""


def is_fresh(request: HttpRequest) -> bool:
    """Tell whether a factor was shown in the last five minutes; a password counts while there is none to show."""
    limit = now().timestamp() - FRESH
    recent = [record for record in _records(request) if record.get("at", 0) >= limit]
    if any(record.get("method") in PROVED for record in recent):
        return True
    return bool(recent) and has_only_password(request)


def has_only_password(request: HttpRequest) -> bool:
    """Tell whether this person has still to set up a first factor, and came by no provider that asks for two."""
    return not has_second_factor(request) and not has_factor(request.user)


def record_enrolment(request: HttpRequest, kind: str) -> None:
    """Count the factor just set up as shown, and give the session a new id."""
    complete_enrolment(person(request).id)
    record_authentication(request, request.user, "mfa", type=kind)
    renew_session(request)


def renew_session(request: HttpRequest) -> None:
    """Give the session a new id; what it holds stays."""
    request.session.cycle_key()


def renew_after_step(request: HttpRequest, **details: Any) -> None:
    """Receive the library's signal: a session that has stepped up gets a new id."""
    if details.get("reauthenticated"):
        renew_session(request)


def _records(request: HttpRequest) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = get_authentication_records(request, request.user)
    return records
