"""What was typed and could not be recorded, kept for half an hour and for whoever typed it, in that pharmacy only.

A form that arrives after the end of its session, with an old token, or before a step-up, and one that was refused, is
sealed: the seal is bound to person and pharmacy, and the session holds no more than its number. The page that has the
form gets it back; nothing is recorded before the person sends it again.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.crypto import salted_hmac

from temoin.crypto.envelope import SealBrokenError
from temoin.crypto.platform import open_platform_secret, seal_platform_secret
from temoin.lib.clock import now
from temoin.signin.sessions import Owner, owner_of, owner_of_ended

LIFE = timedelta(minutes=30)
LONGEST = 50_000  # characters of a form
PAGE_LIFE = timedelta(hours=16)  # the longest session
KEPT = "kept_form"  # in the session: the number of what is kept, and the address it was sent to
KEPT_FOR = "kept_for"  # in a form: whose page it stands on
NEVER = frozenset({"csrfmiddlewaretoken", KEPT_FOR, "password", "credential", "code", "scan"})

Fields = list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class KeptForm:
    """A form as it was sent; `page` shows it, `refused` when the site answered it with what to mend.

    With `words` there is no form to fill in again, for a colleague was first: the sentences that were typed are shown.
    """

    path: str
    page: str
    fields: Fields
    refused: bool
    words: list[str]


class KeptForms:
    """Middleware, last in the list: keeps what was refused, for who goes back, and forgets what was recorded."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method != "POST" or not request.user.is_authenticated:
            return self._get_response(request)
        before = request.session.get(KEPT)
        response = self._get_response(request)
        if response.status_code in {400, 409}:
            keep_posted(request, owner_of(request.session), refused=True)
        elif response.status_code < 400 and before and request.session.get(KEPT) == before:
            _forget(request)
        return response


def keep_posted(request: HttpRequest, owner: Owner | None, *, refused: bool = False) -> str:
    """Keep the form that this request sends; return the page to come back to, "" when nothing was kept."""
    fields = [(name, value) for name, values in request.POST.lists() for value in map(str, values)]
    return keep(request, owner, path=request.path, fields=fields, refused=refused)


def keep(
    request: HttpRequest, owner: Owner | None, *, path: str, fields: Iterable[tuple[str, str]], refused: bool = False
) -> str:
    """Keep a form for its owner; return the page to come back to, "" when nothing was kept."""
    page = page_of(path)
    kept = [(name, value) for name, value in fields if name not in NEVER]
    if owner is None or not page or not kept or sum(len(name) + len(value) for name, value in kept) > LONGEST:
        return ""
    _seal(request, owner, KeptForm(path=path, page=page, fields=kept, refused=refused, words=[]))
    return page


def keep_words(request: HttpRequest, words: Iterable[str], *, page: str) -> None:
    """Keep sentences that were typed for an act that came too late, to be read on the page that it led to."""
    owner, kept = owner_of(request.session), [one for one in words if one.strip()]
    if owner is not None and kept and sum(map(len, kept)) <= LONGEST:
        _seal(request, owner, KeptForm(path=request.path, page=page, fields=[], refused=False, words=kept))


def _seal(request: HttpRequest, owner: Owner, form: KeptForm) -> None:
    number = secrets.token_urlsafe(16)
    cache.set(_name(number), seal_platform_secret(_purpose(owner), json.dumps(asdict(form))), LIFE.total_seconds())
    request.session[KEPT] = [number, form.path]


def kept_for(request: HttpRequest) -> KeptForm | None:
    """Return what is kept for whoever asks, on the page that they ask for."""
    number, _path = request.session.get(KEPT, ("", ""))
    owner = owner_of(request.session)
    sealed = cache.get(_name(number)) if number and owner else None
    if sealed is None or owner is None:
        return None
    try:
        content = json.loads(open_platform_secret(_purpose(owner), sealed))
    except SealBrokenError:  # a colleague's: it stays closed
        return None
    form = KeptForm(**{**content, "fields": [(name, value) for name, value in content["fields"]]})
    return form if form.page == request.path else None


def sender_of(request: HttpRequest) -> Owner | None:
    """Return who sent a form without a living session: as its page says, else as the ended session's row does."""
    ended: Owner | None = getattr(request, "ended_owner", None)
    cookie = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    return read_page_owner(request.POST.get(KEPT_FOR, "")) or ended or (owner_of_ended(cookie) if cookie else None)


def page_owner(owner: Owner) -> str:
    """Return the sealed text by which a form says whose page it stands on."""
    content = [str(owner.person_id), str(owner.pharmacy_id), now().timestamp()]
    return seal_platform_secret("page owner", json.dumps(content))


def read_page_owner(sealed: str) -> Owner | None:
    """Read what `page_owner` made; None for anything else, and once no session of that day can live."""
    try:
        person, pharmacy, at = json.loads(open_platform_secret("page owner", sealed))
    except (SealBrokenError, ValueError):
        return None
    return Owner(UUID(person), UUID(pharmacy)) if at > (now() - PAGE_LIFE).timestamp() else None


def owner_tag(owner: Owner) -> str:
    """Return a short name by which a page knows that the session is still its person's; it says nothing else."""
    return salted_hmac("temoin.owner", f"{owner.person_id} {owner.pharmacy_id}", algorithm="sha256").hexdigest()[:16]


def page_of(path: str) -> str:
    """Return the page that has the form of an address: the address itself or the nearest above, or ""."""
    found = _resolved(path)
    if found is None or not cast("Any", found.func).needs_seat:
        return ""
    while found is None or "GET" not in cast("Any", found.func).methods:
        path = path.rstrip("/").rpartition("/")[0] + "/"
        found = _resolved(path)
    return path


def _resolved(path: str) -> ResolverMatch | None:
    try:
        return resolve(path)
    except Resolver404:
        return None


def _forget(request: HttpRequest) -> None:
    number, path = request.session[KEPT]
    if path == request.path:
        cache.delete(_name(number))
        del request.session[KEPT]


def _name(number: str) -> str:
    return f"kept form {number}"


def _purpose(owner: Owner) -> str:
    return f"kept form|{owner.person_id}|{owner.pharmacy_id}"
