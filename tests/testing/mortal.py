"""Run as a program: loads Témoin once as one of its processes, then forks a child for each act it is told to do.

    python mortal.py PROCESS FOLDER_OF_THE_DATABASE_SOCKET

Each line of standard input names an act and its subjects, in JSON; the answer is the child's exit status.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from datetime import timedelta
from uuid import UUID

from temoin.cli.django_process import become
from temoin.settings.file import Process

become(Process(sys.argv[1]))

from django.db import connection  # noqa: E402 Django is loaded now

from temoin.catalogue.advice import load_advice  # noqa: E402
from temoin.catalogue.kinds import load_kinds  # noqa: E402
from temoin.catalogue.kits import load_kits  # noqa: E402
from temoin.catalogue.logigrams import load_logigrams  # noqa: E402
from temoin.catalogue.patient_languages import patient_languages  # noqa: E402
from temoin.lib.clock import now  # noqa: E402
from temoin.lib.tenant import tenant_scope  # noqa: E402
from temoin.outbox import queue  # noqa: E402
from temoin.outbox.courier import Answer, Verdict, couriers  # noqa: E402
from temoin.outbox.queue import claim_parcels  # noqa: E402
from temoin.outbox.settling import settle_parcels  # noqa: E402
from temoin.pharmacies.seat import take_seat  # noqa: E402
from temoin.testing.sample import Reading  # noqa: E402
from temoin.testing.signing import cancel_result, correct_result, sign_result  # noqa: E402


def sign(pharmacy: str, person: str, record: str) -> None:
    by = take_seat(person_id=UUID(person), pharmacy_id=UUID(pharmacy))
    reading = Reading(outcomes={"sars-cov-2": "negative"}, read_at=now())
    sign_result(by=by, record_id=UUID(record), reading=reading, seen="")


def correct(pharmacy: str, person: str, record: str) -> None:
    by = take_seat(person_id=UUID(person), pharmacy_id=UUID(pharmacy))
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())
    correct_result(by=by, record_id=UUID(record), expected_version=1, reading=reading, reason="Lecture inversée")


def cancel(pharmacy: str, person: str, record: str) -> None:
    by = take_seat(person_id=UUID(person), pharmacy_id=UUID(pharmacy))
    cancel_result(by=by, record_id=UUID(record), expected_version=1, reason="Mauvais patient")


def settle() -> None:
    """Claim all that waits for the authority, and settle it as accepted."""
    settle_parcels([(load, Answer(Verdict.ACCEPTED, "acknowledged")) for load in claim_parcels("fhir", 100)])


def seal() -> None:
    """Claim the messages that wait, and prepare them: letters are sealed, codes destroyed."""
    for load in claim_parcels("email", 100):
        with tenant_scope(load.pharmacy_id):
            couriers()["email"].prepare(load)


ACTS = {act.__name__: act for act in (sign, correct, cancel, settle, seal)}


def main() -> None:
    connection.settings_dict["HOST"] = sys.argv[2]
    queue.LEASE = timedelta(hours=1)  # what a dead child held must not come back among what the next ones claim
    load_kinds(), load_kits(), load_logigrams(), load_advice(), patient_languages()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _live(**json.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _live(act: str, **subjects: str) -> None:
    try:
        ACTS[act](**subjects)
    except BaseException:  # noqa: BLE001 the child must not return into its parent's loop
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
