"""The web site of the sandbox: pages, counters, faults and mailbox, and the headers of every answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import orjson
from aiohttp import web

from temoin_sandbox.faults import FaultDesk, FaultError
from temoin_sandbox.fhir import FhirDoor, refuse
from temoin_sandbox.issues import Issue
from temoin_sandbox.mailbox import SandboxMailbox
from temoin_sandbox.mllp import MllpDoor
from temoin_sandbox.pages import (
    View,
    conformance_page,
    document_page,
    home_page,
    mail_page,
    mailbox_page,
    message_page,
    stats,
)
from temoin_sandbox.register import RegisterDoor
from temoin_sandbox.secure_mail import SecureDoor
from temoin_sandbox.sftp import SftpDoor
from temoin_sandbox.store import Store
from temoin_sandbox.tampering import tamper
from temoin_sandbox.tls import TlsIdentity
from temoin_sandbox.words import LANGUAGES, word

MAX_BODY_BYTES = 2_000_000
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    # Not no-referrer: browsers would then send forms with `Origin: null`, which looks like another site.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "sandbox",
}
FHIR_RULES = {404: "not-found", 405: "method", 413: "too-large"}
PAGE_WORDS = {404: "not_found", 405: "method"}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class SandboxSite:
    """Everything that answers over HTTP, over one store, one mailbox and one set of faults."""

    def __init__(self, desk: FaultDesk, identity: TlsIdentity | None = None) -> None:
        self.desk, self.store, self.box = desk, Store(), SandboxMailbox()
        self._identity = identity
        self.fhir = FhirDoor(self.store, desk)
        self.mllp = MllpDoor(desk)
        self.secure = SecureDoor(desk)
        self.sftp = SftpDoor(desk)
        self.register = RegisterDoor()

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self.guard], client_max_size=MAX_BODY_BYTES)
        app.add_routes(self.fhir.routes())
        app.add_routes(self.register.routes())
        app.add_routes(
            [
                web.get("/", self.home),
                web.get("/documents/{id}", self.document),
                web.get("/stats", self.stats),
                web.get("/keys", self.keys),
                web.get("/hl7.json", self.hl7_json),
                web.get("/secure-mail.json", self.secure_mail),
                web.get(r"/secure-mail/notices/{number:[0-9]{1,9}}", self.secure_notice),
                web.get("/csv.json", self.csv_json),
                web.get("/faults", self.faults),
                web.post("/faults", self.change_faults),
                web.post("/lose", self.lose),
                web.get("/conformance", self.conformance),
                web.get("/mailbox", self.mailbox),
                web.get("/mailbox.json", self.mailbox_json),
                web.get("/messages", self.messages),
                web.get(r"/mailbox/{number:[0-9]{1,9}}", self.mail),
                web.get("/authorities.pem", self.authorities),
                web.get("/sandbox.css", self.stylesheet),
                web.get("/sandbox.svg", self.icon),
            ]
        )
        return app

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Put the headers on every answer, and turn refusals into a page or an OperationOutcome."""
        is_fhir = request.path.startswith("/fhir")
        try:
            if not is_fhir:
                _refuse_cross_site(request)
            struck = await self.fhir.open(request) if is_fhir else None
            response = struck if struck is not None else await handler(request)
        except web.HTTPException as refusal:
            response = _told(request, refusal, is_fhir=is_fhir)
        response.headers.update(SECURITY_HEADERS)
        if is_fhir and isinstance(response, web.Response):
            return await tamper(request, response, self.desk)
        language = request.query.get("lang", "")
        if language in LANGUAGES:
            response.set_cookie("lang", language, samesite="Lax", httponly=True)
        return response

    async def home(self, request: web.Request) -> web.Response:
        number = _page_number(request)
        return _html(home_page(_view(request), self.store, self.box, self.desk, number))

    async def document(self, request: web.Request) -> web.Response:
        document = self.store.get(request.match_info["id"])
        if document is None:
            raise web.HTTPNotFound
        return _html(document_page(_view(request), self.store, document))

    async def stats(self, request: web.Request) -> web.Response:
        replaced = sum(1 for document in self.store.documents if document.replaced_by)
        more = {"hl7": self.mllp.store.counts(), "csv": self.sftp.store.counts()}
        more["secure_mail"] = self.secure.store.counts()
        counts = {**stats(self.store, self.box), "replaced": replaced, **more, "fired": dict(self.desk.fired)}
        return _json(counts)

    async def keys(self, request: web.Request) -> web.Response:
        """Tell every idempotency key held, and how many distinct documents bear it."""
        told = []
        for token, count in self.store.identifiers().items():
            system, _, value = token.partition("|")
            told.append({"system": system, "key": value, "count": count})
        return _json(told)

    async def hl7_json(self, request: web.Request) -> web.Response:
        """Tell the HL7 v2 messages held, and how often each came."""
        return _json(self.mllp.store.to_list())

    async def secure_mail(self, request: web.Request) -> web.Response:
        """Tell the secure messages held, what was wrong with the last one refused, and how many notices wait."""
        store = self.secure.store
        return _json({"held": store.to_list(), "faults": store.faults, "notices": len(store.notices)})

    async def secure_notice(self, request: web.Request) -> web.Response:
        """Give one delivery notice as it would arrive in the sender's box."""
        number = int(request.match_info["number"])
        if number >= len(self.secure.store.notices):
            raise web.HTTPNotFound
        return web.Response(body=self.secure.store.notices[number], content_type="message/rfc822")

    async def csv_json(self, request: web.Request) -> web.Response:
        """Tell the results held from CSV files, and how often each came."""
        return _json(self.sftp.store.to_list())

    async def faults(self, request: web.Request) -> web.Response:
        return _json(self.desk.to_dict())

    async def change_faults(self, request: web.Request) -> web.Response:
        """Change the faults, from JSON or from the form of the page."""
        is_json = request.content_type == "application/json"
        values = await _settings(request, is_json=is_json)
        try:
            self.desk.change(values)
        except FaultError as error:
            if is_json:
                return _json({"error": "unknown or out of range", "name": str(error)}, status=400)
            view = _view(request)
            return _html(message_page(view, f"{word(view.language, 'fault_error')} {error}"), status=400)
        if is_json:
            return _json(self.desk.to_dict())
        raise web.HTTPSeeOther("/#faults")

    async def conformance(self, request: web.Request) -> web.Response:
        return _html(conformance_page(_view(request), f"{request.scheme}://{request.host}"))

    async def lose(self, request: web.Request) -> web.Response:
        """Forget the documents under a key, as an authority restored from yesterday's backup has."""
        values = await _settings(request, is_json=True)
        return _json({"lost": self.store.lose(str(values.get("key", "")))})

    async def mailbox(self, request: web.Request) -> web.Response:
        return _html(mailbox_page(_view(request), self.box, _page_number(request)))

    async def mailbox_json(self, request: web.Request) -> web.Response:
        """Tell the e-mails, oldest first."""
        return _json([mail.to_dict() for mail in self.box.mails])

    async def messages(self, request: web.Request) -> web.Response:
        """Tell every Message-ID ever received, how often, and with how many different texts."""
        copies = self.box.copies.items()
        told = [{"message_id": name, "count": texts.total(), "texts": len(texts)} for name, texts in copies]
        return _json(told)

    async def mail(self, request: web.Request) -> web.Response:
        mail = self.box.get(int(request.match_info["number"]))
        if mail is None:
            raise web.HTTPNotFound
        return _html(mail_page(_view(request), mail))

    async def authorities(self, request: web.Request) -> web.Response:
        """Tell whom a client must trust to come by TLS."""
        if self._identity is None:
            raise web.HTTPNotFound
        return web.Response(body=self._identity.authorities, content_type="application/x-pem-file")

    async def stylesheet(self, request: web.Request) -> web.Response:
        return web.Response(body=_packaged("sandbox.css"), content_type="text/css", charset="utf-8")

    async def icon(self, request: web.Request) -> web.Response:
        return web.Response(body=_packaged("sandbox.svg"), content_type="image/svg+xml")


def _refuse_cross_site(request: web.Request) -> None:
    """Refuse a change asked by a page of another site, which a browser on this machine could be led to send."""
    if request.method in {"GET", "HEAD"}:
        return
    is_own = _is_own(request.headers.get("Origin"), request.host)
    if not is_own or request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        raise web.HTTPForbidden


def _is_own(origin: str | None, host: str) -> bool:
    try:
        return origin is None or urlsplit(origin).netloc == host
    except ValueError:
        return False


async def _settings(request: web.Request, *, is_json: bool) -> dict[str, object]:
    if not is_json:
        form = await request.post()
        return {name: value for name, value in form.items() if isinstance(value, str)}
    try:
        values = orjson.loads(await request.read())
    except orjson.JSONDecodeError:
        raise web.HTTPBadRequest from None
    if not isinstance(values, dict):
        raise web.HTTPBadRequest
    return values


def _told(request: web.Request, refusal: web.HTTPException, *, is_fhir: bool) -> web.Response:
    kept = {name: refusal.headers[name] for name in ("Allow", "Location") if name in refusal.headers}
    if refusal.status < 400:
        return web.Response(status=refusal.status, headers=kept)
    if is_fhir:
        return refuse(refusal.status, Issue(FHIR_RULES.get(refusal.status, "request"), ""), headers=kept)
    view = _view(request)
    name = "cross_site" if refusal.status == 403 else PAGE_WORDS.get(refusal.status, "bad_request")
    response = _html(message_page(view, word(view.language, name)), status=refusal.status)
    response.headers.update(kept)
    return response


def _view(request: web.Request) -> View:
    asked = request.query.get("lang") or request.cookies.get("lang", "")
    language = asked if asked in LANGUAGES else LANGUAGES[0]
    # Only pages that GET may show are linked by the language switch.
    path = request.path if request.method in {"GET", "HEAD"} else "/"
    return View(language, path, refreshes=request.query.get("refresh") == "5")


def _page_number(request: web.Request) -> int:
    asked = request.query.get("page", "0")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 0


def _html(body: str, *, status: int = 200) -> web.Response:
    return web.Response(text=body, status=status, content_type="text/html")


def _json(value: Any, *, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(value), status=status, content_type="application/json")


def _packaged(name: str) -> bytes:
    return files("temoin_sandbox").joinpath(name).read_bytes()
