"""`temoin breach`: persons concerned and letters to them, for the owner; counts and notice, for the operator too."""

from __future__ import annotations

import argparse
import csv
import sys
from contextlib import suppress
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from temoin.cli.commands import Commands
from temoin.cli.console import complain, say
from temoin.cli.django_process import settings_of_process
from temoin.cli.operating import operator_command, pharmacy_of
from temoin.lib.config_error import ConfigError
from temoin.lib.spreadsheet import guarded_cell
from temoin.lib.zones import FIRST_DAY, LAST_DAY, bounds_of_day, instants_of, read_instant

if TYPE_CHECKING:
    from temoin.oversight.concerned import Extent, Persons
    from temoin.pharmacies.seat import Seat

COLUMNS = (
    "birth_family_name",
    "birth_given_names",
    "used_family_name",
    "used_given_name",
    "birth_date",
    "phone",
    "email",
    "street",
    "postcode",
    "city",
    "country",
)


def add_commands(commands: Commands) -> None:
    noun = commands.add_parser("breach", help="tell who is concerned by a breach of data")
    listed = operator_command(noun, "persons", "list them as CSV, for the owner who proves themself", _persons)
    listed.add_argument("--pharmacy", metavar="FINESS", required=True)
    listed.add_argument("--by", metavar="E-MAIL", required=True, help="pharmacist owner of that pharmacy")
    listed.add_argument("--key-id", type=UUID, metavar="ID", help="only whose rows this data key seals")
    letters = operator_command(noun, "letters", "write the letter to each of them, in French, for the owner", _letters)
    letters.add_argument("--pharmacy", metavar="FINESS", required=True)
    letters.add_argument("--by", metavar="E-MAIL", required=True, help="pharmacist owner of that pharmacy")
    letters.add_argument("--key-id", type=UUID, metavar="ID", help="only whose rows this data key seals")
    notice = operator_command(
        noun, "notice", "write what the form of the CNIL asks, in French, as far as known", _notice
    )
    notice.add_argument("--pharmacy", metavar="FINESS", required=True)
    counted = operator_command(noun, "count", "count them in each pharmacy; nothing is opened", _count)
    counted.add_argument("--pharmacy", metavar="FINESS", help="this pharmacy alone")
    for parser in (listed, letters, notice, counted):
        parser.add_argument("--since", metavar="DAY", help="first day, 2026-11-01, or a time, 2026-11-01T14:30")
        parser.add_argument("--until", metavar="DAY", help="last day, or the time that ends it")


def _persons(options: argparse.Namespace) -> None:
    _by, persons = _listed(options)
    with suppress(BrokenPipeError):
        _write(persons)
    _say_how_many(persons)


def _letters(options: argparse.Namespace) -> None:
    """Write the letters one after the other, a page each; nothing is kept."""
    from temoin.oversight.breach_notice import breach_facts, letter_text

    pharmacy = pharmacy_of(options.pharmacy)
    by, persons = _listed(options)
    facts = breach_facts(by=by, pharmacy=pharmacy, extent=_extent(options, pharmacy.zone, options.key_id))
    with suppress(BrokenPipeError):
        for _patient_id, traits in persons.traits:
            sys.stdout.write(f"{letter_text(facts, traits)}\f")
        sys.stdout.flush()
    _say_how_many(persons)


def _notice(options: argparse.Namespace) -> None:
    from temoin.oversight.breach_notice import breach_facts, notice_text
    from temoin.pharmacies.operator import Operator

    pharmacy = pharmacy_of(options.pharmacy)
    facts = breach_facts(by=Operator(pharmacy.id), pharmacy=pharmacy, extent=_extent(options, pharmacy.zone))
    say(notice_text(facts))


def _listed(options: argparse.Namespace) -> tuple[Seat, Persons]:
    """Return who proved to be an owner, and the persons concerned."""
    from temoin.cli.signer import choose_signer
    from temoin.journal.act import denials_recorded
    from temoin.oversight.concerned import list_persons

    extent = _extent(options, pharmacy_of(options.pharmacy).zone, options.key_id)
    is_demo = settings_of_process().site.demo
    if is_demo:
        complain("This is a demonstration: at a real site the owner types password and one-time code first.")
    by = choose_signer(finess=options.pharmacy, email=options.by, is_demo=is_demo, origin="command")
    with denials_recorded(by):
        return by, list_persons(by=by, extent=extent)


def _say_how_many(persons: Persons) -> None:
    complain(f"{persons.count} {'person' if persons.count == 1 else 'persons'}.")
    searches = persons.unnamed_searches
    if searches:
        does, they = ("search in this period does", "it") if searches == 1 else ("searches in this period do", "they")
        complain(
            f"{searches} {does} not say whom {they} showed: "
            "if somebody may have read the screens, list again without --since."
        )


def _write(persons: Persons) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(["id", *COLUMNS])
    for patient_id, traits in persons.traits:
        writer.writerow([patient_id, *(guarded_cell(getattr(traits, name)) for name in COLUMNS)])
    sys.stdout.flush()


def _count(options: argparse.Namespace) -> None:
    from temoin.oversight.concerned import count_persons
    from temoin.pharmacies.models import Pharmacy
    from temoin.pharmacies.operator import Operator

    chosen = [pharmacy_of(options.pharmacy)] if options.pharmacy else Pharmacy.real.order_by("finess")
    for pharmacy in chosen:
        count = count_persons(by=Operator(pharmacy.id), extent=_extent(options, pharmacy.zone))
        say(f"{pharmacy.finess}  {count:>7}  {pharmacy.name}")


def _extent(options: argparse.Namespace, zone: ZoneInfo, key_id: UUID | None = None) -> Extent:
    from temoin.oversight.concerned import Extent

    since = _moment(options.since, zone, end=0)
    until = _moment(options.until, zone, end=1)  # the last day is part of the period
    if since is not None and until is not None and since >= until:
        raise ConfigError("The period ends before it begins.")
    return Extent(since=since, until=until, key_id=key_id)


def _moment(text: str | None, zone: ZoneInfo, *, end: int) -> datetime | None:
    """Return what was typed in the pharmacy's time; a day is its first instant, or with `end` its last."""
    if text is None:
        return None
    with suppress(ValueError):
        day = date.fromisoformat(text)
        if FIRST_DAY <= day <= LAST_DAY:
            return bounds_of_day(day, zone)[end]
    with suppress(ValueError):
        return read_instant(text)
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None or not FIRST_DAY.year <= moment.year <= LAST_DAY.year:
            raise ValueError
        found = instants_of(moment, zone)
        if len(found) != 1:
            raise ConfigError(f"The hour {text} comes never or twice in {zone.key}: write its offset, {text}+01:00.")
        return found[0]
    raise ConfigError("Write a day as 2026-11-01 or a time as 2026-11-01T14:30.")
