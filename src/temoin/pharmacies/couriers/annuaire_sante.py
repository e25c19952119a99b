"""The French public health directory (Annuaire Santé) of the digital health agency, by its FHIR API, version 2.

API: https://ansforge.github.io/annuaire-sante-fhir-documentation (v2, June 2026): one key in a header, FHIR R4 search
by GET or POST, 50 entries a page, 17 calls a second. The number goes in the body of a POST: addresses stand in logs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import aiohttp
import orjson

from temoin.lib.http_replies import BoundedReply
from temoin.pharmacies.register import (
    RegisterAnswerError,
    RegisterAwayError,
    RegisteredActivity,
    RegisterSettings,
    profession_code,
)

RPPS = "https://rpps.esante.gouv.fr"
KEY_HEADER = "ESANTE-API-KEY"
LARGEST_ANSWER = 1_000_000  # bytes
# One professional has a resource for each profession, each with its activities.
_SEARCH = {"_revinclude": "PractitionerRole:practitioner", "_count": "50"}
_NOT_NOW = {401: "key_refused", 403: "key_refused", 408: "http_408", 429: "http_429"}


class AnnuaireSante:
    """The directory; each look-up is a connection of its own, since few are made."""

    def __init__(self, settings: RegisterSettings) -> None:
        self._settings = settings

    def look_up(self, rpps: str) -> list[RegisteredActivity]:
        """Return what the directory knows under a number."""
        return read_entries(asyncio.run(self._ask(rpps)), rpps)

    async def _ask(self, rpps: str) -> bytes:
        # trust_env off: a proxy variable of the machine must not see the key
        whole = aiohttp.ClientTimeout(total=self._settings.seconds)
        try:
            async with aiohttp.ClientSession(timeout=whole, trust_env=False, response_class=BoundedReply) as session:
                return await self._post(session, {"identifier": rpps, **_SEARCH})
        except aiohttp.ClientSSLError:
            raise RegisterAwayError("certificate_refused") from None
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise RegisterAwayError("unreachable") from None

    async def _post(self, session: aiohttp.ClientSession, form: dict[str, str]) -> bytes:
        key = self._settings.key_file.read_text(encoding="utf-8").strip()
        headers = {KEY_HEADER: key, "Accept": "application/fhir+json"}
        address = f"{self._settings.base_url}/Practitioner/_search"
        async with session.post(address, data=form, headers=headers, allow_redirects=False) as response:
            _check(response.status)
            body = bytearray()
            async for part in response.content.iter_chunked(65_536):
                body += part
                if len(body) > LARGEST_ANSWER:
                    raise RegisterAnswerError("too_long")
            return bytes(body)


def _check(status: int) -> None:
    """Whose fault a status tells of: the question's own (4xx), or that nothing can be asked now."""
    if status == 200:
        return
    if status in _NOT_NOW or not 400 <= status < 500:
        raise RegisterAwayError(_NOT_NOW.get(status, f"http_{status}"))
    raise RegisterAnswerError(f"http_{status}")


def read_entries(content: bytes, rpps: str) -> list[RegisteredActivity]:
    """Return the entries of a search's answer that bear the number; RegisterAnswerError for what is no such answer."""
    try:
        bundle = orjson.loads(content)
        if bundle["resourceType"] != "Bundle" or bundle["type"] != "searchset":
            raise RegisterAnswerError("no_searchset")
        if any(link["relation"] == "next" for link in bundle.get("link", [])):
            raise RegisterAnswerError("more_pages")  # never: so many activities are not one person's
        resources = [entry["resource"] for entry in bundle.get("entry", [])]
        return list(_entries(resources, rpps))
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        raise RegisterAnswerError("malformed") from None


def _entries(resources: list[dict[str, Any]], rpps: str) -> Iterator[RegisteredActivity]:
    roles = [one for one in resources if one["resourceType"] == "PractitionerRole" and one.get("active", True)]
    for one in resources:
        if one["resourceType"] == "Practitioner" and _bears(one, rpps):
            own = [role for role in roles if _is_of(role, one)]
            name = (one.get("name") or [{}])[0]
            yield RegisteredActivity(
                is_active=bool(one["active"]),
                family_name=str(name.get("family", "")),
                given_names=" ".join(str(given) for given in name.get("given", [])),
                professions=frozenset(_professions(one, own)),
            )


def _bears(practitioner: dict[str, Any], rpps: str) -> bool:
    """A search by number finds other identifiers of the same digits too: only an RPPS number counts."""
    return any(
        number.get("system") == RPPS and number.get("value") == rpps for number in practitioner.get("identifier", [])
    )


def _is_of(role: dict[str, Any], practitioner: dict[str, Any]) -> bool:
    reference = str(role.get("practitioner", {}).get("reference", ""))
    return reference.partition("/_history")[0].endswith(f"Practitioner/{practitioner['id']}")


def _professions(practitioner: dict[str, Any], roles: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the professions of an entry: qualifications, and the roles of who has no profession of their own there."""
    concepts = [one.get("code", {}) for one in practitioner.get("qualification", [])]
    concepts += [concept for role in roles for concept in role.get("code", [])]
    for concept in concepts:
        for coding in concept.get("coding", []):
            code = profession_code(str(coding.get("system")), str(coding.get("code")))
            if code:
                yield code
