"""`temoin officer invite|list|end`: the people of an authority who may look at senders."""

from __future__ import annotations

import argparse
from pathlib import Path
from uuid import UUID

from temoin.cli.commands import Commands
from temoin.cli.console import say
from temoin.cli.django_process import settings_of_process
from temoin.cli.operating import operate
from temoin.lib.zones import HOUSE, day_of
from temoin.settings.file import Process


def add_commands(commands: Commands) -> None:
    noun = commands.add_parser("officer", help="invite, list and end the authority's people")
    verbs = noun.add_subparsers(metavar="VERB", required=True)
    for name, words, work in (
        ("invite", "invite a person of the authority, and show the code that enrols their passkey", _invite),
        ("list", "list the authority's people", _list),
        ("end", "end a person's account and sessions", _end),
    ):
        parser = verbs.add_parser(name, help=words, description=f"{words.capitalize()}.")
        parser.add_argument("--data", type=Path, help="folder that holds temoin.toml (default: TEMOIN_CONFIG)")
        # The role of the authority's site: no other knows its people.
        parser.set_defaults(run=lambda options, work=work: operate(options, work, Process.AUTHORITY))
        if name == "invite":
            parser.add_argument("name", metavar="NAME", help="first name and name, as colleagues know them")
        if name == "end":
            parser.add_argument("number", metavar="NUMBER", type=UUID, help="as temoin officer list shows it")


def _invite(options: argparse.Namespace) -> None:
    from temoin.officers.accounts import CODE_LIFE, invite_officer

    number, code = invite_officer(options.name)
    site = settings_of_process().authority
    say(f"Invited, number {number}. Give the address and the code by two different ways:")
    say(f"  {site.url if site else ''}/enrol/")
    say(f"  {code}")
    say(f"The code enrols one passkey, once, within {CODE_LIFE.days} days.")


def _list(_options: argparse.Namespace) -> None:
    from temoin.officers.queries import list_officers

    for one in list_officers():
        standing = "has a passkey" if one.credential_id else "invited"
        if one.ended_at is not None:
            standing = f"ended on {day_of(one.ended_at, HOUSE)}"
        say(f"{one.id}  {one.name}  {standing if one.is_sound else 'NOT AS THIS SITE LEFT IT'}")


def _end(options: argparse.Namespace) -> None:
    from temoin.officers.accounts import end_officer

    end_officer(options.number)
    say("Ended, with every session.")
