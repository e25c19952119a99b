"""The witness: it countersigns growth and nothing else, and forgets nothing."""

from __future__ import annotations

import http.client
import re
import socket
import sys
from base64 import b64encode
from contextlib import ExitStack
from pathlib import Path

import pytest
from patience import PATIENCE, wait_until
from witness_server import running_witness

from temoin.crypto.notes import COSIGNATURE, NoteSigner, parse_vkey
from temoin.journal.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from temoin.journal.tree import GrowingTree, hash_leaf, prove_consistency
from temoin_witness.main import main
from temoin_witness.server import MOST, WitnessServer

sys.path.append(str(Path(__file__).parents[2] / "tools"))
import verify_journal as outsider  # the independent verifier, a script

ORIGIN = "temoin.test/journal"
SIGNER = NoteSigner(ORIGIN, bytes(range(32)))
BEGUN = b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 60000\r\n\r\n"


class Log:
    """A log of numbered leaves, without a database."""

    def __init__(self, size: int, word: str = "leaf") -> None:
        self.leaves = [hash_leaf(f"{word} {number}".encode()) for number in range(size)]

    def read(self, level: int, index: int) -> bytes:
        tree = GrowingTree()
        for leaf in self.leaves[index << level : (index + 1) << level]:
            tree.append(leaf)
        return tree.root()

    def checkpoint(self, size: int, signer: NoteSigner = SIGNER) -> Checkpoint:
        tree = GrowingTree()
        for leaf in self.leaves[:size]:
            tree.append(leaf)
        return sign_checkpoint(signer, size, tree.root())

    def body(self, old: int, new: int, **changes: Checkpoint) -> bytes:
        lines = "".join(f"{b64encode(one).decode()}\n" for one in prove_consistency(self.read, old, new))
        return f"old {old}\n{lines}\n{changes.get('checkpoint', self.checkpoint(new)).note}".encode()


@pytest.fixture
def witness(tmp_path: Path):
    with running_witness(tmp_path / "witness", SIGNER.verifier.vkey) as server:
        yield server


def post(server: WitnessServer, body: bytes, path: str = "/add-checkpoint") -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=PATIENCE)
    connection.request("POST", path, body)
    answer = connection.getresponse()
    found = answer.status, answer.read().decode(), answer.headers["Content-Type"]
    connection.close()
    return found


def test_growth_is_cosigned_step_by_step(witness: WitnessServer):
    log, key = Log(9), parse_vkey(witness.witness.key.vkey)

    for old, new in [(0, 3), (3, 3), (3, 8), (8, 9)]:
        status, line, _ = post(witness, log.body(old, new))

        assert status == 200
        cosigned = parse_checkpoint(log.checkpoint(new).note + line)
        assert key.kind == COSIGNATURE
        assert cosigned.is_signed_by(key)
        assert outsider.signed_by(cosigned.note, witness.witness.key.vkey)


@pytest.mark.parametrize(
    ("old", "status", "body"),
    [(0, 409, "3\n"), (2, 409, "3\n"), (5, 409, "3\n"), (9, 400, "")],
)
def test_a_wrong_old_size_is_told_the_right_one(witness: WitnessServer, old: int, status: int, body: str):
    log = Log(9)
    post(witness, log.body(0, 3))

    asked = log.body(min(old, 8), 8).replace(b"old %d\n" % min(old, 8), b"old %d\n" % old)
    answer = post(witness, asked)

    assert answer[:2] == (status, body)
    if status == 409:
        assert answer[2] == "text/x.tlog.size"


def test_another_history_is_never_cosigned(witness: WitnessServer):
    post(witness, Log(9).body(0, 3))

    assert post(witness, Log(9, "other").body(3, 3))[:2] == (409, "3\n")
    assert post(witness, Log(9, "other").body(3, 8))[0] == 422
    assert post(witness, Log(9).body(3, 8))[0] == 200


def test_only_the_logs_own_key_is_heard(witness: WitnessServer):
    log = Log(3)
    forged = log.checkpoint(3, NoteSigner(ORIGIN, bytes(32)))
    unknown = log.checkpoint(3, NoteSigner("somebody.else/log", bytes(range(32))))

    assert post(witness, log.body(0, 3, checkpoint=forged))[0] == 403
    assert post(witness, log.body(0, 3, checkpoint=unknown))[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"old 0\n",
        b"old x\n\n",
        b"old 00\n\n",
        b"old -1\n\n",
        b"old 0\nAA==\n\n" + b"x\n1\n\n",
        b"new 0\n\n",
    ],
)
def test_what_is_no_request_is_refused(witness: WitnessServer, body: bytes):
    assert post(witness, body)[0] == 400


def test_too_long_a_body_or_another_address_is_refused(witness: WitnessServer):
    assert post(witness, b"x" * 70_000)[0] == 413
    assert post(witness, b"", "/")[0] == 404


def dialled(server: WitnessServer, sent: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.server_port), timeout=PATIENCE)
    connection.sendall(sent)
    return connection


def heard(connection: socket.socket) -> bytes:
    """Return all that comes until the witness ends the connection."""
    with connection:
        return b"".join(iter(lambda: connection.recv(65_536), b""))


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nContent-Length: 20\r\n\r\n", b"200"),
        (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 20\r\n\r\n", b"400"),
        (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n", b"400"),
        (b"NONSENSE / HTTP/1.1\r\n\r\n", b"501"),
    ],
)
def test_one_request_is_heard_and_what_serves_it_is_not_told(witness: WitnessServer, sent: bytes, status: bytes):
    head, _, body = heard(dialled(witness, sent + b"GET / HTTP/1.1\r\n\r\n")).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 " + status)
    assert b"server:" not in head.lower()
    assert b"HTTP/1.1" not in body


def test_who_sends_a_byte_now_and_then_keeps_no_connection(tmp_path: Path):
    with running_witness(tmp_path, SIGNER.verifier.vkey, patience=0.3) as server, dialled(server, BEGUN) as slow:
        wait_until(lambda: is_ended(slow))


def is_ended(connection: socket.socket) -> bool:
    """Send one more byte; tell whether the witness has ended the connection."""
    try:
        connection.sendall(b"o")
    except OSError:
        return True
    return False


def test_a_crowd_that_says_nothing_shuts_nobody_out(witness: WitnessServer):
    with ExitStack() as crowd:
        for _ in range(MOST + 10):
            crowd.enter_context(dialled(witness, b""))

        assert post(witness, Log(3).body(0, 3))[0] == 200


def test_a_witness_forgets_nothing_when_it_starts_again(tmp_path: Path):
    vkey = SIGNER.verifier.vkey
    with running_witness(tmp_path, vkey) as first:
        post(first, Log(9).body(0, 3))
        key = first.witness.key.vkey

    with running_witness(tmp_path, vkey) as second:
        assert second.witness.key.vkey == key
        assert post(second, Log(9, "other").body(0, 8))[:2] == (409, "3\n")


@pytest.mark.parametrize("words", [["--folder", "/proc/none"], ["--folder", "FOLDER", "--host", "192.0.2.1"]])
def test_what_the_machine_refuses_a_witness_is_a_sentence(tmp_path: Path, capsys, words: list[str]):
    given = [str(tmp_path) if word == "FOLDER" else word for word in words]

    assert main([*given, "--name", "a.example/w", "--log", SIGNER.verifier.vkey, "--port", "0"]) == 2

    told = capsys.readouterr().err
    assert told.startswith("temoin witness: ")
    assert [told.count("\n"), len(list(tmp_path.glob(".*")))] == [1, 0]


@pytest.mark.parametrize("name", ["witness.key", "witness.sqlite"])
@pytest.mark.parametrize("content", [b"half", b"no key and no database, but as long as one" * 100])
def test_a_spoilt_folder_of_a_witness_is_a_sentence(tmp_path: Path, capsys, name: str, content: bytes):
    (tmp_path / name).write_bytes(content)
    (tmp_path / name).chmod(0o600)
    given = ["--folder", str(tmp_path), "--name", "a.example/w", "--log", SIGNER.verifier.vkey, "--port", "0"]

    assert main(given) == 2

    assert re.fullmatch(rf"temoin witness: {tmp_path}[^\n]+\n", capsys.readouterr().err)
