"""Events verified per minute by `temoin journal verify`, over a journal that this script writes and seals first.

    python bench/verify_journal.py [--events 1000000] [--at-least X]

The verification is the real command in its own process: it reads every event and leaf, hashes them, grows the tree,
checks every checkpoint's root and signature, and looks for events that were never sealed. The rate of sealing is
printed beside it. The last line is events per minute.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from temoin_demo.folder import open_folder, prepare_database, write_settings
from temoin_demo.ports import Ports
from temoin_demo.postgresql.server import EmbeddedServer

EVENTS = """
INSERT INTO journal_event (pharmacy_id, id, at, kind, actor_id, profession, origin, subject_kind, subject_id,
                           outcome, reason, detail, digest)
SELECT md5('pharmacy ' || mod(number, 350))::uuid, gen_random_uuid(), now(), 'test.read',
       md5('actor ' || mod(number, 2000))::uuid, 'adjoint', 'page', 'record', gen_random_uuid(), 'done', '', '', ''
  FROM generate_series(%s::int, %s::int) AS number
"""
BATCH = 20_000  # events between two sealings


def main() -> int:
    """Write, seal, verify, print, and judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--at-least", type=float, default=0.0)
    options = parser.parse_args()
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with journal_of(options.events) as folder:
        began = time.monotonic()
        said = _temoin(folder, "journal", "verify", "--alone")
        took = time.monotonic() - began
    if not said.startswith(f"{options.events} events"):
        raise RuntimeError(said)
    rate = options.events / took * 60
    print(f"verified {options.events} events in {took:.1f} s")
    print(f"{rate:.0f}")
    return 0 if rate >= options.at_least else 1


@contextmanager
def journal_of(events: int) -> Iterator[Path]:
    """Start a database of its own with so many sealed events, and take it down."""
    with TemporaryDirectory() as name:
        folder = open_folder(Path(name) / "data")
        server = EmbeddedServer(folder)
        server.ensure_initialised()
        server.start()
        try:
            write_settings(folder, Ports(8600))
            prepare_database(server, folder)
            _temoin(folder, "migrate", "--quiet")
            print(f"sealed {events / _fill(server, folder, events):.0f} events/s in one process")
            yield folder
        finally:
            server.stop()


def _fill(server: EmbeddedServer, folder: Path, events: int) -> float:
    """Write and seal events batch by batch; return the seconds that sealing took."""
    from temoin.cli.django_process import become
    from temoin.settings.file import Process

    become(Process.SEALER, folder)
    from temoin.cli.journal import journal_signer
    from temoin.journal.sealing import seal_events

    signer, sealing = journal_signer(), 0.0
    conninfo = server.conninfo("postgres", server.superuser_password(), "temoin")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for first in range(0, events, BATCH):
            connection.execute(EVENTS, [first, min(first + BATCH, events) - 1])
            began = time.monotonic()
            seal_events(signer)
            sealing += time.monotonic() - began
        connection.execute("VACUUM ANALYZE")
    return sealing


def _temoin(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "temoin.cli.main", *words, "--data", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
