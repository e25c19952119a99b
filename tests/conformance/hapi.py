"""A server with the habits of HAPI FHIR JPA 8.8.0, as they were seen of it: right in all that a courier asks for."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from temoin.lib.clock import now

KIND = "application/fhir+json;charset=UTF-8"


@dataclass
class Hapi:
    """What it holds, what it answered before, and the searches whose pages it keeps."""

    held: dict[str, dict[str, Any]] = field(default_factory=dict)
    answered: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    base: str = ""

    def create(self, raw: bytes, condition: str) -> tuple[int, dict[str, Any]]:
        document = json.loads(raw)
        if document.get("resourceType") != "Bundle":
            return 400, outcome("HAPI-0450: wrong resource type")
        with self.lock:
            key = condition.removeprefix("identifier=")
            known = self.held.get(key)
            if known is None:
                moment = now().isoformat(timespec="milliseconds")
                meta = {**document.get("meta", {}), "versionId": "1", "lastUpdated": moment}
                known = self.held[key] = {**document, "id": str(len(self.held) + 1), "meta": meta}
                return 201, known
            return 200, known

    def search(self, query: dict[str, list[str]], *, fresh: bool) -> dict[str, Any]:
        """Answer a search; one that was answered before gets the same answer, unless asked not to."""
        if "_elements" in query:  # the page is a Bundle too, and loses what was not asked for
            return {"resourceType": "Bundle", "meta": {"tag": [{"code": "SUBSETTED"}]}}
        if "_getpages" in query:
            name, offset = query["_getpages"][0], int(query["_getpagesoffset"][0])
            return self.page(name, offset, int(query["_count"][0]))
        name = json.dumps(query)
        if fresh or name not in self.answered:
            wanted = query.get("identifier", [""])[0]
            self.answered[name] = [each for key, each in self.held.items() if wanted in {"", key}]
        return self.page(name, 0, int(query.get("_count", ["20"])[0]))

    def page(self, name: str, offset: int, count: int) -> dict[str, Any]:
        found = self.answered[name]
        told: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(found), "link": []}
        entries = [{"resource": each, "search": {"mode": "match"}} for each in found[offset : offset + count]]
        if entries:  # an empty one is left out
            told["entry"] = entries
        if offset + count < len(found):
            following = f"{self.base}?_getpages={quoted(name)}&_getpagesoffset={offset + count}&_count={count}"
            told["link"].append({"relation": "next", "url": following})
        return told


def quoted(text: str) -> str:
    return quote(text, safe="")


def outcome(words: str) -> dict[str, Any]:
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "processing", "diagnostics": words}],
    }


@contextmanager
def running_hapi() -> Iterator[str]:
    """Serve, and give the base address."""
    hapi = Hapi()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            fresh = self.headers.get("Cache-Control") == "no-cache"
            self.answer(200, hapi.search(parse_qs(address.query), fresh=fresh))

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            if "json" not in self.headers["Content-Type"]:
                return self.answer(415, outcome("HAPI-0448: no encoding"))
            try:
                return self.answer(*hapi.create(raw, self.headers.get("If-None-Exist", "")))
            except ValueError:
                return self.answer(400, outcome("HAPI-1861: failed to parse"))

        def answer(self, status: int, body: dict[str, Any]) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", KIND)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hapi.base = f"http://127.0.0.1:{server.server_port}/fhir"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield hapi.base
        finally:
            server.shutdown()
            thread.join()
