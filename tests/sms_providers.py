"""Two providers of short messages as their documentation describes them: strict about what is asked of them.

Brevo: https://developers.brevo.com/reference/get-sms-events and its guide of transactional SMS. OVHcloud: the schema of
/sms at https://eu.api.ovh.com/console, and the signature of its first steps.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from temoin.delivery.channels.sms.settings import Brevo, Ovh, SmsSettings

KEY, APPLICATION, SECRET, CONSUMER, SERVICE = "xkeysib-1", "app-1", "secret-1", "consumer-1", "sms-ab12345-1"
BREVO_FIELDS = {"sender", "recipient", "content", "type", "tag", "unicodeEnabled"}
OVH_FIELDS = {"charset", "coding", "message", "noStopClause", "priority", "receivers", "sender", "senderForResponse"}
OVH_FIELDS |= {"tag", "validityPeriod"}
PTTS = {2: "temporary", 3: "indeterminated", 5: "permanent", 4: "permanent"}


@dataclass
class SmsBehaviour:
    """What the provider does next, and what it got; `answers` stand in the place of the documented answer."""

    answers: list[tuple[int, object]] = field(default_factory=list)
    odd: dict[str, tuple[int, object]] = field(default_factory=dict)  # what is answered when asked for a tag
    in_pieces: bool = False  # answers come in two, a moment apart
    cut: bool = False  # take the message, and end the connection without a word
    sent: list[dict[str, Any]] = field(default_factory=list)
    events: dict[str, list[str]] = field(default_factory=dict)  # Brevo: by tag
    ptts: dict[str, int] = field(default_factory=dict)  # OVHcloud: by tag
    pending: list[int] = field(default_factory=list)
    keeps: int = 0  # so many times it does not delete what it is asked to
    deleted: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)  # what was asked against the documentation
    port: int = 0

    def begin_again(self) -> SmsBehaviour:
        """Forget what was asked and told, for another test on the same server."""
        for name, value in vars(SmsBehaviour(port=self.port, faults=self.faults)).items():
            setattr(self, name, value)
        return self

    @property
    def tags(self) -> list[str]:
        return [one["tag"] for one in self.sent]


class _Handler(BaseHTTPRequestHandler):
    behaviour: SmsBehaviour

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._signed(body.decode())
        told = json.loads(body)
        is_brevo = self.path == "/v3/transactionalSMS/send"
        self._check(is_brevo or self.path == f"/1.0/sms/{SERVICE}/jobs", self.path)
        self._check(set(told) == (BREVO_FIELDS if is_brevo else OVH_FIELDS), str(sorted(told)))
        number = told["recipient"] if is_brevo else told["receivers"][0]
        self._check(bool(re.fullmatch(r"[1-9][0-9]{6,14}" if is_brevo else r"\+[1-9][0-9]{6,14}", number)), number)
        if self.behaviour.answers:
            return self._answer(*self.behaviour.answers.pop(0))
        self.behaviour.sent.append(told)
        if self.behaviour.cut:
            return self.connection.close()
        number_of = len(self.behaviour.sent)
        if is_brevo:
            return self._answer(201, {"messageId": 1_511_882_900_176_220 + number_of})
        report = {"totalCreditsRemoved": 1, "invalidReceivers": [], "ids": [number_of], "validReceivers": [number]}
        return self._answer(200, report)

    def do_GET(self) -> None:
        self._signed("")
        parts, told = urlsplit(self.path), self.behaviour
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if told.answers:
            return self._answer(*told.answers.pop(0))
        for tag in (asked.get("tags"), asked.get("tag")):
            if tag in told.odd:
                return self._answer(*told.odd[tag])
        if parts.path == "/v3/transactionalSMS/statistics/events":
            tag = asked["tags"]
            events = [{"event": one, "tag": tag, "messageId": "1", "date": "2026"} for one in told.events.get(tag, [])]
            return self._answer(200, {"events": events})
        if parts.path == "/1.0/sms/ptts":
            return self._answer(200, {"duration": PTTS[int(asked["ptt"])], "comment": "", "description": ""})
        base = f"/1.0/sms/{SERVICE}"
        if parts.path == f"{base}/jobs":
            return self._answer(200, told.pending)
        if parts.path == f"{base}/outgoing":
            return self._answer(200, [number + 1 for number, tag in enumerate(told.ptts) if tag == asked["tag"]])
        found = re.fullmatch(rf"{base}/outgoing/([0-9]+)", parts.path)
        self._check(found is not None, self.path)
        return self._answer(200, {"ptt": list(told.ptts.values())[int(found[1]) - 1], "message": "kept"})

    def do_DELETE(self) -> None:
        self._signed("")
        if self.behaviour.keeps:
            self.behaviour.keeps -= 1
            return self._answer(500, None)
        self.behaviour.deleted.append(int(self.path.rpartition("/")[2]))
        return self._answer(200, None)

    def _signed(self, body: str) -> None:
        if self.path.startswith("/v3/"):
            return self._check(self.headers["api-key"] == KEY, "api-key")
        address = f"http://127.0.0.1:{self.behaviour.port}{self.path}"
        words = (SECRET, CONSUMER, self.command, address, body, self.headers["X-Ovh-Timestamp"])
        signature = "$1$" + hashlib.sha1("+".join(words).encode(), usedforsecurity=False).hexdigest()
        is_ours = self.headers["X-Ovh-Application"] == APPLICATION and self.headers["X-Ovh-Consumer"] == CONSUMER
        return self._check(is_ours and self.headers["X-Ovh-Signature"] == signature, "signature")

    def _check(self, holds: bool, what: str) -> None:
        if not holds:
            self.behaviour.faults.append(what)

    def _answer(self, status: int, body: object) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        half = len(content) // 2 if self.behaviour.in_pieces else 0
        if half:
            self.wfile.write(content[:half])
            self.wfile.flush()
            time.sleep(0.05)
        self.wfile.write(content[half:])

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def sms_settings(name: str, port: int, folder: Path) -> SmsSettings:
    """Return the section of the settings that names a provider, with its secrets in the folder."""
    base = f"http://127.0.0.1:{port}"
    for file, secret in (("key", KEY), ("secret", SECRET), ("consumer", CONSUMER)):
        (folder / file).write_text(f"{secret}\n")
    brevo = Brevo(key_file=folder / "key", base_url=f"{base}/v3")
    ovh = Ovh(
        service=SERVICE,
        application_key=APPLICATION,
        application_secret_file=folder / "secret",
        consumer_key_file=folder / "consumer",
        base_url=f"{base}/1.0",
    )
    return SmsSettings(enabled=True, sender="Pharmacie", **{name: {"brevo": brevo, "ovh": ovh}[name]})


@contextmanager
def running_sms_provider() -> Iterator[SmsBehaviour]:
    """Serve both APIs on a free port; fail at the end where anything was asked that they do not document."""
    behaviour = SmsBehaviour()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"behaviour": behaviour}))
    behaviour.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield behaviour
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert behaviour.faults == []
