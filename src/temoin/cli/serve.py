"""`temoin web`, `portal`, `authority`, `worker`, `sealer`, `reaper`: each runs one process until it is told to stop."""

from __future__ import annotations

import argparse
import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from temoin.cli.commands import Commands
from temoin.cli.django_process import become, settings_file, settings_of_process
from temoin.cli.exporter import counted_together, measures_beside, show_measures
from temoin.cli.numbers import count_of_processes, port_number
from temoin.cli.supervised import follow_supervisor, tell_ready
from temoin.cli.systemd import keep_watchdog
from temoin.lib.config_error import ConfigError
from temoin.lib.lifeline import die_with
from temoin.settings.checks import debug_findings
from temoin.settings.file import Process
from temoin.site.database_role import check_role

if TYPE_CHECKING:
    from temoin.serving.pace import TransferPace
    from temoin.serving.streams import Bell
    from temoin.serving.visitors import Wording

LOOPBACK = "127.0.0.1"
THREADS = 8  # per server process; each keeps one database connection
# Bytes of a body, which is in memory before a thread hears of it. The two doors that ask for no sign-in take little.
LARGEST = {Process.STAFF: 1_000_000, Process.PORTAL: 1024, Process.AUTHORITY: 32_768}
LIVE = "/livez"
# A file of results comes whole, by a pharmacy's line too: 16 MB at 1.5 Mbit/s. `site.settings` bounds it once more.
_HAND_IN = "/files/hand-in/"
_OWN_FORMS = ("/form/hand-in", "/appointments/take")  # sealed in the browser: two blocks at most, in base64
LARGEST_AT = {
    Process.STAFF: {"/api/token": 16_384, _HAND_IN: 16_100_000},
    Process.PORTAL: dict.fromkeys(_OWN_FORMS, 12_288),
    Process.AUTHORITY: dict[str, int](),
}
# A night's results by one call: read once the program proved who it is, and what it may.
LARGE_AT: dict[Process, dict[str, int]] = {
    Process.STAFF: {"/api/v1/results": 16_000_000},
    Process.PORTAL: {},
    Process.AUTHORITY: {},
}
# Of the largest bodies at once, in each server process.
FEW_AT: dict[Process, dict[str, int]] = {Process.STAFF: {_HAND_IN: 3}, Process.PORTAL: {}, Process.AUTHORITY: {}}
BODY_AT: dict[Process, dict[str, float]] = {Process.STAFF: {_HAND_IN: 90.0}, Process.PORTAL: {}, Process.AUTHORITY: {}}


def add_commands(commands: Commands) -> None:
    web = process_command(commands, "web", "serve the staff site")
    _add_address(web, port=8600)
    web.set_defaults(run=run_site, process=Process.STAFF)
    portal = process_command(commands, "portal", "serve the patients' site")
    _add_address(portal, port=8601)
    portal.set_defaults(run=run_site, process=Process.PORTAL)
    authority = process_command(commands, "authority", "serve the authority's site")
    _add_address(authority, port=8602)
    authority.set_defaults(run=run_site, process=Process.AUTHORITY)
    process_command(commands, "worker", "carry parcels to the authority and to patients").set_defaults(run=run_worker)
    process_command(commands, "sealer", "seal the journal and show it to its witnesses").set_defaults(run=run_sealer)
    process_command(commands, "reaper", "delete each day what is past its day").set_defaults(run=run_reaper)


def process_command(commands: Commands, name: str, words: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=words)
    parser.add_argument("--data", type=Path, help="folder that holds temoin.toml (default: TEMOIN_CONFIG)")
    return parser


def _add_address(parser: argparse.ArgumentParser, *, port: int) -> None:
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=port_number, default=port)
    words = "server processes (default: [serving] of the settings)"
    parser.add_argument("--workers", type=count_of_processes, help=words)


def run_site(options: argparse.Namespace) -> int:
    """Gather the site's static files under hashed names, then serve it."""
    follow_supervisor()
    with counted_together(settings_file(options.data), options.process):
        become(options.process, options.data)
        require_sound(options.process)
        _serve(options)
    return 0


def _serve(options: argparse.Namespace) -> None:
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from django.db import connections

    from temoin.serving.processes import listen, run_processes
    from temoin.serving.server import serve

    call_command("collectstatic", interactive=False, verbosity=0)
    application = get_wsgi_application()
    listener = listen(options.host, options.port)
    parent = os.getpid()
    # The server processes are forked from here: they have Django and the addresses loaded already.
    connections.close_all()

    def work() -> None:
        # One that outlived a killed `temoin web` would hold the port against the next one.
        die_with(parent, signal.SIGKILL)
        pace = _pace(options.process)
        serve(application, listener, pace, bell=_bell(options.process), wording=_wording(options.process))

    tell_ready()  # the socket takes callers from now on; they wait for the processes
    with measures_beside(settings_of_process(), options.process):
        run_processes(options.workers or _processes(options.process), work)


def _bell(process: Process) -> Bell | None:
    """Return what tells this server process of changes at a counter; the authority's site tells and hears none."""
    if process is Process.AUTHORITY:
        return None
    from temoin.outbox.counter_bell import counter_bell, start_ringing

    start_ringing()
    return counter_bell() if process is Process.STAFF else None


def _wording(process: Process) -> Wording | None:
    """Return how the addresses of programs say what the server itself refuses; the other sites have none."""
    if process is not Process.STAFF:
        return None
    from temoin.api.outcomes import worded

    return worded


def _processes(process: Process) -> int:
    serving = settings_of_process().serving
    return {
        Process.STAFF: serving.staff_processes,
        Process.PORTAL: serving.portal_processes,
        Process.AUTHORITY: serving.authority_processes,
    }[process]


def _pace(process: Process) -> TransferPace:
    from django.conf import settings

    from temoin.serving.pace import TransferPace

    serving = settings_of_process().serving
    return TransferPace(
        head=serving.seconds,
        body=serving.seconds,
        send=serving.seconds,
        connections=serving.connections,
        streams=serving.connections // 2,
        threads=THREADS,
        live=LIVE,
        largest_body=LARGEST[process],
        largest_at=LARGEST_AT[process],
        body_at=BODY_AT[process],
        large_at=LARGE_AT[process],
        few_at=FEW_AT[process],
        cookie_at=dict.fromkeys(FEW_AT[process], settings.SESSION_COOKIE_NAME),
    )


def run_worker(options: argparse.Namespace) -> int:
    follow_supervisor()
    become(Process.WORKER, options.data)
    require_sound(Process.WORKER)
    from temoin.outbox.counter_bell import start_ringing
    from temoin.outbox.worker import run_worker as carry_parcels

    start_ringing()
    show_measures(settings_of_process(), Process.WORKER)
    carry_parcels(_stop_signal())
    return 0


def run_sealer(options: argparse.Namespace) -> int:
    """Seal the journal until SIGTERM or SIGINT."""
    follow_supervisor()
    become(Process.SEALER, options.data)
    require_sound(Process.SEALER)
    from temoin.cli.journal import journal_followers, journal_signer
    from temoin.journal.sealer import run_sealer as seal

    signer, followers = journal_signer(), journal_followers()
    show_measures(settings_of_process(), Process.SEALER)
    seal(_stop_signal(), signer, followers)
    return 0


def run_reaper(options: argparse.Namespace) -> int:
    """Do the rounds of retention until SIGTERM or SIGINT, as the keeper: no other role may delete."""
    follow_supervisor()
    become(Process.KEEPER, options.data)
    require_sound(Process.KEEPER)
    from temoin.outbox.duties import Round
    from temoin.retention.arrivals import arrivals_duty
    from temoin.retention.rounds import retention_duty

    show_measures(settings_of_process(), Process.KEEPER)
    Round([retention_duty(), arrivals_duty()], _stop_signal()).run()
    return 0


def _stop_signal() -> threading.Event:
    """Return the event that SIGTERM and SIGINT set, and tell that the work begins."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    tell_ready()
    keep_watchdog(stop)
    return stop


def require_sound(process: Process) -> None:
    """Refuse to serve with debugging on, or as a database role that has more power than it needs; see `temoin check`.

    Settings and secret files are checked when Django is loaded.
    """
    from django.conf import settings

    config = settings_of_process()
    debugging = debug_findings(config, debug=settings.DEBUG)
    if debugging:
        raise ConfigError("\n".join(debugging))
    check_role(config, process.role)
