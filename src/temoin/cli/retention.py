"""`temoin retention`: what is kept until when, what goes tomorrow; deleting now; legal holds."""

from __future__ import annotations

import argparse
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from temoin.cli.commands import Commands
from temoin.cli.console import complain, say
from temoin.cli.django_process import settings_of_process
from temoin.cli.numbers import calendar_day
from temoin.cli.operating import DONE, operate, operator_command
from temoin.lib.zones import day_of
from temoin.settings.file import Process

if TYPE_CHECKING:
    from temoin.pharmacies.seat import Seat
    from temoin.retention.holds import HoldView
    from temoin.retention.overview import KeptRows

SOMEBODY_SHOULD_LOOK = 1
WORDS = {"results": "results", "exchanges": "exchanges"}


def add_commands(commands: Commands) -> None:
    words = "say what is kept until when, and what goes tomorrow"
    noun = commands.add_parser("retention", help=words, description=words)
    noun.add_argument("--data", type=Path, help="folder that holds temoin.toml (default: TEMOIN_CONFIG)")
    noun.set_defaults(
        run=lambda options: operate(options, _show, Process.KEEPER),
        verbs=noun.add_subparsers(metavar="VERB", required=False),
    )
    apply = operator_command(noun, "apply", "delete now what is past its day; first thing after a restore", _apply)
    apply.set_defaults(run=lambda options: operate(options, _apply, Process.KEEPER))
    place = operator_command(noun, "hold", "keep data from being deleted, for the owner who proves themself", _hold)
    lift = operator_command(noun, "lift", "let a hold end, for the owner who proves themself", _lift)
    listed = operator_command(noun, "holds", "list the holds of a pharmacy, for the owner who proves themself", _holds)
    for parser in (place, lift, listed):
        parser.add_argument("--pharmacy", metavar="FINESS", required=True)
        parser.add_argument("--by", metavar="E-MAIL", required=True, help="pharmacist owner of that pharmacy")
    place.add_argument("--patient", type=UUID, metavar="ID", help="this patient alone; else all of the pharmacy")
    place.add_argument(
        "--review", type=calendar_day, metavar="YYYY-MM-DD", help="when to look again whether it is needed"
    )
    listed.add_argument("--all", action="store_true", help="those that were lifted too")
    lift.add_argument("--hold", type=UUID, metavar="ID", required=True, help="as `temoin retention holds` names it")
    for parser in (place, lift):
        parser.add_argument("--reason", required=True, help="why; kept sealed with the hold")


def _show(_options: argparse.Namespace) -> int:
    from temoin.retention.classes import class_lines
    from temoin.retention.overview import retention_standings

    for line in class_lines(settings_of_process().retention):
        say(line)
    standings = retention_standings()
    for standing in standings:
        for kept in standing.kept:
            say(f"{standing.finess}  {_words(kept)}")
    back = [(standing.finess, key_id) for standing in standings for key_id in standing.keys_back]
    return SOMEBODY_SHOULD_LOOK if _tell_keys_back(back) else DONE


def _words(kept: KeptRows) -> str:
    parts = [
        f"{kept.count} {WORDS[kept.code]} kept",
        f"the first goes on {kept.first_day}" if kept.first_day else "no day decided" if kept.count else "",
        f"{kept.tomorrow} go tomorrow",
        f"{kept.held} under a legal hold" if kept.held else "",
        f"{kept.moving} past their day and still on their way: temoin lanes" if kept.moving else "",
    ]
    return ", ".join(part for part in parts if part)


def _tell_keys_back(back: list[tuple[str, UUID]]) -> bool:
    for finess, key_id in back:
        remedy = f"temoin retention apply; if it stays, temoin keys rotate-data --pharmacy {finess}"
        complain(f"{finess}: key {key_id} was destroyed and is back, as after a restore: {remedy}")
    return bool(back)


def _apply(_options: argparse.Namespace) -> int:
    from temoin.retention.overview import keys_everywhere_back
    from temoin.retention.rounds import reap_all

    done = reap_all(threading.Event())
    say(
        f"Deleted: {done.records} results, {done.patients} patients, both sides of {done.exchanges} tries, "
        f"{done.invitations} invitations, {done.calls} answers and "
        f"{done.webhook_notices} notices to programs, {done.sessions} sessions; "
        f"{done.keys} month keys destroyed."
    )
    return SOMEBODY_SHOULD_LOOK if _tell_keys_back(keys_everywhere_back()) else DONE


def _hold(options: argparse.Namespace) -> None:
    from temoin.journal.act import denials_recorded
    from temoin.retention.holds import place_hold

    by = _owner(options)
    with denials_recorded(by):
        hold_id = place_hold(by=by, patient_id=options.patient, reason=options.reason, review_on=options.review)
    say(f"{hold_id} holds {'that patient' if options.patient else 'all of the pharmacy'}: nothing of it is deleted.")


def _lift(options: argparse.Namespace) -> None:
    from temoin.journal.act import denials_recorded
    from temoin.retention.holds import lift_hold

    by = _owner(options)
    with denials_recorded(by):
        lift_hold(by=by, hold_id=options.hold, reason=options.reason)
    say("Lifted: what is past its day goes with the next round.")


def _holds(options: argparse.Namespace) -> int:
    """Tell who holds what, since and until when; status 1 while one is to be looked at again."""
    from temoin.journal.act import denials_recorded
    from temoin.pharmacies.seat import today
    from temoin.pharmacies.zones import zone_of
    from temoin.retention.holds import list_holds

    by = _owner(options)
    with denials_recorded(by):
        holds = [hold for hold in list_holds(by=by) if hold.is_in_force or options.all]
    for hold in holds:
        say(_hold_line(hold, zone_of(by.pharmacy_id)))
    if not holds:
        say("No hold.")
    day = today(by.pharmacy_id)
    return SOMEBODY_SHOULD_LOOK if any(hold.is_to_look_at(day) for hold in holds) else DONE


def _hold_line(hold: HoldView, zone: ZoneInfo) -> str:
    whose = f"patient {hold.patient_id}" if hold.patient_id else "all of the pharmacy"
    begin = f"placed {day_of(hold.placed_at, zone)} by {hold.placed_by or 'somebody who is not named any more'}"
    end = "in force" + (
        f", to be looked at again on {hold.review_on}" if hold.review_on else ", without a day to look again"
    )
    if hold.lifted_at:
        end = f"lifted {day_of(hold.lifted_at, zone)} by {hold.lifted_by}: {hold.lifted}"
    return f"{hold.id}  {whose}, {begin}: {hold.reason}; {end}"


def _owner(options: argparse.Namespace) -> Seat:
    from temoin.cli.signer import choose_signer

    is_demo = settings_of_process().site.demo
    return choose_signer(finess=options.pharmacy, email=options.by, is_demo=is_demo, origin="command")
