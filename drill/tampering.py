"""The drill of the journal: every deed of `tamperings.py`, many tries each, against both verifiers.

    drill/tampering.py [--tries 20] [--base-port 8600] [--seed N] [--at-least 1]

It starts a demonstration in a folder of its own, lets it work and stops it; then somebody who owns the database tampers
with what it left, one deed at a time, and all is put back after each. For each deed it prints by how many tries
`temoin journal verify` was alarmed, and by how many `tools/verify_journal.py` was, from an export alone. The last line
is the share of tries that both caught; a try on which the two do not agree, with the folder of checkpoints or without
it, counts as missed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from demonstration import demonstration

from temoin.settings.file import Process
from temoin_demo.postgresql.roles import DATABASE
from temoin_demo.postgresql.server import SUPERUSER, EmbeddedServer

sys.path.append(str(Path(__file__).parents[1] / "tools"))

# Nobody looks at a list in that demonstration: one look, as the staff site writes it, its event and whom it showed.
LOOK_AT_A_LIST = """
    WITH seen AS (
        SELECT pharmacy_id, array_agg(id) AS subjects,
               encode(sha256(string_agg(uuid_send(id), ''::bytea ORDER BY id)), 'hex') AS digest
          FROM testing_record GROUP BY pharmacy_id
    ), kept AS (
        INSERT INTO journal_listing (pharmacy_id, id, subjects)
        SELECT pharmacy_id, substr(digest, 1, 32)::uuid, subjects FROM seen
    )
    INSERT INTO journal_event (pharmacy_id, id, kind, profession, origin, subject_kind, outcome, reason, detail, digest)
    SELECT pharmacy_id, gen_random_uuid(), 'test.list_read', 'titulaire', 'page', 'record', 'done', '', '', digest
      FROM seen
"""
WORK = 45.0  # seconds for which the demonstration works: results are sent, letters made, checkpoints follow each other
Verdicts = tuple[bool, bool]


def main() -> int:
    """Tamper, print, and judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tries", type=int, default=20)
    parser.add_argument("--base-port", type=int, default=8600)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--at-least", type=float, default=0.0)
    options = parser.parse_args()
    print(f"seed {options.seed}")
    with TemporaryDirectory(prefix="temoin-tampering-") as name:
        folder = Path(name)
        with demonstration(folder, options.base_port):
            work(folder / "data")
        with owned_database(folder / "data") as database:
            caught, tried = tamper(database, options.tries, random.Random(options.seed))  # noqa: S311 not a secret
    print(f"caught {caught} of {tried} tries, by both verifiers")
    print(f"{caught / tried:.3f}")
    return 0 if caught / tried >= options.at_least else 1


def work(data: Path) -> None:
    """Let the demonstration work, and its people make and change a row of every sealed table; keep the former rows."""
    from tamperings import keep_former_rows

    _people("make", data)
    time.sleep(WORK)
    server = EmbeddedServer(data)
    conninfo = server.conninfo(SUPERUSER, server.superuser_password(), DATABASE)
    with psycopg.connect(conninfo, autocommit=True) as database:
        keep_former_rows(database)
    _people("change", data)


def _people(what: str, data: Path) -> None:
    script = Path(__file__).parents[1] / "tests" / "tampering_material.py"
    subprocess.run([sys.executable, str(script), "--data", str(data), what], check=True)


@contextmanager
def owned_database(data: Path) -> Iterator[psycopg.Connection[Any]]:
    """Start the database alone, be the sealer in this process, and hold the superuser's connection."""
    from temoin.cli.django_process import become

    server = EmbeddedServer(data)
    server.start()
    try:
        become(Process.SEALER, data)
        conninfo = server.conninfo(SUPERUSER, server.superuser_password(), DATABASE)
        with psycopg.connect(conninfo, autocommit=True) as database:
            yield database
    finally:
        server.stop()


def tamper(database: psycopg.Connection[Any], tries: int, chance: random.Random) -> tuple[int, int]:
    """Try every deed; return how many tries both verifiers caught, and how many there were."""
    from tamperings import DEEDS, Scene, keep_tables, put_back_folder, put_back_tables

    judge, seal, signer = _means()
    database.execute(LOOK_AT_A_LIST)
    seal()
    if judge() != ((False, False), (False, False)):
        raise RuntimeError("the demonstration's journal is not clean before any deed")
    keep_tables(database)
    caught, size = 0, Scene(database, signer, chance).size
    for deed in DEEDS:
        found = []
        for _ in range(tries):
            deed(Scene(database, signer, chance, seal))
            found.append(judge())
            put_back_tables(database)
            put_back_folder(_checkpoints(), size)
        both = sum(alone[0] == alone[1] and witnessed == (True, True) for alone, witnessed in found)
        inside, outside = (sum(witnessed[who] for _, witnessed in found) for who in (0, 1))
        print(f"{deed.__name__}: inside {inside}/{tries}, outside {outside}/{tries}, agreed and caught {both}/{tries}")
        caught += both
    return caught, tries * len(DEEDS)


def _means() -> tuple[Callable[[], tuple[Verdicts, Verdicts]], Callable[[], None], Any]:
    """Return what judges (alone and with the folder, inside and outside), what seals, and the journal's key."""
    import verify_journal as outsider

    from temoin.cli.journal import journal_signer
    from temoin.journal.couriers.folder import FolderWitness
    from temoin.journal.evidence import folder_evidence
    from temoin.journal.export import exported_lines
    from temoin.journal.listing_evidence import compare_listings
    from temoin.journal.sealer import bring_up_to_date
    from temoin.journal.sealing import seal_events
    from temoin.journal.verification import verify_journal
    from temoin.journal.walk import Evidence
    from temoin.testing.authority import compare_authority, exported_authority
    from temoin.testing.evidence import compare_records, exported_records

    signer, folder = journal_signer(), _checkpoints()

    def verdicts(evidence: Evidence, kept: Path | None) -> Verdicts:
        export = io.BytesIO(b"".join(exported_lines(exported_authority, exported_records)))
        with contextlib.redirect_stdout(io.StringIO()):
            outside = outsider.check_export(export, signer.verifier.vkey, kept)
        inside = verify_journal(signer.verifier, evidence).findings
        inside += [*compare_records(), *compare_listings(), *compare_authority()]
        return bool(inside), bool(outside)

    def judge() -> tuple[Verdicts, Verdicts]:
        return verdicts(Evidence(), None), verdicts(folder_evidence(folder, signer.verifier), folder)

    def seal() -> None:
        seal_events(signer)
        bring_up_to_date(FolderWitness(folder))

    return judge, seal, signer


def _checkpoints() -> Path:
    from temoin.cli.django_process import settings_of_process

    return settings_of_process().journal.folder


if __name__ == "__main__":
    sys.exit(main())
