"""What every command of the operator needs: the staff site's settings and database role, and errors in plain words."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from temoin.cli.console import complain
from temoin.cli.database_server import database_running
from temoin.cli.django_process import become, settings_file
from temoin.lib.config_error import ConfigError
from temoin.settings.file import VARIABLE, Process

if TYPE_CHECKING:
    from temoin.pharmacies.models import Pharmacy

Work = Callable[[argparse.Namespace], int | None]
DONE, REFUSED = 0, 2


def operator_command(nouns: argparse.ArgumentParser, name: str, words: str, work: Work) -> argparse.ArgumentParser:
    """Add a verb to a noun; `work` runs with Django loaded and the database up."""
    verbs = nouns.get_default("verbs") or nouns.add_subparsers(metavar="VERB", required=True)
    nouns.set_defaults(verbs=verbs)
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=words, description=words)
    parser.add_argument("--data", type=Path, help="folder that holds temoin.toml (default: TEMOIN_CONFIG)")
    parser.set_defaults(run=lambda options: operate(options, work))
    return parser


def operate(options: argparse.Namespace, work: Work, process: Process = Process.STAFF) -> int:
    """Do the operator's work; a refusal is told in a sentence, status 2."""
    settings = settings_file(options.data)
    os.environ[VARIABLE] = str(settings)
    become(process)
    from django.db import OperationalError
    from django.utils import translation

    from temoin.lib.errors import TemoinError

    with translation.override("en"), database_running(settings):
        try:
            return work(options) or DONE
        except TemoinError as error:
            complain(_told(error))
            return REFUSED
        except OperationalError as error:
            complain(database_words(error))
            return REFUSED


def database_words(error: Exception) -> str:
    """Return what a person at a terminal is told when the database does not do it: an outage, or a statement's end."""
    from temoin.lib.away import is_away

    if is_away(error):
        return "The database does not answer, or refuses the role of this command."
    state = getattr(error.__cause__, "sqlstate", None) or type(error).__name__
    return f"The database stopped the work ({state}): a lock or a time limit. Run it again when less goes on there."


def pharmacy_of(finess: str) -> Pharmacy:
    from temoin.pharmacies.models import Pharmacy
    from temoin.pharmacies.numbers import check_finess

    pharmacy = Pharmacy.objects.filter(finess=check_finess(finess)).first()
    if pharmacy is None:
        raise ConfigError("No pharmacy has this FINESS number here: temoin pharmacy list")
    return pharmacy


def _told(error: Exception) -> str:
    from temoin.lib.errors import ConflictError, InvalidError, NotFoundError

    if isinstance(error, InvalidError):
        return " ".join(f"{problem.field}: {problem.message}".removeprefix(": ") for problem in error.problems)
    if isinstance(error, ConflictError):
        return "This was already done."
    return "Not found." if isinstance(error, NotFoundError) else f"Refused: {error}"
