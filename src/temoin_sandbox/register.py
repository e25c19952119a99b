"""A stand-in for the public register of health professionals: the API of the French directory, for a few people.

In the shape of its documentation (https://ansforge.github.io/annuaire-sante-fhir-documentation, version 2) and of the
examples of its guide: a key in a header, a search by number by GET or POST, activities on demand, a searchset back.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from typing import Any
from uuid import uuid4

import orjson
from aiohttp import web
from multidict import MultiMapping

from temoin_sandbox.codes import ID_NAT_PS, RPPS

KEY_HEADER = "ESANTE-API-KEY"
BASE = "/annuaire/fhir/v2"
ACTIVITIES = "PractitionerRole:practitioner"
NOS = "https://mos.esante.gouv.fr/NOS"
TYPES = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"
PROFILES = {
    "Practitioner": ("fr-core-practitioner", "as-dp-practitioner"),
    "PractitionerRole": ("fr-core-practitioner-role", "as-dp-practitionerrole"),
}
UPDATED = "2026-06-30T01:00:00.000+02:00"
_KNOWN = {"identifier", "_revinclude", "_count"}


@dataclass(frozen=True, kw_only=True)
class RegisteredProfessional:
    """Somebody whom the register knows."""

    number: str
    family: str
    given: list[str]
    professions: list[str]
    degree: str = ""
    roles: list[str] = field(default_factory=list)
    active: bool = True


class RegisterDoor:
    """The handlers of the stand-in register."""

    def __init__(self) -> None:
        content = resources.files("temoin_sandbox").joinpath("data", "register.toml").read_text("utf-8")
        self.people = [RegisteredProfessional(**person) for person in tomllib.loads(content)["people"]]

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(f"{BASE}/Practitioner", self.search),
            web.post(f"{BASE}/Practitioner/_search", self.search_by_form),
        ]

    async def search(self, request: web.Request) -> web.Response:
        return self._answer(request, request.query)

    async def search_by_form(self, request: web.Request) -> web.Response:
        form = await request.post()
        return self._answer(request, form)

    def _answer(self, request: web.Request, asked: MultiMapping[Any]) -> web.Response:
        if not request.headers.get(KEY_HEADER):
            return _outcome(401, "login", "Unauthorized")
        if set(asked) - _KNOWN or "identifier" not in asked:
            return _outcome(400, "processing", "HAPI-0524: Unknown search parameter")
        base = f"{request.scheme}://{request.host}{BASE}"
        numbers = {number.rpartition("|")[2] for number in str(asked["identifier"]).split(",")}
        found = [one for one in self.people if one.number in numbers or f"8{one.number}" in numbers]
        with_activities = asked.get("_revinclude") == ACTIVITIES
        entries = [entry for one in found for entry in _entries(base, one, with_activities=with_activities)]
        return _json({
            "resourceType": "Bundle",
            "id": str(uuid4()),
            "type": "searchset",
            "total": sum(entry["search"]["mode"] == "match" for entry in entries),
            "link": [{"relation": "self", "url": f"{base}/Practitioner"}],
            "entry": entries,
        })  # fmt: skip


def _entries(base: str, one: RegisteredProfessional, *, with_activities: bool) -> Iterator[dict[str, Any]]:
    """Yield a professional as the register has them: a resource for each profession, each with its activity."""
    for place, profession in enumerate(one.professions or [""]):
        identity = f"003-{one.number[:7]}-{place}{one.number[7:]}"
        yield _entry(base, _practitioner(one, identity, profession), "match")
        if with_activities and one.active:
            yield _entry(base, _activity(one, identity), "include")


def _entry(base: str, resource: dict[str, Any], mode: str) -> dict[str, Any]:
    address = f"{base}/{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": address, "resource": resource, "search": {"mode": mode}}


def _practitioner(one: RegisteredProfessional, identity: str, profession: str) -> dict[str, Any]:
    return {
        **_head("Practitioner", identity),
        "identifier": [_identifier("IDNPS", ID_NAT_PS, f"8{one.number}"), _identifier("RPPS", RPPS, one.number)],
        "active": one.active,
        "name": [{"use": "usual", "family": one.family, "given": one.given, "prefix": ["M"]}],
        "telecom": [{"system": "email", "value": f"{one.number}@demonstration.mssante.fr", "rank": 1}],
        "qualification": list(_qualifications(one, profession)),
    }


def _qualifications(one: RegisteredProfessional, profession: str) -> Iterator[dict[str, Any]]:
    if one.degree:
        yield _concept(_coding("R48-DiplomeEtatFrancais", one.degree), _coding("R14-TypeDiplome", "DE"))
    if profession:
        yield _concept(_coding("G15-ProfessionSante", profession), _coding("R09-CategorieProfessionnelle", "C"))


def _activity(one: RegisteredProfessional, identity: str) -> dict[str, Any]:
    codes = [("R22-GenreActivite", "GENR01"), ("R23-ModeExercice", "L"), ("R21-Fonction", "FON-AU")]
    codes += [("R85-RolePriseCharge", role) for role in one.roles]
    return {
        **_head("PractitionerRole", f"005{identity[3:]}"),
        "identifier": [{"system": RPPS, "value": one.number[-10:]}],
        "active": True,
        "practitioner": {"reference": f"Practitioner/{identity}"},
        "code": [{"coding": [_coding(*code)]} for code in codes],
    }


def _head(kind: str, identity: str) -> dict[str, Any]:
    core, own = PROFILES[kind]
    profiles = [
        f"https://hl7.fr/ig/fhir/core/StructureDefinition/{core}",
        f"https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/{own}",
    ]
    meta = {"versionId": "1", "lastUpdated": UPDATED, "source": "https://annuaire.esante.gouv.fr", "profile": profiles}
    return {"resourceType": kind, "id": identity, "meta": meta, "language": "fr"}


def _identifier(code: str, system: str, value: str) -> dict[str, Any]:
    coding = {"system": TYPES, "code": code}
    return {"use": "official", "type": {"coding": [coding]}, "system": system, "value": value}


def _concept(*codings: dict[str, str]) -> dict[str, Any]:
    return {"code": {"coding": list(codings)}}


def _coding(terminology: str, code: str) -> dict[str, str]:
    return {"system": f"{NOS}/TRE_{terminology}/FHIR/TRE-{terminology}", "code": code}


def _outcome(status: int, code: str, words: str) -> web.Response:
    issue = {"severity": "error", "code": code, "diagnostics": words}
    return _json({"resourceType": "OperationOutcome", "issue": [issue]}, status)


def _json(content: dict[str, Any], status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(content), status=status, content_type="application/fhir+json")
