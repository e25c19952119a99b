"""What an OpenID provider says of a professional: whether it may be believed, who they are, and where they work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.utils.crypto import constant_time_compare
from stdnum import luhn

LEVEL = "eidas1"  # the only level that Pro Santé Connect grants to a card or e-CPS
_NATIONAL_ID = re.compile(r"8([0-9]{11})")  # 8 announces an RPPS number


class ClaimError(OAuth2Error):  # type: ignore[misc] # the library has no types
    """What the provider says of the person cannot be accepted; the text names the claim, never its value."""


def check_claims(token: dict[str, Any], person: dict[str, Any], *, nonce: str) -> None:
    """Raise ClaimError unless the token is of the right level, of this sign-in, for us, and about this person."""
    if token.get("acr") != LEVEL:
        raise ClaimError("acr")
    if not nonce or not constant_time_compare(str(token.get("nonce", "")), nonce):
        raise ClaimError("nonce")
    if isinstance(token.get("aud"), list) and len(token["aud"]) > 1 and token.get("azp") is None:
        raise ClaimError("azp")  # OpenID Connect Core 1.0, 3.1.3.7
    if not token.get("sub") or token["sub"] != person.get("sub"):
        raise ClaimError("sub")  # ibid., 5.3.2


def rpps_of(person: dict[str, Any]) -> str:
    """Return the RPPS number within the national identifier; ClaimError when it is of another kind or wrong."""
    found = _NATIONAL_ID.fullmatch(str(person.get("SubjectNameID") or person.get("preferred_username") or ""))
    if found is None or not luhn.is_valid(found[1]):
        raise ClaimError("SubjectNameID")
    return found[1]


def sites_of(person: dict[str, Any]) -> Iterator[str]:
    """Yield the FINESS number of each site where the register says that the person works."""
    register = person.get("SubjectRefPro")
    for practice in _listed(register, "exercices"):
        for activity in _listed(practice, "activities"):
            if isinstance(activity, dict) and isinstance(activity.get("numeroFinessSite"), str):
                yield activity["numeroFinessSite"]


def _listed(holder: Any, name: str) -> list[Any]:
    found = holder.get(name) if isinstance(holder, dict) else None
    return found if isinstance(found, list) else []
