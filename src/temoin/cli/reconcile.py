"""`temoin reconcile`: what we hold as accepted against what an authority holds, each difference named and mended."""

from __future__ import annotations

import argparse
import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from temoin.cli.commands import Commands
from temoin.cli.console import complain, say
from temoin.cli.django_process import become, settings_file
from temoin.cli.numbers import calendar_day
from temoin.cli.operating import known_database
from temoin.lib.config_error import ConfigError
from temoin.settings.file import VARIABLE, Process

if TYPE_CHECKING:
    from temoin.outbox.courier import Courier
    from temoin.pharmacies.operator import Operator
    from temoin.transmission.models import Reconciliation

AGREE, DIFFER, CANNOT = 0, 1, 2
SHOWN = 200  # aliens written out; the count is always whole
RUNS = 30


def add_commands(commands: Commands) -> None:
    words = "compare what we hold as accepted with what an authority holds"
    parser = commands.add_parser("reconcile", help=words, description=words.capitalize() + ".")
    parser.add_argument("destination", nargs="?", metavar="DESTINATION", help="as `--status` names it: fhir, …")
    parser.add_argument("--day", type=calendar_day, metavar="YYYY-MM-DD", help="the day to go through")
    parser.add_argument("--repair", action="store_true", help="send again what they lack, settle what they show")
    parser.add_argument("--status", action="store_true", help="tell how the last runs ended")
    parser.add_argument("--data", type=Path, help="folder that holds temoin.toml (default: TEMOIN_CONFIG)")
    parser.set_defaults(run=run_reconcile)


def run_reconcile(options: argparse.Namespace) -> int:
    """Reconcile under the worker's role, or tell how it stands."""
    if not options.status and (options.destination is None or options.day is None):
        raise ConfigError("Say which destination and which day: temoin reconcile fhir --day 2026-11-24")
    settings = settings_file(options.data)
    os.environ[VARIABLE] = str(settings)
    become(Process.WORKER)
    with known_database(settings):
        return tell_status() if options.status else reconcile(options.destination, options.day, options.repair)


def reconcile(destination: str, day: date, repair: bool) -> int:  # noqa: FBT001 an option of the command
    """Go through the day, mend what can be when told to, and name what stays; by key, never by patient."""
    from temoin.lib.zones import HOUSE, today_in
    from temoin.transmission.reconcile import reconcile_day

    courier = _courier(destination)
    if day > today_in(HOUSE):
        raise ConfigError("This day has not begun: there is nothing to compare yet.")
    run = reconcile_day(courier, day)
    _tell_run(run)
    if run.ending == "broken_off":
        complain(f"{destination} did not answer wholly: what is missing from its answer proves nothing. Run it again.")
        return CANNOT
    if repair:
        _repair(courier, day)
    left = _name_open(destination, day)
    return DIFFER if left or run.aliens else AGREE


def tell_status() -> int:
    """Tell the last run of each destination and day; status 1 while something differs or broke off."""
    from temoin.transmission.queries import last_runs

    runs = last_runs()
    for run in runs[:RUNS]:
        _tell_run(run)
    for run in runs[RUNS:]:
        if _is_amiss(run):
            _tell_run(run)
    if len(runs) > RUNS:
        say(f"Of {len(runs) - RUNS} older ones, only those that differ or broke off are told.")
    if not runs:
        say("No day has been reconciled yet: the worker does it by itself, every day.")
    return DIFFER if any(_is_amiss(run) for run in runs) else AGREE


def _is_amiss(run: Reconciliation) -> bool:
    return bool(run.open or run.aliens or run.ending == "broken_off")


def _courier(destination: str) -> Courier:
    from temoin.outbox.courier import couriers
    from temoin.transmission.report_courier import ReportCourier

    known = {name: courier for name, courier in couriers().items() if isinstance(courier, ReportCourier)}
    if destination not in known:
        raise ConfigError(f"No destination of results has this name here; there are: {', '.join(sorted(known))}")
    return known[destination]


_ENDINGS = {
    "whole": "{run.accepted} accepted here, {run.held} held there",
    "not_askable": "cannot be asked what it holds; acknowledgements compared with attempts",
    "broken_off": "broken off before its end",
    "stopped": "stopped with the worker, which goes through it again",
}


def _tell_run(run: Reconciliation) -> None:
    told = _ENDINGS[run.ending].format(run=run)
    say(f"{run.destination} {run.day}: {told}; {run.open} differences open, {run.found.get('alien', 0)} unknown here")
    for kind in ("erased", "erased_unseen"):
        if count := run.found.get(kind, 0):
            say(f"  {count} {kind}: {_meaning(kind)}")
    for key in run.aliens[:SHOWN]:
        say(f"  {key}  alien: held there, unknown here")


def _meaning(kind: str) -> str:
    from temoin.transmission.differences import MEANING, DifferenceKind

    return MEANING[DifferenceKind(kind)]


def _repair(courier: Courier, day: date) -> None:
    from temoin.transmission.mending import mend_day

    for row in mend_day(courier, day, _operator):
        say(f"  {row.key}  {row.kind}: {'settled' if row.kind == 'unsettled' else 'sent again'}")


def _operator(pharmacy_id: UUID) -> Operator:
    from temoin.pharmacies.operator import Operator

    return Operator(pharmacy_id)


def _name_open(destination: str, day: date) -> bool:
    from temoin.lib.tenant import tenant_scope
    from temoin.transmission.differences import MEANING, REPAIRABLE, DifferenceKind
    from temoin.transmission.mending import is_mendable
    from temoin.transmission.reconcile import open_of_day

    left = False
    for row in open_of_day(destination, day):
        left, kind = True, DifferenceKind(row.kind)
        with tenant_scope(row.pharmacy_id):
            can_be = is_mendable(row)
        overtaken = "a newer version is there: tell its operator" if kind in REPAIRABLE else "a person must look"
        remedy = "--repair mends it" if can_be else overtaken
        say(f"  {row.key}  {kind.value}: {MEANING[kind]}; {remedy}")
    return left
