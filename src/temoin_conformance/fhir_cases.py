"""The cases for an endpoint that takes FHIR documents: what our courier relies on, and nothing more."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from temoin.formats.fhir import MEDIA_TYPE, REPORT_KEY_SYSTEM, document
from temoin.formats.fhir.questions import ASKING, PAGE, by_keys, creating, holdings_shown, paged, received_between
from temoin.lib.foreign_address import join_address, split_address
from temoin.testing.report import Report
from temoin_conformance.cases import FailedError, NotApplicableError, TrialCase, TrialExchange, require
from temoin_conformance.documents import DocumentStory
from temoin_conformance.endpoint import LOOPBACK, Endpoint
from temoin_conformance.http_wire import WireReply, ask

PAGES = 50
FEW = 2  # documents on a page, so that the sent ones take several
SKEW = timedelta(minutes=15)  # how far the endpoint's clock may be from ours


@dataclass
class FhirDesk:
    """What the cases of one trial share: where, what is sent, and every answer so far."""

    endpoint: Endpoint
    story: DocumentStory
    started: datetime
    log: list[TrialExchange] = field(default_factory=list)
    replies: list[WireReply] = field(default_factory=list)
    first_id: str = ""

    def ask(self, method: str, path: str, **given: Any) -> WireReply:
        """Make one request below the base address."""
        reply = ask(self.endpoint, self.log, (method, f"{self.endpoint.path}{path}"), **given)
        self.replies.append(reply)
        return reply

    def send(self, report: Report, **changes: str) -> WireReply:
        return self.ask("POST", "/Bundle", headers={**creating(report.key), **changes}, body=document(report))

    def find(self, key: str, *, lingers: bool = False) -> list[dict[str, Any]]:
        """Ask by key; return the documents found, which must all bear it."""
        path = f"/Bundle?{urlencode(by_keys([key]))}"
        reply = self.ask("GET", path, headers=dict(ASKING), lingers=lingers)
        found = _searchset(reply)
        require(all(_bears(each, key) for each in found), "The answer names another document than the one asked for.")
        require(not reply.surplus, "More came than one answer to one question.")
        return found


def _tls(desk: FhirDesk) -> str:
    if not desk.endpoint.is_encrypted:
        if desk.endpoint.host in LOOPBACK:
            raise NotApplicableError("The endpoint is on this machine, without TLS.")
        raise FailedError("Results would travel in clear: the address must be https.")
    reply = desk.ask("GET", "/metadata")
    require(reply.tls in {"TLSv1.2", "TLSv1.3"}, f"It speaks {reply.tls}.")
    return f"{reply.tls}, certificate valid for {desk.endpoint.host}"


def _first(desk: FhirDesk) -> str:
    resource = _taken(desk.send(desk.story.first), desk.story.first.key)
    desk.first_id = str(resource.get("id", ""))
    require(desk.first_id, "The document comes back without an id.")
    require(_moment(resource) is not None, "The document comes back without meta.lastUpdated.")
    return f"taken as {desk.first_id}"


def _again(desk: FhirDesk) -> str:
    resource = _taken(desk.send(desk.story.first), desk.story.first.key)
    require(resource.get("id") == desk.first_id, "The same key was taken under a second id.")
    require(len(desk.find(desk.story.first.key)) == 1, "It now holds more than one document under this key.")
    return "known again, held once"


def _correction(desk: FhirDesk) -> str:
    _taken(desk.send(desk.story.correction), desk.story.correction.key)
    return "taken"


def _cancellation(desk: FhirDesk) -> str:
    _taken(desk.send(desk.story.cancellation), desk.story.cancellation.key)
    return "taken"


def _at_once(desk: FhirDesk) -> str:
    report = replace(desk.story.first, record_id=str(uuid4()), key=str(uuid4()))
    with ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(lambda _: desk.send(report), range(2)))
    statuses = sorted(reply.status for reply in replies)
    require(all(status in {200, 201, 409, 412} for status in statuses), f"It answered {statuses}.")
    count = len(desk.find(report.key))
    require(count == 1, f"It holds {count} documents under this key.")
    return "held once"


def _question(desk: FhirDesk) -> str:
    found = desk.find(desk.story.first.key, lingers=True)
    require(len(found) == 1, f"It finds {len(found)} documents.")
    return "found, once"


def _unknown(desk: FhirDesk) -> str:
    require(not desk.find(str(uuid4())), "It finds a document under a key that nobody has used.")
    return "an empty searchset"


def _malformed(desk: FhirDesk) -> str:
    key = str(uuid4())
    whole = document(replace(desk.story.first, key=key))
    headers = {"Content-Type": MEDIA_TYPE, "If-None-Exist": f"identifier={REPORT_KEY_SYSTEM}|{key}"}
    return _refused(desk, key, headers, whole[: len(whole) // 2])


def _wrong_resource(desk: FhirDesk) -> str:
    return _refused(desk, str(uuid4()), {"Content-Type": MEDIA_TYPE}, b'{"resourceType": "Patient"}')


def _media_type(desk: FhirDesk) -> str:
    key = str(uuid4())
    headers = {"Content-Type": "text/plain", "If-None-Exist": f"identifier={REPORT_KEY_SYSTEM}|{key}"}
    return _refused(desk, key, headers, document(replace(desk.story.first, key=key)))


def _refused(desk: FhirDesk, key: str, headers: dict[str, str], body: bytes) -> str:
    reply = desk.ask("POST", "/Bundle", headers=headers, body=body)
    require(400 <= reply.status < 500, f"It answered {reply.status}.")
    require(
        reply.status not in {401, 403, 404, 408, 429}, f"It answered {reply.status}, which says nothing of the body."
    )
    require(not desk.find(key), "It refused, and holds a document all the same.")
    return f"refused with {reply.status}"


def _holdings(desk: FhirDesk) -> str:
    period = received_between(desk.started - SKEW, _now() + SKEW)
    path: str | None = f"/Bundle?{paged(period, FEW)}"
    seen: list[dict[str, Any]] = []
    for _ in range(PAGES):
        if path is None:
            break
        reply = desk.ask("GET", path, headers=dict(ASKING))
        seen += _searchset(reply)
        path = _next(desk, reply)
    story = desk.story
    for key in (story.first.key, story.correction.key, story.cancellation.key):
        ids = {str(each.get("id")) for each in seen if _bears(each, key)}
        require(len(ids) == 1, f"One of the documents sent is told {len(ids)} times." if ids else "One is not told.")
    return f"{len(seen)} documents told, those sent among them"


def _shape(desk: FhirDesk) -> str:
    require(desk.replies, "There was no answer at all.")
    for reply in desk.replies:
        kind = reply.headers.get("content-type", "")
        require(not reply.body or "json" in kind, f"An answer of type {kind or 'none'}.")
        if 400 <= reply.status < 500 and reply.body:
            require(
                _dict(reply.json).get("resourceType") == "OperationOutcome", "A refusal that is no OperationOutcome."
            )
    return f"{len(desk.replies)} answers, each as it should be"


def _redirects(desk: FhirDesk) -> str:
    require(desk.replies, "There was no answer at all.")
    sent_away = [reply.status for reply in desk.replies if 300 <= reply.status < 400]
    require(not sent_away, f"It sent us elsewhere ({sent_away[0] if sent_away else ''}), where no courier goes.")
    return "none"


def _taken(reply: WireReply, key: str) -> dict[str, Any]:
    require(reply.status in {200, 201}, f"It answered {reply.status}.")
    resource = reply.json
    require(isinstance(resource, dict) and _bears(resource, key), "The answer is not the document with this key.")
    return dict(resource)


def _searchset(reply: WireReply) -> list[dict[str, Any]]:
    require(reply.status == 200, f"It answered {reply.status}.")
    page = reply.json
    is_page = isinstance(page, dict) and page.get("resourceType") == "Bundle" and page.get("type") == "searchset"
    require(is_page, "The answer is not a searchset.")
    resources = [_dict(entry.get("resource")) for entry in _dicts(page.get("entry"))]
    return [each for each in resources if each.get("resourceType") == "Bundle"]


def _next(desk: FhirDesk, reply: WireReply) -> str | None:
    for link in _dicts(reply.json.get("link")):
        if link.get("relation") == "next":
            ours = split_address(desk.endpoint.address)
            parts = split_address(join_address(desk.endpoint.address, str(link.get("url", ""))))
            is_here = (parts.scheme, parts.hostname) == (ours.scheme, ours.hostname)
            is_here = is_here and (parts.port or desk.endpoint.port) == ours.port
            require(is_here and parts.path.startswith(ours.path), "The next page is on another server.")
            return f"{parts.path.removeprefix(ours.path)}?{parts.query}"
    return None


def _bears(resource: dict[str, Any], key: str) -> bool:
    return resource.get("resourceType") == "Bundle" and resource.get("identifier") == {
        **_dict(resource.get("identifier")),
        "system": REPORT_KEY_SYSTEM,
        "value": key,
    }


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _moment(resource: dict[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat(_dict(resource.get("meta")).get("lastUpdated", ""))
    except (TypeError, ValueError):
        return None


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 the endpoint's clock is the world's


CASES: tuple[TrialCase[FhirDesk], ...] = (
    TrialCase("tls", "A connection.", "TLS 1.2 or later, and a certificate valid for this host.", _tls),
    TrialCase(
        "first version",
        "A document, as a conditional create: `If-None-Exist: identifier=<system>|<key>`.",
        "201 (or 200) and the document back, with the same `identifier`, an `id` and `meta.lastUpdated`.",
        _first,
    ),
    TrialCase("the same again", "The same request.", "200 (or 201), the same `id`, and one document held.", _again),
    TrialCase(
        "correction",
        "A document with a key of its own, `status` amended, `relatesTo` (replaces) naming the key before.",
        "As for a first version.",
        _correction,
    ),
    TrialCase("cancellation", "A document with `status` entered-in-error.", "As for a first version.", _cancellation),
    TrialCase(
        "twice at once",
        "One new document, by two connections at the same moment.",
        "200, 201, 409 or 412 to each, and one document held.",
        _at_once,
    ),
    TrialCase(
        "question by key",
        "`GET Bundle?identifier=<system>|<key>`.",
        "A searchset with that one document.",
        _question,
    ),
    TrialCase(
        "unknown key", "The same question with a key never used.", "200 and a searchset without entries.", _unknown
    ),
    TrialCase("malformed document", "Half of a document.", "400 or another 4xx about it; nothing is held.", _malformed),
    TrialCase("wrong resource", "A Patient, to `Bundle`.", "400, 422 or another 4xx about it.", _wrong_resource),
    TrialCase(
        "wrong media type",
        "A document as text/plain.",
        "415 or another 4xx about it; nothing is held.",
        _media_type,
    ),
    TrialCase(
        "holdings",
        f"`{holdings_shown(FEW)}`, to its last page; a courier asks for {PAGE} at a time.",
        "Every document sent, once each; `next` links that stay on this server, below this address.",
        _holdings,
    ),
    TrialCase("shape of answers", "Nothing more.", "JSON in every answer, an OperationOutcome in every 4xx.", _shape),
    TrialCase("redirects", "Nothing more.", "No 3xx: couriers follow none.", _redirects),
)
