"""What a signed-in owner can reach of the staff site: one page of each kind, and every form with its fields."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from producers import Visitor, sign_in

OF_EACH_KIND = 6  # pages: a test looks otherwise in each of its states
PLACE = re.compile(r"<[^>]+>")
TOKEN = "csrfmiddlewaretoken"  # noqa: S105 the name of a field
# Would end the session that the scan goes on with, or lead it to the training counter; scanned signed out instead.
NOT_SIGNED_IN = frozenset({"account_logout", "training"})


@dataclass(frozen=True)
class Form:
    """What a page would send: the address, the method, and a value for each field."""

    path: str
    method: str
    fields: tuple[tuple[str, str], ...]


@dataclass
class Sites:
    """The two sites of a demonstration, as seen signed in."""

    staff: str
    portal: str
    cookies: dict[str, str]
    pages: list[str] = field(default_factory=list)
    forms: dict[tuple[str, ...], Form] = field(default_factory=dict)  # by route, method and names of fields
    unmet: dict[str, tuple[str, str]] = field(default_factory=dict)  # by route: method, and address with {} to fill

    @property
    def cookie_header(self) -> str:
        """Return the session as a browser sends it."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())


def read_sites(ready: dict[str, Any]) -> Sites:
    """Sign in as an owner and walk the staff site. Loads Django."""
    from temoin.cli.django_process import become
    from temoin.settings.file import Process

    become(Process.STAFF, Path(ready["data"]))
    addresses = ready["addresses"]
    account = next(one for one in ready["accounts"] if one["profession"] == "titulaire")
    port = int(addresses["staff"].rpartition(":")[2])
    visitor = sign_in(port, account["email"], account["password"], account["totp_secret"])
    if visitor.get("/")[0] != 200:
        raise RuntimeError("the owner could not sign in: nothing would be scanned")
    sites = Sites(addresses["staff"], addresses["portal"], dict(visitor.cookies))
    _walk(sites, visitor)
    return sites


def _walk(sites: Sites, visitor: Visitor) -> None:
    """Read pages, links first come first, until no new kind of page is left."""
    from temoin.web.routes import ROUTES

    seen: Counter[str] = Counter()
    waiting = ["/", *(f"/{route.path}" for route in ROUTES if "GET" in route.methods and "<" not in route.path)]
    for path in waiting:
        name = _route_of(path)
        if name is not None and name not in NOT_SIGNED_IN and seen[name] < OF_EACH_KIND:
            seen[name] += 1
            links = _read(sites, visitor, path)
            waiting += [link for link in dict.fromkeys(links) if link not in waiting]
    met = {*seen, *(kind[0] for kind in sites.forms)}
    for route in ROUTES:
        if route.name not in met | NOT_SIGNED_IN:
            sites.unmet[route.name] = (route.methods[-1], "/" + PLACE.sub("{}", route.path))
    print(f"without a link or a form of the owner's pages: {', '.join(sites.unmet)}")


def _read(sites: Sites, visitor: Visitor, path: str) -> list[str]:
    """Note a page and its forms; return its links."""
    status, body, _ = visitor.get(path)
    if status == 200:
        sites.pages.append(path)
    page = _Page(path)
    page.feed(body)
    for form in page.forms:
        if (route := _route_of(form.path)) is not None and route not in NOT_SIGNED_IN:
            sites.forms.setdefault((route, form.method, *sorted(name for name, _ in form.fields)), form)
    return page.links


def _route_of(path: str) -> str | None:
    from django.urls import Resolver404, resolve

    try:
        return resolve(urlsplit(path).path).url_name
    except Resolver404:
        return None


class _Page(HTMLParser):
    """The links and forms of a page."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._form: dict[str, str] | None = None
        self._fields: dict[str, str] = {}
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link, a form or a field."""
        values = {name: value or "" for name, value in attrs}
        if tag == "a" and values.get("href", "").startswith("/"):
            self.links.append(values["href"])
        elif tag == "form":
            self._form, self._fields = values, {}
        elif tag in {"input", "textarea"} and values.get("name"):
            self._fields.setdefault(values["name"], values.get("value") or "1")
        elif tag == "select":
            self._select = values.get("name", "")
        elif tag == "option" and self._select and values.get("value"):
            self._fields.setdefault(self._select, values["value"])

    def handle_endtag(self, tag: str) -> None:
        """Keep a form once it is whole."""
        if tag != "form" or self._form is None:
            return
        path = self._form.get("action") or self._path
        method = self._form.get("method", "get").upper()
        self.forms.append(Form(path, method, tuple(self._fields.items())))
        self._form = None
