"""`temoin lanes`: how each destination stands, and closing a circuit by hand. No patient data is read or written."""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from temoin.cli.commands import Commands
from temoin.cli.console import say
from temoin.cli.operating import DONE, operate
from temoin.lib.config_error import ConfigError
from temoin.settings.file import Process

if TYPE_CHECKING:
    from temoin.outbox.standing import ParcelStanding

SOMEBODY_SHOULD_LOOK = 1


def add_commands(commands: Commands) -> None:
    words = "say how each destination stands: circuit, rate, parcels, age of the oldest"
    parser = commands.add_parser("lanes", help=words, description=words)
    parser.add_argument("--data", type=Path, help="folder that holds temoin.toml (default: TEMOIN_CONFIG)")
    parser.add_argument("--close", metavar="DESTINATION", help="forget its troubles and pauses: it is tried at once")
    parser.add_argument("--looked", metavar="PLACE", help="take off the list what was set aside there, once looked at")
    # The worker's role: no other sees the parcels of all pharmacies.
    parser.set_defaults(run=lambda options: operate(options, _lanes, Process.WORKER))


def _lanes(options: argparse.Namespace) -> int:
    from temoin.lib.clock import now
    from temoin.outbox.circuit import CircuitState
    from temoin.outbox.lanes import close_circuit
    from temoin.outbox.set_aside import forget_aside, list_aside
    from temoin.outbox.standing import lane_standings

    if options.close is not None:
        known = [standing.destination for standing in lane_standings()]
        if options.close not in known:
            raise ConfigError(f"No lane is called {options.close}; the lanes are {', '.join(known)}.")
        close_circuit(options.close)
    if options.looked is not None:
        places = {aside.place for aside in list_aside()}
        if options.looked not in places:
            raise ConfigError(
                f"Nothing was set aside at {options.looked}; places are: {', '.join(sorted(places)) or 'none'}."
            )
        say(f"{forget_aside(options.looked)} taken off the list of what was set aside.")
    moment, standings = now(), lane_standings()
    for standing in standings:
        say(_line(standing, moment))
    closed = all(standing.circuit.state(moment) is CircuitState.CLOSED for standing in standings)
    stuck = any(standing.matters for standing in standings)
    told = [*_told_of_duties(moment), *_told_of_items(moment)]
    for line in told:
        say(line)
    return DONE if closed and not stuck and not told else SOMEBODY_SHOULD_LOOK


def _told_of_duties(moment: datetime) -> list[str]:
    from temoin.outbox.duties import failing_duties

    return [
        f"duty {duty.name} fails since {_age(moment - duty.since)} ({duty.failure}): see {_log_of(duty.name)}"
        for duty in failing_duties()
    ]


def _log_of(duty: str) -> str:
    from temoin.keeping.backups import DUTY

    return "temoin backup verify" if duty == DUTY else "the worker's log"


def _told_of_items(moment: datetime) -> list[str]:
    from temoin.outbox.set_aside import list_aside

    return [
        f"{aside.place}: {aside.count} set aside, the last {_age(moment - aside.last_at)} ago ({aside.error}); "
        f"look, then: temoin lanes --looked {aside.place}"
        for aside in list_aside()
    ]


def _line(standing: ParcelStanding, moment: datetime) -> str:
    from temoin.outbox.states import ParcelState

    rate = "no limit" if standing.rate is None else f"{standing.rate}/s"
    in_doubt, refused = (standing.counts.get(state, 0) for state in (ParcelState.IN_DOUBT, ParcelState.REFUSED))
    parts = [
        f"{standing.destination:<16} {_circuit(standing, moment):<34} {rate:<9}",
        f"{standing.waiting} waiting, {in_doubt} in doubt, {refused} refused",
        f"{standing.matters} for a person to look at: always the same answer" if standing.matters else "",
        "" if standing.oldest is None else f"oldest {_age(moment - standing.oldest)}",
        "" if standing.is_served else "no courier here",
    ]
    return "  ".join(part for part in parts if part)


def _circuit(standing: ParcelStanding, moment: datetime) -> str:
    from temoin.outbox.circuit import CircuitState

    circuit = standing.circuit
    state = circuit.state(moment)
    code = f" ({circuit.code})" if circuit.code else ""
    if state is CircuitState.OPEN:
        return f"open until {circuit.paused_until:%H:%M:%S} UTC{code}"
    return f"half open{code}" if state is CircuitState.HALF_OPEN else f"closed{code if circuit.troubles else ''}"


def _age(age: timedelta) -> str:
    minutes = int(age.total_seconds()) // 60
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"
