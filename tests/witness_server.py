"""A witness under test, on a free port."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from temoin_witness.judging import Witness
from temoin_witness.notes import LogKey, open_key
from temoin_witness.server import PATIENCE, WitnessServer
from temoin_witness.state import WitnessMemory


@contextmanager
def running_witness(
    folder: Path, vkey: str, name: str = "temoin.test/witness", *, patience: float = PATIENCE
) -> Iterator[WitnessServer]:
    """Run a witness of a journal on a free port."""
    key = open_key(folder, name)
    log = LogKey.parse(vkey)
    witness = Witness(key, WitnessMemory(folder), {log.origin: log})
    with WitnessServer(("127.0.0.1", 0), witness, patience=patience) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
