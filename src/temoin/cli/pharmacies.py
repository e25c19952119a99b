"""`temoin pharmacy open|list|close|reopen`: the pharmacies of this site. No patient data is read or written."""

from __future__ import annotations

import argparse

from temoin.cli.commands import Commands
from temoin.cli.console import say
from temoin.cli.operating import operator_command, pharmacy_of


def add_commands(commands: Commands) -> None:
    """Wire the commands."""
    noun = commands.add_parser("pharmacy", help="open, list and close pharmacies")
    opened = operator_command(noun, "open", "open a pharmacy", _open)
    for name, words in (("finess", "FINESS number of the site"), ("name", "name"), ("street", "street and number")):
        opened.add_argument(f"--{name}", required=True, help=words)
    opened.add_argument("--postcode", required=True)
    opened.add_argument("--city", required=True)
    opened.add_argument("--phone", default="")
    operator_command(noun, "list", "list the pharmacies", _list)
    closed = operator_command(
        noun, "close", "suspend everybody's place; nothing is erased, parcels still leave", _close
    )
    again = operator_command(noun, "reopen", "open a closed pharmacy again; its people stay suspended", _reopen)
    for parser in (closed, again):
        parser.add_argument("finess", metavar="FINESS")


def _open(options: argparse.Namespace) -> None:
    from django.conf import settings

    from temoin.pharmacies.actions import open_pharmacy
    from temoin.pharmacies.numbers import is_doubtful_finess

    address = {name: getattr(options, name) for name in ("street", "postcode", "city", "phone")}
    pharmacy = open_pharmacy(
        finess=options.finess, name=options.name, address=address, is_demo=settings.TEMOIN.site.demo
    )
    if is_doubtful_finess(pharmacy.finess):
        say("This FINESS number fails its usual check: compare it with the register.")
    say(f"{pharmacy.finess} {pharmacy.name} is open. Next, its first owner:")
    say(f"  temoin member invite {pharmacy.finess} --profession titulaire …")


def _list(_options: argparse.Namespace) -> None:
    from temoin.pharmacies.models import Pharmacy

    for pharmacy in Pharmacy.objects.order_by("finess"):
        state = "open" if pharmacy.closed_on is None else f"closed on {pharmacy.closed_on}"
        say(f"{pharmacy.finess}  {state:<21}  {pharmacy.name}, {pharmacy.postcode} {pharmacy.city}")


def _close(options: argparse.Namespace) -> None:
    from temoin.pharmacies.actions import close_pharmacy
    from temoin.pharmacies.operator import Operator

    pharmacy = pharmacy_of(options.finess)
    close_pharmacy(by=Operator(pharmacy.id))
    say(f"{pharmacy.finess} {pharmacy.name} is closed: nobody works there from their next request on.")


def _reopen(options: argparse.Namespace) -> None:
    from temoin.pharmacies.actions import reopen_pharmacy
    from temoin.pharmacies.operator import Operator

    pharmacy = pharmacy_of(options.finess)
    reopen_pharmacy(by=Operator(pharmacy.id))
    say(f"{pharmacy.finess} {pharmacy.name} is open again. Its people stay suspended: temoin member resume")
