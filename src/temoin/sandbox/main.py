"""Runs the stand-in authority and its mailbox until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from temoin.sandbox.faults import FaultDesk, FaultError, Faults, changed_faults, fault_names
from temoin.sandbox.mailbox import start_mailbox
from temoin.sandbox.mllp import mllp_listening
from temoin.sandbox.secure_mail import Certificates, certificates_of, secure_mail_listening
from temoin.sandbox.website import Site

DEFAULT_PORT, DEFAULT_SMTP_PORT = 8090, 8025
LOOPBACK = "127.0.0.1"
STOP_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Ready:
    """Where the sandbox answers, once it does."""

    host: str
    http_port: int
    smtp_port: int
    mllp_port: int | None = None  # None: nobody listens for HL7 v2
    mssante_port: int | None = None  # None: nobody listens for secure messages
    certificates: Certificates | None = None  # of whoever listens for secure messages


def announce(ready: Ready) -> None:
    """Say on standard output where the sandbox answers."""
    host = f"[{ready.host}]" if ":" in ready.host else ready.host
    mllp = "" if ready.mllp_port is None else f" mllp {host}:{ready.mllp_port}"
    mssante = "" if ready.mssante_port is None else f" mssante {host}:{ready.mssante_port}"
    sys.stdout.write(f"sandbox http://{host}:{ready.http_port}/ smtp {host}:{ready.smtp_port}{mllp}{mssante}\n")
    sys.stdout.flush()


def run(
    host: str = LOOPBACK,
    http_port: int = DEFAULT_PORT,
    smtp_port: int = DEFAULT_SMTP_PORT,
    *,
    mllp_port: int | None = None,
    mssante_port: int | None = None,
    certificates: Certificates | None = None,
    faults: Faults | None = None,
    on_ready: Callable[[Ready], None] = announce,
) -> None:
    """Serve until SIGTERM or SIGINT; port 0 takes a free one."""
    wanted = Ready(host, http_port, smtp_port, mllp_port, mssante_port, certificates)
    asyncio.run(_run_until_signal(wanted, faults or Faults(), on_ready))


async def _run_until_signal(wanted: Ready, faults: Faults, on_ready: Callable[[Ready], None]) -> None:
    stop = asyncio.Event()
    # Signals reach the main thread only; elsewhere the caller stops the loop itself.
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(wanted, faults, on_ready, stop)


async def serve(wanted: Ready, faults: Faults, on_ready: Callable[[Ready], None], stop: asyncio.Event) -> None:
    """Serve inside a running loop until `stop` is set."""
    site = Site(FaultDesk(faults))
    runner = web.AppRunner(site.application(), access_log=None, shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, wanted.host, wanted.http_port, backlog=1024).start()
        mail = await start_mailbox(wanted.host, wanted.smtp_port, site.box, site.desk)
        try:
            async with _mllp(wanted, site) as mllp_port, _secure_mail(wanted, site) as mssante_port:
                smtp_port = mail.sockets[0].getsockname()[1]
                on_ready(Ready(wanted.host, runner.addresses[0][1], smtp_port, mllp_port, mssante_port))
                await stop.wait()
        finally:
            mail.close()
            await mail.wait_closed()
    finally:
        await runner.cleanup()


def _mllp(wanted: Ready, site: Site) -> AbstractAsyncContextManager[int | None]:
    if wanted.mllp_port is None:
        return nullcontext()
    return mllp_listening(wanted.host, wanted.mllp_port, site.mllp)


def _secure_mail(wanted: Ready, site: Site) -> AbstractAsyncContextManager[int | None]:
    if wanted.mssante_port is None or wanted.certificates is None:
        return nullcontext()
    return secure_mail_listening(wanted.host, wanted.mssante_port, site.secure, wanted.certificates)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and serve."""
    parser = _parser()
    given = vars(parser.parse_args(arguments))
    host, port, smtp_port, mllp_port = (given.pop(name) for name in ("host", "port", "smtp_port", "mllp_port"))
    mssante_port, folder = given.pop("mssante_port"), given.pop("mssante_certificates")
    if (mssante_port is None) != (folder is None):
        parser.error("--mssante-port and --mssante-certificates go together")
    try:
        faults = changed_faults(Faults(), {name: value for name, value in given.items() if value is not None})
    except FaultError as error:
        parser.error(f"unknown or out of range: --{str(error).replace('_', '-')}")
    certificates = None if folder is None else certificates_of(Path(folder))
    run(
        host,
        port,
        smtp_port,
        mllp_port=mllp_port,
        mssante_port=mssante_port,
        certificates=certificates,
        faults=faults,
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="temoin sandbox", description="A stand-in health authority and mailbox, in memory only."
    )
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="HTTP port (default: %(default)s)")
    parser.add_argument("--smtp-port", type=int, default=DEFAULT_SMTP_PORT, help="SMTP port (default: %(default)s)")
    parser.add_argument("--mllp-port", type=int, help="port for HL7 v2 over MLLP (default: none)")
    parser.add_argument("--mssante-port", type=int, help="port for secure messages, SMTP over TLS (default: none)")
    parser.add_argument(
        "--mssante-certificates",
        metavar="FOLDER",
        help="holds server.pem, server.key, and authorities.pem for the clients' certificates",
    )
    for name in fault_names():
        parser.add_argument(f"--{name.replace('_', '-')}", dest=name, metavar="VALUE", help="initial fault")
    return parser
