"""`temoin import results FILE`: signs each valid row of a file, through the same action as the page."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TextIO

from temoin.cli.commands import Commands
from temoin.cli.console import complain
from temoin.cli.django_process import become, settings_file, settings_of_process
from temoin.cli.operating import known_database
from temoin.formats.csv.dates import DateOrder
from temoin.formats.csv.profiles import own_profile, plain_heading
from temoin.formats.csv.reading import Said
from temoin.formats.csv.tables import LARGEST_FILE, Encoding
from temoin.formats.csv.template import template
from temoin.lib.config_error import ConfigError
from temoin.settings.file import VARIABLE, Process

ALL_TAKEN, SOME_REFUSED, FILE_REFUSED = 0, 1, 2


def add_commands(commands: Commands) -> None:
    nouns = commands.add_parser("import", help="take in a file").add_subparsers(metavar="WHAT", required=True)
    results = nouns.add_parser(
        "results",
        help="sign the results in a file: CSV, Excel, HL7 v2 or FHIR",
        description="Signs each valid row of a file of results. Importing a file again stores nothing twice.",
        epilog="Status: 0 every row is stored, 1 rows were refused, 2 nothing could be done.",
    )
    _add_options(results, "a CSV or XLSX file of one of the profiles, HL7 v2 messages or FHIR; - for stdin")
    results.add_argument("--errors-csv", metavar="FILE", help="write refused rows as CSV, - for stdout")
    results.set_defaults(run=run_results)
    people = nouns.add_parser(
        "patients",
        help="register the patients of a list",
        description="Registers the new patients of a list. Who may be known already is told and not registered.",
        epilog="Status: 0 every row is known or registered, 1 rows were set aside or refused, 2 nothing could be done.",
    )
    _add_options(people, "a CSV or XLSX file; - for stdin")
    people.set_defaults(run=run_patients)
    model = nouns.add_parser("template", help="print a file of temoin-results-1 to fill in")
    model.add_argument("--lang", choices=("fr", "en"), help="language of the columns (default: French)")
    model.set_defaults(run=run_template)


def _add_options(results: argparse.ArgumentParser, file: str) -> None:
    results.add_argument("file", metavar="FILE", help=file)
    results.add_argument("--data", type=Path, help="folder that holds temoin.toml (default: TEMOIN_CONFIG)")
    results.add_argument("--pharmacy", metavar="FINESS", help="pharmacy that did the tests")
    results.add_argument("--by", metavar="E-MAIL", help="pharmacist of that pharmacy who signs")
    results.add_argument(
        "--dates", choices=[order.value for order in DateOrder], help="order of day and month in dates between strokes"
    )
    results.add_argument(
        "--encoding", choices=[one.value for one in Encoding], help="what a CSV file is written in (default: UTF-8)"
    )
    results.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="HEADING=COLUMN",
        type=_heading,
        help="a heading of the file and the column of temoin-results-1 that it stands for; remembered",
    )
    results.add_argument("--dry-run", action="store_true", help="check every row and store nothing")
    results.add_argument("--lang", choices=("fr", "en"), help="language of messages (default: French)")


def run_template(options: argparse.Namespace) -> int:
    sys.stdout.buffer.write(template(_language(options.lang)))
    return ALL_TAKEN


def _heading(text: str) -> tuple[str, str]:
    """Read HEADING=COLUMN, with the column's English or French name."""
    heading, _sign, word = text.rpartition("=")
    name = own_profile().headings.get(plain_heading(word))
    if not heading or name is None:
        raise argparse.ArgumentTypeError(f"{text} must be HEADING=COLUMN, with a column of temoin-results-1")
    return plain_heading(heading), name


def run_results(options: argparse.Namespace) -> int:
    with _opened(options) as opened:
        stream = opened.enter_context(_opened_file(options.file))
        errors = opened.enter_context(_opened_errors(options.errors_csv))
        opened.enter_context(known_database(settings_file(options.data)))
        return _import(options, stream, errors)


def run_patients(options: argparse.Namespace) -> int:
    with _opened(options) as opened:
        stream = opened.enter_context(_opened_file(options.file))
        opened.enter_context(known_database(settings_file(options.data)))
        return _import_patients(options, stream)


@contextmanager
def _opened(options: argparse.Namespace) -> Iterator[ExitStack]:
    """Become the staff site, in the language asked for."""
    os.environ[VARIABLE] = str(settings_file(options.data))
    become(Process.STAFF)
    from django.utils import translation

    with ExitStack() as opened, translation.override(_language(options.lang)):
        yield opened


def _import_patients(options: argparse.Namespace, stream: BinaryIO) -> int:
    from temoin.cli.import_words import PeopleTeller
    from temoin.cli.signer import choose_signer
    from temoin.formats.csv.problems import FileRefusedError
    from temoin.intake.people import ListRun, PersonFate, import_patients
    from temoin.journal.act import denials_recorded
    from temoin.lib.errors import DeniedError

    teller = PeopleTeller()
    try:
        by = choose_signer(finess=options.pharmacy, email=options.by, is_demo=settings_of_process().site.demo)
        with denials_recorded(by):
            counts = import_patients(
                by=by,
                stream=stream,
                run=ListRun(is_trial=options.dry_run),
                tell=teller.tell,
                dates=DateOrder(options.dates) if options.dates else None,
                said=Said(Encoding(options.encoding or Encoding.UTF_8), dict(options.column)),
            )
    except FileRefusedError as error:
        complain(f"{error.message(_language(options.lang))} {error.remedy(_language(options.lang))}")
        return FILE_REFUSED
    except DeniedError as error:
        complain(_denial(error))
        return FILE_REFUSED
    teller.sum_up(counts, is_trial=options.dry_run)
    return SOME_REFUSED if counts[PersonFate.REFUSED] or counts[PersonFate.NEAR] else ALL_TAKEN


def _import(options: argparse.Namespace, stream: BinaryIO, errors: TextIO | None) -> int:
    from django.db import OperationalError
    from django.utils.translation import get_language

    from temoin.cli.import_words import ImportTeller
    from temoin.cli.signer import choose_signer
    from temoin.formats.csv.problems import FileRefusedError
    from temoin.intake.results import import_results
    from temoin.intake.sameness import Sameness
    from temoin.journal.act import denials_recorded
    from temoin.lib.errors import DeniedError

    teller = ImportTeller(errors, is_trial=options.dry_run)
    try:
        by = choose_signer(finess=options.pharmacy, email=options.by, is_demo=settings_of_process().site.demo)
        dates = DateOrder(options.dates) if options.dates else None
        said = Said(Encoding(options.encoding or Encoding.UTF_8), dict(options.column))
        with denials_recorded(by):
            counts = import_results(
                by=by,
                stream=stream,
                dry_run=options.dry_run,
                tell=teller.tell,
                dates=dates,
                said=said,
                tell_file=teller.tell_file,
            )
    except FileRefusedError as error:
        lang = get_language() or "fr"
        complain(f"{error.message(lang)} {error.remedy(lang)}")
        return FILE_REFUSED
    except DeniedError as error:
        complain(_denial(error))
        return FILE_REFUSED
    except OperationalError:
        complain(teller.stopped())
        return FILE_REFUSED
    teller.sum_up(counts)
    return SOME_REFUSED if counts[Sameness.REFUSED] else ALL_TAKEN


def _denial(error: Exception) -> str:
    from django.utils.translation import gettext

    from temoin.pharmacies.professions import Right

    if str(error) == Right.IMPORT_RESULTS.value:
        return gettext("Only a pharmacist of the pharmacy may import results: importing signs them.")
    return str(error)


def _language(asked: str | None) -> str:
    if asked:
        return asked
    environment = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG", "")
    return "en" if environment.lower().startswith("en") else "fr"


@contextmanager
def _opened_file(name: str) -> Iterator[BinaryIO]:
    """Open a file where it is; what can only be read once is held in memory, never on disk (law 7)."""
    if name == "-":
        yield _in_memory(sys.stdin.buffer)
        return
    try:
        stream = Path(name).open("rb")  # noqa: SIM115 closed by the block below
    except OSError as error:
        raise ConfigError(f"{name} cannot be read: {error.strerror}.") from None
    with stream:
        yield stream if stream.seekable() else _in_memory(stream)


def _in_memory(stream: BinaryIO) -> BinaryIO:
    return io.BytesIO(stream.read(LARGEST_FILE + 1))  # one byte more: the reader refuses what is too large


def _spare(target: Path) -> None:
    """Refuse to write over any file but an earlier list of refused rows: the file to import, for one."""
    from temoin.cli.import_words import ERROR_COLUMNS

    if not target.is_file():
        return
    with target.open("rb") as file:
        begin = file.read(200)
    if begin and not begin.startswith(",".join(ERROR_COLUMNS).encode()):
        raise ConfigError(
            f"{target} is no list of refused rows, and is not written over: name another with --errors-csv."
        )


@contextmanager
def _opened_errors(name: str | None) -> Iterator[TextIO | None]:
    if name is None or name == "-":
        yield None if name is None else sys.stdout
        with suppress(BrokenPipeError):
            sys.stdout.flush()
        return
    try:
        _spare(Path(name))
        errors = Path(name).open("w", encoding="utf-8", newline="")  # noqa: SIM115 likewise
    except OSError as error:
        raise ConfigError(f"{name} cannot be written: {error.strerror}.") from None
    with errors:
        yield errors
