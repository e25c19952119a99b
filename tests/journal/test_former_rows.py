"""A whole old row put back opens: the journal tells of it, for every sealed table and for accounts, or says why not."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

from people import open_house
from sealed_journal import Journal, as_sealer
from tampering_material import changes_of, make_material

from temoin.keeping.rows import sealed_models
from temoin.pharmacies.account_events import FACTOR, PERSON
from temoin.testing.authority import compare_authority
from temoin.testing.written import told_models

sys.path.append(str(Path(__file__).parents[2] / "drill"))
from tamperings import SEALED, Scene, changed_rows, keep_former_rows, keep_tables, put_back_tables, put_former_row_back

# Those of whose rows no event tells, each with its place in the threat model.
UNTOLD = {
    "arrivals_key",
    "certificates_issued",
    "outbox_attempt",
    "outbox_sides",
    "outbox_parcel",
    "pharmacies_program_call",
    "pharmacies_program_token",
    "surveillance_counted_day",
    "testing_record_version",
}
THREAT_MODEL = Path(__file__).parents[2] / "docs" / "compliance" / "threat-model.md"


def found() -> list[str]:
    with as_sealer():
        return [one.note for one in compare_authority()]


def test_events_tell_of_every_sealed_table_and_of_accounts():
    told = {model._meta.db_table for model in told_models()}

    assert told | UNTOLD == {model._meta.db_table for model in sealed_models()}
    assert set(SEALED) == told | {PERSON, FACTOR}


def test_what_no_event_tells_of_is_in_the_threat_model():
    text = THREAT_MODEL.read_text(encoding="utf-8")

    assert [table for table in sorted(UNTOLD) if f"`{table}`" not in text] == []


def test_no_old_row_comes_back_unseen(empty: Journal):
    house = open_house()
    changes = changes_of(house.owner, make_material(house.owner, house.student))
    keep_former_rows(empty.superuser)
    for change in changes.values():
        change()
    assert found() == []
    keep_tables(empty.superuser)

    for table in SEALED:
        rows = changed_rows(empty.superuser, table)
        assert (table, bool(rows)) == (table, True)
        scene = Scene(empty.superuser, empty.signer, Random(1))  # noqa: S311 not a secret
        put_former_row_back(scene, table, rows[0])
        notes = found()
        assert notes
        assert notes[0].startswith(f"{table} {rows[0]} ")
        assert [note for note in notes if str(rows[0]) not in note] == []
        put_back_tables(empty.superuser)

    for schema in ("former", "aside"):
        empty.superuser.execute(f"DROP SCHEMA {schema} CASCADE")
