"""`temoin leaving`: a pharmacy that leaves takes its whole file along, sealed to its own key."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from temoin.cli.commands import Commands
from temoin.cli.console import complain, say
from temoin.cli.django_process import settings_of_process
from temoin.cli.operating import DONE, operator_command, pharmacy_of
from temoin.cli.supervised import end_by_cleaning
from temoin.lib.config_error import ConfigError
from temoin.lib.ids import new_id

if TYPE_CHECKING:
    from temoin.pharmacies.seat import Seat

NOT_YET = 1


def add_commands(commands: Commands) -> None:
    noun = commands.add_parser("leaving", help="what a pharmacy that leaves takes along")
    words = "write the whole file of a pharmacy, sealed to its own age key, for the owner who proves themself"
    taken = operator_command(noun, "export", words, _export)
    ended = operator_command(noun, "end", "have every patient erased, for the owner who holds that file", _end)
    proven = operator_command(noun, "certificate", "certify what was erased, once nothing is left", _certificate)
    for parser in (taken, ended, proven):
        parser.add_argument("--pharmacy", metavar="FINESS", required=True)
    for parser in (taken, ended):
        parser.add_argument("--by", metavar="E-MAIL", required=True, help="pharmacist owner of that pharmacy")
    words = "of the file, as `export` said it"
    ended.add_argument("--file", dest="digest", metavar="SHA-256", required=True, help=words)
    taken.add_argument("--to", metavar="age1…", required=True, help="public key of the pharmacy: age-keygen makes it")
    taken.add_argument("--out", type=Path, metavar="FILE", required=True, help="where to write it; it must not exist")


def _export(options: argparse.Namespace) -> None:
    from temoin.crypto.sealed_stream import read_recipient, seal_stream
    from temoin.journal.act import denials_recorded
    from temoin.oversight.whole_file import begin_file, note_file, whole_file

    recipient = read_recipient(options.to)
    by, file_id = _owner(options), new_id()
    with denials_recorded(by), _new_file(options.out) as target:
        patients = begin_file(by=by, file_id=file_id, recipient_digest=sha256(recipient.encode()).hexdigest())
        file = whole_file(by=by, patients=patients)
        digest = seal_stream(file.content, to=recipient, target=target)
    note_file(by=by, file_id=file_id, digest=digest, persons=file.persons)
    say(f"{options.out}: {file.persons} patients, sealed to {recipient}.")
    say(f"SHA-256 {digest}")
    say("Open it before you rely on it: age -d -i KEY-FILE FILE | tar -tf - | tail -1 must name end.json.")


def _end(options: argparse.Namespace) -> None:
    from temoin.journal.act import denials_recorded
    from temoin.retention.leaving import end_everything

    by = _owner(options)
    with denials_recorded(by):
        count = end_everything(by=by, file_digest=options.digest)
    say(f"{count} patients go with the next round, with all that is theirs; what is held or on its way stays.")
    say("So does what is written from now on: nothing of it is in that file.")
    say("Close the pharmacy: temoin pharmacy close. Then: temoin leaving certificate")


def _certificate(options: argparse.Namespace) -> int:
    """Write the certificate, or say what is still here; status 1 then."""
    from temoin.oversight.end_certificate import NotEndedError, end_certificate
    from temoin.pharmacies.operator import Operator

    try:
        certificate = end_certificate(by=Operator(pharmacy_of(options.pharmacy).id))
    except NotEndedError as error:
        complain(f"Not yet: {error}. temoin retention says what is held or still on its way.")
        return NOT_YET
    say(json.dumps(certificate, ensure_ascii=False, indent=1))
    return DONE


def _owner(options: argparse.Namespace) -> Seat:
    from temoin.cli.signer import choose_signer

    is_demo = settings_of_process().site.demo
    return choose_signer(finess=options.pharmacy, email=options.by, is_demo=is_demo, origin="command")


@contextmanager
def _new_file(whole: Path) -> Iterator[BinaryIO]:
    """Open a file that nobody else reads and that was not there; what is not written to its end is taken away."""
    if whole.exists():
        raise ConfigError(f"{whole} is there already: name another file.")
    part = whole.with_name(f"{whole.name}.part")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        words = "another export writes it, or was killed. If none is at work, remove it."
        raise ConfigError(f"{part} is there already: {words}") from None
    end_by_cleaning()  # a line that breaks leaves no half of a file behind
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.rename(whole)
    except OSError as error:
        error.filename = error.filename or str(whole)  # which disk is full, whoever reads it must know
        raise
    finally:
        part.unlink(missing_ok=True)
