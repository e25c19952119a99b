"""Runs the witness until it is told to stop, or checks a pack; it needs neither Témoin's settings nor its database."""

from __future__ import annotations

import argparse
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from temoin_witness.judging import Witness
from temoin_witness.notes import LogKey, NoteError, open_key
from temoin_witness.pack_command import check_pack
from temoin_witness.server import WitnessServer
from temoin_witness.state import WitnessMemory

PORT = 8604
LOOPBACK = "127.0.0.1"


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="temoin witness",
        description="Countersigns checkpoints of journals that only grow; `pack FILE --key VKEY` checks a pack.",
    )
    parser.add_argument("--folder", type=Path, required=True, help="where the witness keeps its key and its memory")
    parser.add_argument("--name", required=True, help="name of its key, such as ordre.example.fr/temoin")
    parser.add_argument("--log", action="append", required=True, metavar="VKEY", help="public key of a journal")
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=_port, default=PORT)
    return parser


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to 65535, 0 for any free one")
    return port


def main(arguments: Sequence[str] | None = None, *, on_ready: Callable[[], None] = lambda: None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["pack"]:
        return check_pack(given[1:])
    options = build_parser().parse_args(given)
    try:
        return _serve(options, on_ready)
    except NoteError as error:
        words = str(error)
    except OSError as error:  # the folder, or the address to listen on
        words = f"{error.filename or f'{options.host}:{options.port}'}: {error.strerror or type(error).__name__}"
    except sqlite3.Error as error:  # no values: it is opened here, and nothing was asked of it
        words = f"{options.folder}: the witness's memory cannot be opened ({error})"
    sys.stderr.write(f"temoin witness: {words}\n")
    return 2


def _serve(options: argparse.Namespace, on_ready: Callable[[], None]) -> int:
    logs = [LogKey.parse(vkey) for vkey in options.log]
    key = open_key(options.folder, options.name)
    witness = Witness(key, WitnessMemory(options.folder), {log.origin: log for log in logs})
    with WitnessServer((options.host, options.port), witness) as server:
        _stop_on_signal(server)
        sys.stdout.write(f"witness http://{options.host}:{server.server_port}/ {key.vkey}\n")
        sys.stdout.flush()
        on_ready()
        server.serve_forever(poll_interval=0.2)
    return 0


def _stop_on_signal(server: WitnessServer) -> None:
    def stop(*_: object) -> None:
        # Not from this very thread: it is the one that serves, and would wait for itself.
        threading.Thread(target=server.shutdown).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
