"""A database server that vanishes without a word: how long it holds whoever waits for it.

    sudo python drill/silent_database.py [--at-most 10]

PostgreSQL is reached through a network namespace whose link then goes down: no FIN, no RST, as when power or a cable is
cut. Three callers meet it: one that waits for an answer, one that sends on a kept connection, one that connects anew,
each with the limits of `[database]` as they are unless told. The last line is the longest of the three, in seconds.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from temoin.settings.unset import unset_config
from temoin_demo.postgresql.server import SUPERUSER, EmbeddedServer

SPACE, OUR_END, THEIR_END = "temoin-silent", "temoin-s0", "temoin-s1"
OURS, THEIRS = "10.99.7.1", "10.99.7.2"
RELAY = """
import asyncio, sys
async def serve(reader, writer):
    back, forth = await asyncio.open_unix_connection(sys.argv[1])
    async def pipe(source, sink):
        while part := await source.read(65536):
            sink.write(part)
            await sink.drain()
    await asyncio.gather(pipe(reader, forth), pipe(back, writer))
async def main():
    server = await asyncio.start_server(serve, sys.argv[2], 5432)
    print("ready", flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def main() -> int:
    """Connect, cut, and tell how long each caller was held."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--at-most", type=float, default=10.0, help="seconds")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="temoin-silent-") as name:
        server = EmbeddedServer(Path(name), options={"fsync": "off"})
        server.ensure_initialised()
        server.start()
        try:
            with relayed(server):
                held = measure(server)
        finally:
            server.stop()
    for caller, seconds in held.items():
        print(f"{caller:<34} {seconds:5.1f} s")
    print(f"{max(held.values()):.1f}")
    return 0 if max(held.values()) <= options.at_most else 1


def measure(server: EmbeddedServer) -> dict[str, float]:
    """Return the seconds of each caller."""
    way = {**unset_config().database.way, "host": THEIRS}
    password = server.superuser_password()

    def connect() -> psycopg.Connection:
        return psycopg.connect(user=SUPERUSER, password=password, dbname="postgres", autocommit=True, **way)

    waiting, kept = connect(), connect()
    held: dict[str, float] = {}

    def wait() -> None:
        held["waits for an answer"] = seconds_of(lambda: waiting.execute("SELECT pg_sleep(120)"))

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.5)
    run("ip", "-n", SPACE, "link", "set", THEIR_END, "down")
    held["sends on a kept connection"] = seconds_of(lambda: kept.execute("SELECT 1"))
    held["connects anew"] = seconds_of(connect)
    thread.join()
    return held


def seconds_of(call: Callable[[], object]) -> float:
    """Return how long a call took that must fail."""
    began = time.monotonic()
    try:
        call()
    except psycopg.OperationalError:
        return time.monotonic() - began
    raise SystemExit("the server answered: the link was not cut")


@contextmanager
def relayed(server: EmbeddedServer) -> Iterator[None]:
    """Make the namespace, with a relay in it that leads to the server's socket."""
    run("ip", "netns", "add", SPACE)
    try:
        run("ip", "link", "add", OUR_END, "type", "veth", "peer", "name", THEIR_END, "netns", SPACE)
        run("ip", "addr", "add", f"{OURS}/24", "dev", OUR_END)
        run("ip", "link", "set", OUR_END, "up")
        run("ip", "-n", SPACE, "addr", "add", f"{THEIRS}/24", "dev", THEIR_END)
        run("ip", "-n", SPACE, "link", "set", THEIR_END, "up")
        command = ["ip", "netns", "exec", SPACE, sys.executable, "-c", RELAY]
        command += [str(server.socket_folder() / ".s.PGSQL.5432"), THEIRS]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as relay:
            (relay.stdout or sys.stdin.buffer).readline()  # it says that it is ready
            yield
            relay.kill()
    finally:
        run("ip", "netns", "del", SPACE)


def run(*words: str) -> None:
    """Run a command that must succeed."""
    subprocess.run(words, check=True)


if __name__ == "__main__":
    raise SystemExit(main())
