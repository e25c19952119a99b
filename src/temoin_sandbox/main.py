"""Runs the stand-in authority and its mailbox until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from aiohttp import web

from temoin_sandbox.faults import FaultDesk, FaultError, Faults, changed_faults, fault_names
from temoin_sandbox.mailbox import start_mailbox
from temoin_sandbox.mllp import mllp_listening
from temoin_sandbox.secure_mail import Certificates, certificates_of, secure_mail_listening
from temoin_sandbox.sftp import SftpKeys, sftp_listening
from temoin_sandbox.tls import TlsIdentity, make_identity
from temoin_sandbox.website import SandboxSite

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
    https_port: int | None = None
    mllps_port: int | None = None
    sftp_port: int | None = None  # None: nobody takes files
    sftp_keys: SftpKeys | None = None
    mssante_port: int | None = None  # None: nobody listens for secure messages
    certificates: Certificates | None = None  # of whoever listens for secure messages


def announce(ready: Ready) -> None:
    """Say on standard output where the sandbox answers."""
    host = f"[{ready.host}]" if ":" in ready.host else ready.host
    more = {
        "mllp": ready.mllp_port,
        "https": ready.https_port,
        "mllps": ready.mllps_port,
        "sftp": ready.sftp_port,
        "mssante": ready.mssante_port,
    }
    told = "".join(f" {name} {host}:{port}" for name, port in more.items() if port is not None)
    sys.stdout.write(f"sandbox http://{host}:{ready.http_port}/ smtp {host}:{ready.smtp_port}{told}\n")
    sys.stdout.flush()


def run(wanted: Ready, *, faults: Faults | None = None, on_ready: Callable[[Ready], None] = announce) -> None:
    """Serve until SIGTERM or SIGINT; port 0 takes a free one."""
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
    desk = FaultDesk(faults)
    is_encrypted = (wanted.https_port, wanted.mllps_port) != (None, None)
    identity = make_identity(wanted.host, desk) if is_encrypted else None
    site = SandboxSite(desk, identity)
    async with AsyncExitStack() as open_doors:
        http_port, https_port = await _open_site(open_doors, wanted, site, identity)
        mail = await start_mailbox(wanted.host, wanted.smtp_port, site.box, site.desk)
        open_doors.push_async_callback(mail.wait_closed)
        open_doors.callback(mail.close)
        bare = mllp_listening(wanted.host, wanted.mllp_port or 0, site.mllp)
        mllp_port = await _listen(bare, open_doors, wanted.mllp_port)
        context = None if identity is None else identity.context
        encrypted = mllp_listening(wanted.host, wanted.mllps_port or 0, site.mllp, context)
        mllps_port = await _listen(encrypted, open_doors, wanted.mllps_port)
        sftp_port = None
        if wanted.sftp_keys is not None:
            files = sftp_listening(wanted.host, wanted.sftp_port or 0, site.sftp, wanted.sftp_keys)
            sftp_port = await _listen(files, open_doors, wanted.sftp_port)
        mssante_port = await _listen_for_secure_mail(wanted, site, open_doors)
        smtp_port = mail.sockets[0].getsockname()[1]
        ready = Ready(wanted.host, http_port, smtp_port, mllp_port, https_port, mllps_port, sftp_port)
        on_ready(replace(ready, mssante_port=mssante_port))
        await stop.wait()


async def _open_site(
    open_doors: AsyncExitStack, wanted: Ready, site: SandboxSite, identity: TlsIdentity | None
) -> tuple[int, int | None]:
    runner = web.AppRunner(site.application(), access_log=None, shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    open_doors.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, wanted.host, wanted.http_port, backlog=1024).start()
    if identity is None or wanted.https_port is None:
        return runner.addresses[0][1], None
    await web.TCPSite(runner, wanted.host, wanted.https_port, ssl_context=identity.context).start()
    return runner.addresses[0][1], runner.addresses[1][1]


async def _listen_for_secure_mail(wanted: Ready, site: SandboxSite, doors: AsyncExitStack) -> int | None:
    if wanted.certificates is None:
        return None
    listening = secure_mail_listening(wanted.host, wanted.mssante_port or 0, site.secure, wanted.certificates)
    return await _listen(listening, doors, wanted.mssante_port)


async def _listen(listening: AbstractAsyncContextManager[int], doors: AsyncExitStack, port: int | None) -> int | None:
    return None if port is None else await doors.enter_async_context(listening)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    given = vars(parser.parse_args(arguments))
    user_key, host_key = given.pop("sftp_user_key"), given.pop("sftp_host_key")
    keys = None if user_key is None else SftpKeys(user_key, host_key)
    names = ("host", "http_port", "smtp_port", "mllp_port", "https_port", "mllps_port", "sftp_port")
    wanted = Ready(**{name: given.pop(name) for name in names}, sftp_keys=keys)
    if (wanted.sftp_port is None) != (wanted.sftp_keys is None):
        parser.error("--sftp-port and --sftp-user-key go together")
    mssante_port, folder = given.pop("mssante_port"), given.pop("mssante_certificates")
    if (mssante_port is None) != (folder is None):
        parser.error("--mssante-port and --mssante-certificates go together")
    certificates = None if folder is None else certificates_of(Path(folder))
    wanted = replace(wanted, mssante_port=mssante_port, certificates=certificates)
    try:
        faults = changed_faults(Faults(), {name: value for name, value in given.items() if value is not None})
    except FaultError as error:
        parser.error(f"unknown or out of range: --{str(error).replace('_', '-')}")
    run(wanted, faults=faults)
    return 0


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to 65535, 0 for any free one")
    return port


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="temoin sandbox", description="A stand-in health authority and mailbox, in memory only."
    )
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", dest="http_port", type=_port, default=DEFAULT_PORT, help="HTTP port (default: %(default)s)"
    )
    parser.add_argument("--smtp-port", type=_port, default=DEFAULT_SMTP_PORT, help="SMTP port (default: %(default)s)")
    parser.add_argument("--mllp-port", type=_port, help="port for HL7 v2 over MLLP (default: none)")
    parser.add_argument("--https-port", type=_port, help="port for HTTPS (default: none)")
    parser.add_argument("--mllps-port", type=_port, help="port for HL7 v2 over MLLP with TLS (default: none)")
    parser.add_argument("--mssante-port", type=_port, help="port for secure messages, SMTP over TLS (default: none)")
    parser.add_argument(
        "--mssante-certificates",
        metavar="FOLDER",
        help="holds server.pem, server.key, and authorities.pem for the clients' certificates",
    )
    parser.add_argument("--sftp-port", type=_port, help="port for CSV files over SFTP (default: none)")
    parser.add_argument("--sftp-user-key", type=Path, help="file of the public key of the account that may come")
    parser.add_argument("--sftp-host-key", type=Path, help="file of the host's private key (default: one is made)")
    faults = parser.add_argument_group(
        "faults in force from the start",
        "Rates go from 0 to 1. Each is told in docs/integrator.md; POST /faults changes it.",
    )
    for name in fault_names():
        faults.add_argument(f"--{name.replace('_', '-')}", dest=name, metavar="VALUE")
    return parser
