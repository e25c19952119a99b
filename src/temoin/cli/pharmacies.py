"""`temoin pharmacy open|list|clock|close|reopen`: the pharmacies of this site. No patient data is shown."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from temoin.cli.commands import Commands
from temoin.cli.console import say
from temoin.cli.django_process import settings_of_process
from temoin.cli.members import show_invitation
from temoin.cli.operating import operator_command, pharmacy_of

if TYPE_CHECKING:
    from temoin.pharmacies.models import Pharmacy
    from temoin.pharmacies.newcomer import Newcomer

_OWNER = ("given_name", "family_name", "email", "rpps")


def add_commands(commands: Commands) -> None:
    noun = commands.add_parser("pharmacy", help="open, list and close pharmacies")
    opened = operator_command(noun, "open", "open a pharmacy", _open)
    for name, words in (("finess", "FINESS number of the site"), ("name", "name"), ("street", "street and number")):
        opened.add_argument(f"--{name}", required=True, help=words)
    opened.add_argument("--postcode", required=True)
    opened.add_argument("--city", required=True)
    opened.add_argument("--phone", default="")
    zone_words = "time zone, such as America/Cayenne (default: that of the postcode)"
    opened.add_argument("--time-zone", default="", help=zone_words)
    for name in _OWNER:
        words = "of the first owner, who is invited at once" if name == _OWNER[0] else "likewise"
        opened.add_argument(f"--owner-{name.replace('_', '-')}", default="", help=words)
    operator_command(noun, "list", "list the pharmacies", _list)
    clock = operator_command(noun, "clock", "give a pharmacy another time zone", _clock)
    clock.add_argument("finess", metavar="FINESS")
    clock.add_argument("time_zone", metavar="TIME_ZONE", help="such as Pacific/Noumea")
    closed = operator_command(
        noun, "close", "suspend everybody's place; nothing is erased, parcels still leave", _close
    )
    again = operator_command(noun, "reopen", "open a closed pharmacy again; its people stay suspended", _reopen)
    for parser in (closed, again):
        parser.add_argument("finess", metavar="FINESS")


def _open(options: argparse.Namespace) -> None:
    from temoin.pharmacies.actions import open_pharmacy
    from temoin.pharmacies.numbers import is_doubtful_finess

    owner = _owner(options)  # whoever is named wrongly is refused before anything is opened
    address = {name: getattr(options, name) for name in ("street", "postcode", "city", "phone")}
    pharmacy = open_pharmacy(
        finess=options.finess,
        name=options.name,
        address=address,
        is_demo=settings_of_process().site.demo,
        time_zone=options.time_zone,
    )
    if is_doubtful_finess(pharmacy.finess):
        say("This FINESS number fails its usual check: compare it with the register.")
    say(f"{pharmacy.finess} {pharmacy.name} is open. Its clock shows {_hour(pharmacy)} now ({pharmacy.time_zone}).")
    say(f"If that is wrong: temoin pharmacy clock {pharmacy.finess} TIME_ZONE.")
    if owner is not None:
        show_invitation(pharmacy, owner)
        return
    say("Next, its first owner:")
    say(f"  temoin member invite {pharmacy.finess} --profession titulaire …")


def _owner(options: argparse.Namespace) -> Newcomer | None:
    from temoin.pharmacies.newcomer import check_newcomer

    told = {name: getattr(options, f"owner_{name}") for name in _OWNER}
    if not any(told.values()):
        return None
    return check_newcomer({**told, "profession": "titulaire"})


def _list(_options: argparse.Namespace) -> None:
    from temoin.lib.training import is_training
    from temoin.pharmacies.models import Pharmacy

    for pharmacy in Pharmacy.objects.order_by("finess"):
        state = "open" if pharmacy.closed_on is None else f"closed on {pharmacy.closed_on}"
        state = "training" if is_training(pharmacy.id) else state
        say(
            f"{pharmacy.finess}  {state:<21}  {pharmacy.name}, {pharmacy.postcode} {pharmacy.city}"
            f"  {pharmacy.time_zone}"
        )


def _clock(options: argparse.Namespace) -> None:
    from temoin.pharmacies.actions import move_clock
    from temoin.pharmacies.operator import Operator

    pharmacy = pharmacy_of(options.finess)
    move_clock(by=Operator(pharmacy.id), time_zone=options.time_zone)
    pharmacy.refresh_from_db()
    say(f"The clock of {pharmacy.finess} {pharmacy.name} shows {_hour(pharmacy)} now ({pharmacy.time_zone}).")


def _hour(pharmacy: Pharmacy) -> str:
    from temoin.lib.clock import now
    from temoin.lib.zones import wall_clock

    return f"{wall_clock(now(), pharmacy.zone):%H:%M}"


def _close(options: argparse.Namespace) -> None:
    from temoin.arrivals.appointed import cancel_all
    from temoin.arrivals.posters import end_posters
    from temoin.arrivals.telling import HowTold
    from temoin.lib.tenant import tenant_scope
    from temoin.pharmacies.actions import close_pharmacy
    from temoin.pharmacies.operator import Operator

    pharmacy = pharmacy_of(options.finess)
    with tenant_scope(pharmacy.id):  # all or nothing: nobody hands a form in, or is waited for, where nobody works
        told = cancel_all(by=Operator(pharmacy.id))
        close_pharmacy(by=Operator(pharmacy.id))
        end_posters(by=Operator(pharmacy.id))
    say(f"{pharmacy.finess} {pharmacy.name} is closed: nobody works there from their next request on.")
    if told:
        mailed, others = told[HowTold.MAIL], told.total() - told[HowTold.MAIL]
        say(f"Appointments cancelled: {mailed + others}. Told by e-mail: {mailed}. Not told: {others}.")


def _reopen(options: argparse.Namespace) -> None:
    from temoin.pharmacies.actions import reopen_pharmacy
    from temoin.pharmacies.operator import Operator

    pharmacy = pharmacy_of(options.finess)
    reopen_pharmacy(by=Operator(pharmacy.id))
    say(f"{pharmacy.finess} {pharmacy.name} is open again. Its people stay suspended: temoin member resume")
