"""What every command of the operator needs: the staff site's settings and database role, and errors in plain words."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from temoin.cli.console import complain
from temoin.cli.database_server import database_running
from temoin.cli.django_process import become, settings_file
from temoin.cli.refusals import words_of
from temoin.lib.config_error import ConfigError
from temoin.settings.file import VARIABLE, Process, copy_named

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
    from django.utils import translation

    from temoin.lib.errors import TemoinError

    with translation.override("en"), known_database(settings):
        try:
            return work(options) or DONE
        except TemoinError as error:  # here: its words are in the language of the command
            complain(words_of(error))
            return REFUSED


@contextmanager
def known_database(settings: Path) -> Iterator[None]:
    """Keep the database of the settings running for the block; ConfigError where its tables are another version's."""
    with database_running(settings):
        keep_to_known_tables()
        yield


def keep_to_known_tables() -> None:
    """Refuse tables of another version, as processes do at their start: their rows would be misread."""
    if copy_named() is not None:  # of a backup from before an upgrade, perhaps, of which nothing is changed
        return
    from django.db import connection

    from temoin.site.known_schema import schema_findings

    connection.ensure_connection()
    if found := schema_findings(connection.connection):
        raise ConfigError("\n".join(found))


def pharmacy_of(finess: str) -> Pharmacy:
    from temoin.pharmacies.models import Pharmacy
    from temoin.pharmacies.numbers import check_finess

    pharmacy = Pharmacy.objects.filter(finess=check_finess(finess)).first()
    if pharmacy is None:
        raise ConfigError("No pharmacy has this FINESS number here: temoin pharmacy list")
    return pharmacy
