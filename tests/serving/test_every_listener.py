"""Whatever listens: a crowd that says nothing, drips or reads nothing shuts nobody out, and no size is without end.

A site's own server has more such cases in `test_slow_callers`, open lines in `test_lines`.
"""

from __future__ import annotations

import http.client
import re
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import asyncssh
import pytest
from answering import answering
from patience import PATIENCE, wait_until
from prometheus_client import REGISTRY, make_wsgi_app
from sandbox_server import running_sandbox
from test_lines import Said, Site
from wire import is_over
from witness_server import running_witness

from temoin.cli.exporter import scrape_pace
from temoin.crypto.notes import NoteSigner
from temoin.serving.lines import LinePace
from temoin.serving.pace import TransferPace
from temoin_sandbox.sftp import SftpKeys

SOURCE = Path(__file__).parents[2] / "src"
SHORT = 0.5  # seconds
GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
POST = b"POST /add-checkpoint HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
LARGEST = 30_000_000  # bytes; no listener takes so much of one thing, with all that a kernel holds
# What opens a port, and the server below that stands for it; a new one is to be tried here too.
OPENS = {
    "temoin/cli/exporter.py": "metrics",
    "temoin/cli/line_ports.py": "lines",
    "temoin/cli/serve.py": "site",
    "temoin/serving/processes.py": "site",
    "temoin_sandbox/mailbox.py": "mailbox",
    "temoin_sandbox/main.py": "sandbox",
    "temoin_sandbox/mllp.py": "mllp",
    "temoin_sandbox/secure_mail.py": "mailbox",
    "temoin_sandbox/sftp.py": "sftp",
    "temoin_witness/server.py": "witness",
}
_OPENING = re.compile(
    r"(?<!def )\b(create_server|start_server|\w*_http_server|\w+Site|listen)\(|\w(TCP|HTTP|WSGI|Stream)Server\)"
)
_PROBES = {"temoin_demo/command.py"}  # looks whether ports are free, and closes them again


@dataclass(frozen=True)
class Listener:
    port: int
    begun: bytes
    is_honest_heard: Callable[[int], bool]
    ends_slow: bool = True  # within the short time that it was given here; the stand-in authority has its own
    endless: tuple[tuple[bytes, bytes], ...] = ()

    def call(self, sent: bytes = b"") -> socket.socket:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(PATIENCE)
        connection.connect(("127.0.0.1", self.port))
        connection.sendall(sent)
        return connection


def web(port: int, **more: bool) -> Listener:
    endless = ((GET + b"X: ", b"x" * 10_000), (GET, b"X: y\r\n" * 2000), (b"GET /", b"x" * 10_000))
    chunks = (
        POST.replace(b"Content-Length: 1000", b"Transfer-Encoding: chunked"),
        b"2710\r\n" + b"x" * 10_000 + b"\r\n",
    )
    return Listener(port, POST, is_answered, endless=(*endless, chunks), **more)


def is_answered(port: int) -> bool:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    client.request("GET", "/")
    status = client.getresponse().status
    client.close()
    return status < 500


def greets(said: bytes, answer: bytes) -> Callable[[int], bool]:
    def is_heard(port: int) -> bool:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
            line.sendall(said)
            return answer in line.recv(1000)

    return is_heard


@contextmanager
def own_lines() -> Iterator[int]:
    site = Site(LinePace(message=SHORT, idle=SHORT, each=100), lambda _who, word: Said(word + b";"))
    try:
        yield site.number
    finally:
        site.stop()


@pytest.fixture(scope="module")
def listeners(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Listener]]:
    """Every kind of server that the product has, each as patient as a test is."""
    short = {"head": SHORT, "body": SHORT, "send": SHORT}
    signer = NoteSigner("temoin.test/journal", bytes(range(32)))
    with ExitStack() as open_doors:
        enter = open_doors.enter_context
        measures = make_wsgi_app(REGISTRY)
        witness = enter(running_witness(tmp_path_factory.mktemp("witness"), signer.verifier.vkey, patience=SHORT))
        user = tmp_path_factory.mktemp("sftp") / "user.pub"
        asyncssh.generate_private_key("ssh-ed25519").write_public_key(user)
        sandbox = enter(running_sandbox(keys=SftpKeys(user)))
        yield {
            "site": web(enter(answering(measures, TransferPace(connections=150, **short)))),
            "metrics": web(enter(answering(measures, replace(scrape_pace(), **short)))),
            "witness": web(witness.server_port),
            "lines": Listener(enter(own_lines()), b"wor", greets(b"?", b"here;")),
            "sandbox": web(sandbox.port, ends_slow=False),
            "mllp": Listener(sandbox.mllp_port, b"\x0bMSH", greets(b"\x0bX\x1c\r", b"MSA"), ends_slow=False),
            "mailbox": Listener(sandbox.smtp_port, b"EHL", greets(b"", b"220 "), ends_slow=False),
            "sftp": Listener(sandbox.sftp_port or 0, b"SSH-2.0-", greets(b"", b"SSH-2.0"), ends_slow=False),
        }


def named(which: Callable[[str], bool] = bool) -> list[str]:
    return sorted(filter(which, set(OPENS.values())))


@pytest.mark.parametrize("name", named())
def test_a_crowd_that_says_nothing_or_drips_or_reads_nothing_shuts_nobody_out(
    listeners: dict[str, Listener], name: str
):
    one = listeners[name]
    with ExitStack() as crowd:
        asked = one.begun if one.begun is not POST else (GET + b"\r\n") * 500
        connections = [crowd.enter_context(one.call(begun)) for begun in [asked] * 20 + [b"", one.begun] * 100]

        assert one.is_honest_heard(one.port)
        if one.ends_slow:
            wait_until(lambda: all(map(is_over_though_it_drips, connections)))


def is_over_though_it_drips(connection: socket.socket) -> bool:
    with suppress(OSError):
        connection.setblocking(False)
        connection.send(b"o")
    return is_over(connection)


@pytest.mark.parametrize("name", ["site", "metrics", "witness", "sandbox"])
def test_what_has_no_end_is_not_heard_to_its_end(listeners: dict[str, Listener], name: str):
    one = listeners[name]
    for begun, more in one.endless:
        with one.call(begun) as connection:
            assert sent_until_refused(connection, more) < LARGEST
    assert one.is_honest_heard(one.port)


def sent_until_refused(connection: socket.socket, more: bytes) -> int:
    """Send it again and again; return how much was taken before an answer came, or the end."""
    sent = 0
    while sent < LARGEST and not select.select([connection], [], [], 0)[0]:
        try:
            connection.sendall(more)
        except OSError:
            break
        sent += len(more)
    return sent


def test_each_place_that_opens_a_port_is_tried_here():
    found = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if _OPENING.search(path.read_text(encoding="utf-8"))
    }

    assert found - _PROBES == set(OPENS)
