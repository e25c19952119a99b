"""`temoin member …`: the people of a pharmacy, when nobody there can manage them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from temoin.cli.commands import Commands
from temoin.cli.console import say
from temoin.cli.django_process import settings_of_process
from temoin.cli.operating import operator_command, pharmacy_of

if TYPE_CHECKING:
    from temoin.pharmacies.models import Pharmacy
    from temoin.pharmacies.newcomer import Newcomer

_ASKED = ("given_name", "family_name", "email")


def add_commands(commands: Commands) -> None:
    noun = commands.add_parser("member", help="invite, list and suspend the people of a pharmacy")
    invited = operator_command(noun, "invite", "show a one-time code that gives somebody their place", _invite)
    listed = operator_command(noun, "list", "list the people of a pharmacy", _list)
    suspended = operator_command(noun, "suspend", "close a person's place from their next request on", _suspend)
    resumed = operator_command(noun, "resume", "give a person's place back", _resume)
    words = "reset the sign-in of whom no colleague can, with two holders of the keys' backup"
    recovered = operator_command(noun, "recover", words, _recover)
    for parser in (invited, listed, suspended, resumed, recovered):
        parser.add_argument("finess", metavar="FINESS", help="number of the pharmacy")
    for parser in (suspended, resumed, recovered):
        parser.add_argument("member", type=UUID, metavar="ID", help="as `temoin member list` shows it")
    recovered.add_argument("--backup", type=Path, metavar="FOLDER", required=True, help="of the root keys in use")
    recovered.add_argument(
        "--identity", type=Path, metavar="FILE", action="append", default=[], help="secret age key of a holder; twice"
    )
    recovered.add_argument("--forgotten-password", action="store_true", help="the code then opens without it")
    invited.add_argument("--profession", required=True, help="for instance titulaire")
    for name in _ASKED:
        invited.add_argument(f"--{name.replace('_', '-')}", required=True)
    invited.add_argument("--rpps", default="", help="number in the national register, for pharmacists and biologists")


def _invite(options: argparse.Namespace) -> None:
    from temoin.pharmacies.newcomer import check_newcomer

    pharmacy = pharmacy_of(options.finess)
    newcomer = check_newcomer({name: getattr(options, name) for name in (*_ASKED, "profession", "rpps")})
    show_invitation(pharmacy, newcomer)


def show_invitation(pharmacy: Pharmacy, newcomer: Newcomer) -> None:
    """Invite somebody as the operator, and show the code that gives them their place."""
    from temoin.pharmacies.numbers import is_doubtful_rpps
    from temoin.pharmacies.operator import Operator
    from temoin.pharmacies.team import invite_member

    invited = invite_member(by=Operator(pharmacy.id), newcomer=newcomer)
    if is_doubtful_rpps(newcomer.rpps):
        say("This RPPS number fails its check digit: compare it with the card.")
    say(f"Hand this over yourself; it opens once, until {invited.expires_at:%Y-%m-%d %H:%M} UTC:")
    say(f"  address  {settings_of_process().site.staff_url}/invitation/")
    say(f"  code     {invited.code}")


def _list(options: argparse.Namespace) -> None:
    from temoin.pharmacies.operator import Operator
    from temoin.pharmacies.queries import read_team

    for person in read_team(by=Operator(pharmacy_of(options.finess).id)):
        state = "left" if person.has_left else "at work" if person.is_active else "suspended"
        seen = person.last_seen or "never seen"
        name = f"{person.given_name} {person.family_name}"
        say(f"{person.id}  {person.profession.value:<13}  {state:<9}  {seen!s:<10}  {name}")


def _suspend(options: argparse.Namespace) -> None:
    from temoin.pharmacies.operator import Operator
    from temoin.pharmacies.team import suspend_member

    suspend_member(by=Operator(pharmacy_of(options.finess).id), member_id=options.member)
    say("Suspended, from their next request on.")


def _resume(options: argparse.Namespace) -> None:
    from temoin.pharmacies.operator import Operator
    from temoin.pharmacies.team import resume_member

    resume_member(by=Operator(pharmacy_of(options.finess).id), member_id=options.member)
    say("Resumed.")


def _recover(options: argparse.Namespace) -> None:
    """Reset a person's sign-in, with two holders who show that they consent by opening their shares."""
    from temoin.pharmacies.operator import Operator
    from temoin.signin.recovery import recover_factors
    from temoin.signin.two_holders import ShownBackup

    by, shown = Operator(pharmacy_of(options.finess).id), ShownBackup(options.backup, options.identity)
    code = recover_factors(by=by, member_id=options.member, password_too=options.forgotten_password, shown=shown)
    say("Read this out to whom you know by face; it opens once, within 24 hours:")
    say(f"  address  {settings_of_process().site.staff_url}/account/enrolment/")
    say(f"  code     {code}")
