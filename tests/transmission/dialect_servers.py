"""Strict stand-ins for the Swiss and the German authority, with what they hold and how they fail at will."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

STATUS = "http://fhir.ch/ig/ch-elm/StructureDefinition/ch-ext-elm-status"
DEMIS = "https://demis.rki.de/fhir/"


def outcome(code: str, words: str) -> dict[str, Any]:
    issue = {"severity": "error", "code": code, "details": {"text": words}}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


@dataclass
class Server:
    """What both have: an answer for each request, until `break_next` says how the next one fails."""

    broken: list[Callable[[], web.Response]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    drop_after_store: bool = False

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.method} {request.path.removeprefix('/fhir/')}")
        if self.broken:
            return self.broken.pop(0)()
        body = await request.json() if request.method == "POST" else None
        answer = self.serve(request, body)
        if self.drop_after_store and body is not None:
            self.drop_after_store = False
            assert request.transport is not None
            request.transport.abort()
            await asyncio.sleep(0)
        return answer

    def serve(self, request: web.Request, body: Any) -> web.Response:
        raise NotImplementedError


@dataclass
class Foph(Server):
    """CH ELM: validates at once, processes later; `progress` says how far each document is, by the name of its code."""

    held: list[dict[str, Any]] = field(default_factory=list)

    def serve(self, request: web.Request, body: Any) -> web.Response:
        if request.path != "/fhir/DocumentReference":
            return web.json_response(outcome("not-found", request.path), status=404)
        if body is None:
            return self._search(request.query["identifier"].partition("|")[2])
        fault = self._fault(body)
        if fault:
            return web.json_response(outcome("invalid", fault), status=422)
        self.held.append(
            {
                "resourceType": "DocumentReference",
                "id": str(len(self.held) + 1),
                "identifier": body["identifier"],
                "status": "current",
                "date": "2026-11-24T10:00:00Z",
                "extension": [{"url": STATUS, "extension": [{"url": "status", "valueCode": "in-progress"}]}],
            }
        )
        return web.json_response(self.held[-1], status=201)

    def _fault(self, body: dict[str, Any]) -> str:
        bundle = body["contained"][0]
        head = bundle["entry"][0]["resource"]
        rules = {
            "DocumentReference": body["resourceType"] == "DocumentReference" and body["status"] == "current",
            "url": body["content"][0]["attachment"]["url"] == f"#{bundle['id']}",
            "identifier": body["identifier"] == [bundle["identifier"]] == [head["identifier"]],
            "uuid": bundle["identifier"]["value"].startswith("urn:uuid:"),
            "composition": head["resourceType"] == "Composition" and head["status"] == "final",
            "section": len(head["section"]) == 1 and len(head["section"][0]["entry"]) == 1,
        }
        return next((name for name, holds in rules.items() if not holds), "")

    def _search(self, name: str) -> web.Response:
        found = [{"resource": each} for each in reversed(self.held) if each["identifier"][0]["value"] == name]
        return web.json_response({"resourceType": "Bundle", "type": "searchset", "total": len(found), "entry": found})

    def process(self, *, failing: str = "") -> None:
        """Come to the end with everything that is in progress."""
        for each in self.held:
            told = each["extension"][0]["extension"][0]
            if told["valueCode"] == "in-progress":
                told["valueCode"] = "failed" if failing else "completed"
                if failing:
                    each["contained"] = [outcome("not-supported", failing)]


@dataclass
class Demis(Server):
    """DEMIS: one operation, a receipt for each notification, copies told by their identifier."""

    received: list[str] = field(default_factory=list)
    change: Callable[[dict[str, Any]], Any] = lambda answer: answer

    def serve(self, request: web.Request, body: Any) -> web.Response:
        if request.path != "/fhir/$process-notification" or body is None:
            return web.json_response(outcome("not-found", request.path), status=404)
        bundle = body["parameter"][0]["resource"]
        head = bundle["entry"][0]["resource"]
        if body["parameter"][0]["name"] != "content" or bundle["type"] != "document":
            return web.json_response(outcome("invalid", "Parameters"), status=400)
        if head["status"] not in {"final", "amended"}:
            return web.json_response(outcome("processing", "LIFECYCLE_VALIDATION_ERROR"), status=422)
        self.received.append(bundle["identifier"]["value"])
        return web.json_response(self.change(self._receipt(bundle, head)))

    def _receipt(self, bundle: dict[str, Any], head: dict[str, Any]) -> dict[str, Any]:
        receipt = {
            "resourceType": "Composition",
            "extension": [
                {"url": DEMIS + "StructureDefinition/ReceivedNotification", "valueIdentifier": bundle["identifier"]}
            ],
            "date": "2026-11-24T10:00:00+01:00",
            "relatesTo": [{"code": "appends", "targetReference": {"identifier": head["identifier"]}}],
        }
        pdf = {"resourceType": "Binary", "contentType": "application/pdf", "data": "JVBERi0="}
        fine = {"severity": "information", "code": "informational", "details": {"text": "All OK"}}
        inside = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": receipt}, {"resource": pdf}]}
        return {
            "resourceType": "Parameters",
            "parameter": [
                {"name": "bundle", "resource": inside},
                {"name": "operationOutcome", "resource": {"resourceType": "OperationOutcome", "issue": [fine]}},
            ],
        }


def text(status: int, body: Any = "") -> Callable[[], web.Response]:
    return lambda: web.Response(status=status, text=body if isinstance(body, str) else json.dumps(body))
