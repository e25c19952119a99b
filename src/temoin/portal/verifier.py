"""The verifier page: anybody judges a certificate on their own device, also offline; nothing of it is ever sent."""

from __future__ import annotations

from typing import Final

import orjson
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.outcomes import load_outcomes
from temoin.certificates.published import published_revocations, revoked_cards
from temoin.lib.handed import Handed
from temoin.lib.label import Label
from temoin.portal.headers import CONTENT_SECURITY_POLICY, PERMISSIONS, TRUSTED_TYPES
from temoin.portal.views import SITE

KEYS: Final[Handed[bytes]] = Handed("keys that the verifier page believes")
_OWN_HEADERS = {
    # Registering the worker is the one thing that a page of scripts alone does with a script's address.
    "Content-Security-Policy": CONTENT_SECURITY_POLICY.replace(TRUSTED_TYPES, "trusted-types temoin-worker"),
    "Permissions-Policy": PERMISSIONS.replace("camera=()", "camera=(self)"),
}


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Return the page: the same bytes to everyone."""
    answer = render(request, "portal/verify.html", {"is_demo": SITE().demo, "words": words().items()})
    for name, value in _OWN_HEADERS.items():
        answer[name] = value
    return answer


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """Return the program that keeps the page for when there is no network."""
    answer = render(request, "portal/verify_worker.js", content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer


@require_safe
def keys(_request: HttpRequest) -> HttpResponse:
    """Publish whose signatures are believed here, for other verifiers too."""
    return for_anybody(KEYS(), "application/json")


@require_safe
def own_keys(_request: HttpRequest) -> HttpResponse:
    """Publish the operator's own keys where SMART Health Cards have them: a JWKS below the issuer's address."""
    revoked = revoked_cards()
    version = {} if revoked is None else {"crlVersion": revoked.version}
    told = [{**jwk, "kid": name, "use": "sig", "alg": "ES256", **version} for name, jwk in _own_keys().items()]
    return for_anybody(orjson.dumps({"keys": told}), "application/json")


@require_safe
def revoked_of_key(_request: HttpRequest, name: str) -> HttpResponse:
    """Publish the numbers of revoked cards where verifiers of SMART Health Cards look for them.

    The list of each key has the numbers of all: they are random, and which key signed a card is not kept.
    """
    revoked = revoked_cards()
    if revoked is None or name not in _own_keys():
        raise Http404
    told = {"kid": name, "method": "rid", "ctr": revoked.version, "rids": revoked.numbers}
    return for_anybody(orjson.dumps(told), "application/json")


@require_safe
def revoked(_request: HttpRequest) -> HttpResponse:
    """Hand out the whole signed list of revoked certificates: nobody asks here about one."""
    return for_anybody(published_revocations().encode("ascii"), "application/jose")


def for_anybody(content: bytes, content_type: str) -> HttpResponse:
    """Return what pages of other sites may read too, and what nobody may show for longer than it holds."""
    answer = HttpResponse(content, content_type=content_type)
    answer["Cache-Control"] = "no-cache"
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _own_keys() -> dict[str, dict[str, str]]:
    own = [each for each in orjson.loads(KEYS())["keys"] if each["issuer"] == SITE().portal_url]
    return {_key_name(each["names"]): each["jwk"] for each in own}


def _key_name(names: list[str]) -> str:
    """Return the whole name of a key; the other one is the eight bytes that HC1 codes have room for."""
    return bytes.fromhex(max(names, key=len)).decode("ascii")


def words() -> dict[str, Label]:
    """Return what the codes in certificates mean: ours, and those of cards."""
    found = {f"outcome:{one.code}": one.words for one in load_outcomes().values()}
    found |= {f"snomed:{one.snomed}": one.words for one in load_outcomes().values()}
    for kind in load_kinds().values():
        found[f"kind:{kind.code}"] = kind.words
        for target in kind.targets:
            found[f"target:{target.code}"] = target.words
            found |= {f"loinc:{loinc.code}": target.words for loinc in target.loincs}
    return found
