"""The FHIR R4 door of the authority: conditional create, read and search of Bundles."""

from __future__ import annotations

import uuid
from asyncio import sleep
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from temoin_sandbox.faults import Down, FaultDesk, Redirect
from temoin_sandbox.issues import Issue, is_refused, operation_outcome
from temoin_sandbox.reading import child, identifier, read_bundle
from temoin_sandbox.search import Page, Search, SearchError, find_page, read_conditional, read_search
from temoin_sandbox.store import Store, StoredDocument, instant_of, moment_of
from temoin_sandbox.summary import summarise
from temoin_sandbox.validate import validate

FHIR_JSON = "application/fhir+json; charset=utf-8"
JSON_TYPES = frozenset({"application/fhir+json", "application/json"})
ELSEWHERE = "http://elsewhere.invalid"  # RFC 2606: a host that nobody has
SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}


def answer(body: bytes, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=body, status=status, headers={"Content-Type": FHIR_JSON, **(headers or {})})


def refuse(status: int, *issues: Issue, headers: dict[str, str] | None = None) -> web.Response:
    """Answer with an OperationOutcome."""
    return answer(orjson.dumps(operation_outcome(issues)), status=status, headers=headers)


def cut(request: web.Request) -> web.Response:
    """Cut the connection: the client sees no answer, and the one returned here goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


class FhirDoor:
    """The handlers of /fhir, over one store and one set of faults."""

    def __init__(self, store: Store, desk: FaultDesk) -> None:
        self.store, self.desk = store, desk

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/fhir/metadata", self.metadata),
            web.post("/fhir/Bundle", self.create),
            web.get("/fhir/Bundle", self.search),
            web.post("/fhir/Bundle/_search", self.search_by_form),
            web.get("/fhir/Bundle/{id}", self.read),
            web.get("/fhir/Bundle/{id}/_history/{version}", self.read),
        ]

    async def open(self, request: web.Request) -> web.Response | None:
        """Meet every request to /fhir: the faults that strike before anything is read."""
        faults = self.desk.faults
        if faults.slow:
            self.desk.record("slow")
            await sleep(faults.slow)
        if faults.down is not Down.OFF:
            self.desk.record("down")
            if faults.down is Down.CLOSE:
                return cut(request)
            return refuse(503, Issue("fault-down", ""), headers={"Retry-After": str(faults.retry_after)})
        if faults.redirect is not Redirect.OFF:
            self.desk.record("redirect")
            return web.Response(status=int(faults.redirect), headers={"Location": f"{ELSEWHERE}{request.path}"})
        if self.desk.strikes("inner_error"):
            return refuse(200, Issue("fault-inside", ""))
        accepted = request.headers.get("Accept", "*/*")
        if "json" not in accepted and "*" not in accepted:
            return refuse(406, Issue("accept", ""))
        return None

    async def create(self, request: web.Request) -> web.Response:
        """Create a document, unless one with the same identifier is there already."""
        raw = await request.read()
        self.store.counts.posts += 1
        # From here to the end nothing is awaited: two posts with one key cannot both find it absent.
        if self.desk.strikes("throttle"):
            self.store.counts.throttled += 1
            headers = {"Retry-After": str(self.desk.faults.retry_after)}
            return refuse(429, Issue("fault-throttle", ""), headers=headers)
        response = self._demanded() or self._store(request, raw)
        if response.status >= 400:
            self.store.counts.refused += 1
            return response
        if self.desk.strikes("error_after_store"):
            return refuse(500, Issue("fault-error", ""))
        return cut(request) if self.desk.strikes("drop_answer") else response

    def _demanded(self) -> web.Response | None:
        """Refuse on demand, with nothing stored."""
        if self.desk.rejects():
            return refuse(422, Issue("fault-reject", ""))
        return refuse(500, Issue("fault-error-before", "")) if self.desk.strikes("error_before_store") else None

    def _store(self, request: web.Request, raw: bytes) -> web.Response:
        if request.content_type not in JSON_TYPES:
            return refuse(415, Issue("content-type", ""))
        expected, digest = "", blake2b(raw, digest_size=16).digest()
        if "If-None-Exist" in request.headers:
            try:
                expected = read_conditional(request.headers["If-None-Exist"])
            except SearchError:
                return refuse(400, Issue("if-none-exist", ""))
            found = self.store.with_identifier(expected)
            if len(found) > 1:
                return refuse(412, Issue("several-matches", ""))
            if found:
                return self._tell_existing(request, found[0], digest)
        return self._take(request, raw, expected, digest)

    def _tell_existing(self, request: web.Request, document: StoredDocument, digest: bytes) -> web.Response:
        self.store.counts.duplicates += 1
        if document.digest != digest:
            self.store.counts.differing += 1
        return _tell(request, document, 200)

    def _take(self, request: web.Request, raw: bytes, expected: str, digest: bytes) -> web.Response:
        try:
            bundle = orjson.loads(raw)
        except orjson.JSONDecodeError:
            return refuse(400, Issue("json-malformed", ""))
        if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
            return refuse(422 if isinstance(bundle, dict) else 400, Issue("resource-type", "resourceType"))
        received_ms = self.store.next_time()
        issues = validate(bundle, expected, moment_of(received_ms))
        if is_refused(issues):
            return refuse(422, *issues)
        document = self._document(bundle, received_ms, digest, issues)
        self.store.add(document)
        return _tell(request, document, 201)

    def _document(self, bundle: dict[str, Any], received_ms: int, digest: bytes, issues: list[Issue]) -> StoredDocument:
        reading = read_bundle(bundle, moment_of(received_ms))
        former = reading.former()
        if former and self.store.find_former(former) is None:
            issues.append(Issue("former-unknown", "Bundle.entry[0].resource.relatesTo", "warning"))
        document_id = str(uuid.uuid4())
        bundle["id"] = document_id
        meta = {**child(bundle, "meta"), "versionId": "1", "lastUpdated": instant_of(received_ms)}
        return StoredDocument(
            id=document_id,
            identifier=reading.identifier,
            composition_identifier=identifier(child(reading.parts[0].resource, "identifier")),
            received_ms=received_ms,
            body=orjson.dumps({**bundle, "meta": meta}),
            digest=digest,
            summary=summarise(reading),
            warnings=tuple(issues),
            former=former,
        )

    async def read(self, request: web.Request) -> web.Response:
        document = self.store.get(request.match_info["id"])
        if document is None or request.match_info.get("version", "1") != "1":
            return refuse(404, Issue("not-found", ""))
        return answer(document.body, headers=_version_headers(document))

    async def search(self, request: web.Request) -> web.Response:
        return self._search(request, parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True))

    async def search_by_form(self, request: web.Request) -> web.Response:
        """Search with the parameters in the body, where no log of addresses keeps them."""
        form = parse_qsl((await request.read()).decode("utf-8", "replace"), keep_blank_values=True)
        query = parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True)
        return self._search(request, [*query, *form])

    def _search(self, request: web.Request, parameters: list[tuple[str, str]]) -> web.Response:
        try:
            search = read_search(parameters)
        except SearchError:
            return refuse(400, Issue("search-parameter", ""))
        return answer(orjson.dumps(_searchset(_base(request), search, find_page(self.store, search))))

    async def metadata(self, request: web.Request) -> web.Response:
        return answer(orjson.dumps(_capabilities(_base(request))))


def _base(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}/fhir"


def _version_headers(document: StoredDocument) -> dict[str, str]:
    modified = document.received.strftime("%a, %d %b %Y %H:%M:%S GMT")
    return {"ETag": 'W/"1"', "Last-Modified": modified}


def _tell(request: web.Request, document: StoredDocument, status: int) -> web.Response:
    headers = _version_headers(document)
    headers["Location"] = f"{_base(request)}/Bundle/{document.id}/_history/1"
    wish = request.headers.get("Prefer", "")
    if "return=minimal" in wish:
        return answer(b"", status=status, headers=headers)
    if "return=OperationOutcome" in wish:
        said = document.warnings or (Issue("accepted", "", "information"),)
        return refuse(status, *said, headers=headers)
    return answer(document.body, status=status, headers=headers)


def _searchset(base: str, search: Search, page: Page) -> dict[str, Any]:
    links = [{"relation": "self", "url": search.link(base)}]
    if page.next_cursor is not None:
        links.append({"relation": "next", "url": search.link(base, page.next_cursor)})
    found: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": page.total, "link": links}
    if page.documents:
        found["entry"] = [_entry(base, document, search.summary) for document in page.documents]
    return found


def _entry(base: str, document: StoredDocument, summary: str) -> dict[str, Any]:
    resource: Any = orjson.Fragment(document.body)
    if summary == "true":
        system, _, value = document.identifier.partition("|")
        resource = {
            "resourceType": "Bundle",
            "id": document.id,
            "meta": {"versionId": "1", "lastUpdated": instant_of(document.received_ms), "tag": [SUBSETTED]},
            "identifier": {"system": system, "value": value},
            "type": "document",
        }
    return {"fullUrl": f"{base}/Bundle/{document.id}", "resource": resource, "search": {"mode": "match"}}


def _capabilities(base: str) -> dict[str, Any]:
    interactions = [{"code": code} for code in ("create", "read", "vread", "search-type")]
    parameters = [{"name": "identifier", "type": "token"}, {"name": "_lastUpdated", "type": "date"}]
    bundle = {
        "type": "Bundle",
        "supportedProfile": ["http://hl7.eu/fhir/laboratory/StructureDefinition/Bundle-eu-lab"],
        "interaction": interactions,
        "versioning": "versioned",
        "conditionalCreate": True,
        "searchParam": parameters,
    }
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-01-01",
        "kind": "instance",
        "implementation": {"description": "Autorité fictive de démonstration", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [{"mode": "server", "resource": [bundle]}],
    }
