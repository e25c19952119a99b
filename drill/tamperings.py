"""What somebody who owns the database can do to the journal and to what it tells of: one table, for drill and tests.

Each deed is done by a superuser on a sealed journal with signed records. `True` in the table says that only what a
witness keeps (here the folder of checkpoints) betrays it for sure. None may escape either verifier.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import psycopg

from temoin.crypto.envelope import CONTENT
from temoin.crypto.notes import NoteSigner
from temoin.journal.checkpoint import Reach, sign_checkpoint
from temoin.journal.cuts import NOWHERE, LostRange, lost_of
from temoin.journal.leaf import LEAF
from temoin.journal.tree import GrowingTree, hash_leaf

COPIED = "pharmacy_id, actor_id, profession, origin, subject_kind, subject_id, outcome, reason"
DIGEST = (
    f"encode(sha256(substr(sealed, {CONTENT + 1}) || uuid_send(id) || uuid_send(signed_by) "
    "|| int8send(extract(epoch FROM signed_at)::bigint)), 'hex')"
)


UNSEALED = (
    "NOT EXISTS (SELECT FROM journal_leaf AS leaf WHERE leaf.pharmacy_id = event.pharmacy_id "
    "AND leaf.event_id = event.id)"
)
SEALINGS = 200

# All that a deed may touch.
TABLES = (
    "arrivals_poster",
    "journal_event",
    "journal_leaf",
    "journal_node",
    "journal_checkpoint",
    "journal_listing",
    "testing_group",
    "testing_orphan_result",
    "testing_record",
    "testing_record_version",
    "pharmacies_member",
    "signin_person",
    "pharmacies_invitation",
    "pharmacies_program",
    "pharmacies_register_check",
    "mfa_authenticator",
    "intake_file_terms",
    "testing_ticket",
    "patients_patient",
    "patients_consent",
    "outbox_parcel",
    "outbox_attempt",
    "outbox_sides",
    "retention_case",
    "retention_hold",
    "webhooks_webhook",
)


# What makes a row of a table another one: its sealed value, or what an account keeps of its own.
SEALED = {
    "arrivals_poster": "sealed",
    "intake_file_terms": "sealed",
    "patients_patient": "sealed",
    "pharmacies_invitation": "sealed",
    "pharmacies_member": "sealed",
    "signin_person": "password",
    "pharmacies_program": "sealed",
    "pharmacies_register_check": "sealed",
    "mfa_authenticator": "data",
    "retention_case": "sealed",
    "retention_hold": "sealed",
    "testing_group": "sealed",
    "testing_orphan_result": "sealed",
    "testing_record": "sealed",
    "testing_ticket": "sealed",
    "webhooks_webhook": "sealed",
}

# Two states of what stands beside a test: nobody may bring back what was ended, or end it, but by an act.
MOVED = {
    "arrivals_poster": ("standing", "withdrawn"),
    "testing_group": ("open", "closed"),
    "testing_orphan_result": ("waiting", "set_aside"),
    "webhooks_webhook": ("active", "ended"),
}

# What goes with a result, in whichever order.
RECORDS = {
    "testing_record_version": "record_id",
    "testing_ticket": "record_id",
    "patients_consent": "id",
    "testing_record": "id",
}


def keep_former_rows(database: psycopg.Connection[Any]) -> None:
    """Copy what is sealed, as somebody with an old dump has it: see `put_a_former_row_back`."""
    database.execute("DROP SCHEMA IF EXISTS former CASCADE")
    database.execute("CREATE SCHEMA former")
    for table in SEALED:
        database.execute(f"CREATE TABLE former.{table} AS SELECT * FROM public.{table}")  # noqa: S608


def changed_rows(database: psycopg.Connection[Any], table: str) -> list[Any]:
    """Return the ids of the rows that were another then, or are gone."""
    column = SEALED[table]
    found = database.execute(
        f"SELECT former.id FROM former.{table} AS former LEFT JOIN public.{table} AS live ON live.id = former.id "  # noqa: S608
        f"WHERE live.{column} IS DISTINCT FROM former.{column} ORDER BY 1"
    )
    return [row[0] for row in found.fetchall()]


def put_former_row_back(scene: Scene, table: str, row_id: object) -> None:
    """Put a row of the old dump in the place of today's."""
    scene.do(f"DELETE FROM public.{table} WHERE id = %s", row_id)  # noqa: S608
    scene.do(f"INSERT INTO public.{table} SELECT * FROM former.{table} WHERE id = %s", row_id)  # noqa: S608


def keep_tables(database: psycopg.Connection[Any]) -> None:
    """Copy the tables aside, to be put back after each deed."""
    database.execute("DROP SCHEMA IF EXISTS aside CASCADE")
    database.execute("CREATE SCHEMA aside")
    for table in TABLES:
        database.execute(f"CREATE TABLE aside.{table} AS SELECT * FROM public.{table}")  # noqa: S608


def put_back_tables(database: psycopg.Connection[Any]) -> None:
    """Undo a deed."""
    database.execute("SET session_replication_role = replica")
    with database.transaction():
        for table in TABLES:
            database.execute(f"DELETE FROM public.{table}")  # noqa: S608
            database.execute(f"INSERT INTO public.{table} SELECT * FROM aside.{table}")  # noqa: S608


def put_back_folder(folder: Path, size: int) -> None:
    """Forget what a deed had sealed: the checkpoints beyond a size, with their leaves."""
    for path in folder.glob("*/*"):
        if int(path.name.split(".")[0]) > size:
            path.unlink()


@dataclass
class Scene:
    """A sealed journal, its key, the superuser's hand on it, chance, and the means to seal as the product does."""

    database: psycopg.Connection[Any]
    signer: NoteSigner
    chance: Random
    seal: Callable[[], None] = field(default=lambda: None)

    def do(self, sql: str, *values: object) -> None:
        """Run a statement, with every trigger off."""
        self.database.execute("SET session_replication_role = replica")
        self.database.execute(sql, values or None)  # type: ignore[arg-type]

    def ask(self, sql: str, *values: object) -> Any:
        """Return the first column of the first row."""
        row = self.database.execute(sql, values or None).fetchone()  # type: ignore[arg-type]
        if row is None:
            raise RuntimeError(f"nothing to tamper with: {sql}")
        return row[0]

    @property
    def size(self) -> int:
        """Return how many leaves there are."""
        return int(self.ask("SELECT count(*) FROM journal_leaf"))

    def place(self) -> int:
        """Return any place of the tree."""
        return self.chance.randrange(self.size)

    def event(self, index: int) -> Any:
        """Return the id of the event at a place."""
        return self.ask("SELECT event_id FROM journal_leaf WHERE index = %s", index)

    def version(self) -> Any:
        """Return the id of any signed version."""
        ids = [row[0] for row in self.database.execute("SELECT id FROM testing_record_version ORDER BY id").fetchall()]
        return self.chance.choice(ids)

    def listing(self) -> Any:
        """Return the id of anything that a list showed."""
        return self.chance.choice(self.database.execute("SELECT id FROM journal_listing ORDER BY id").fetchall())[0]

    def one_of(self, table: str, where: str = "true") -> Any:
        """Return the id of any row of a table."""
        asked = f"SELECT id FROM {table} WHERE {where} ORDER BY id"  # noqa: S608
        return self.chance.choice(self.database.execute(asked).fetchall())[0]  # type: ignore[arg-type]

    def checkpoint(self) -> int:
        """Return the size of any checkpoint."""
        sizes = self.database.execute("SELECT size FROM journal_checkpoint ORDER BY size").fetchall()
        return int(self.chance.choice(sizes)[0])

    def recompute(self, index: int) -> None:
        """Make a leaf fit its event, as whoever knows the format would."""
        query = f"COPY (SELECT {LEAF} FROM journal_event AS event WHERE id = '{self.event(index)}') TO STDOUT"  # noqa: S608
        with self.database.cursor() as cursor, cursor.copy(query) as lines:
            leaf = b"".join(bytes(block) for block in lines).rstrip(b"\n")
        self.do("UPDATE journal_leaf SET hash = %s WHERE index = %s", hash_leaf(leaf), index)

    def sign_again(self, signer: NoteSigner) -> None:
        """Make every node and checkpoint fit leaves and columns, as whoever held a key would."""
        tree = GrowingTree()
        for (leaf,) in self.database.execute("SELECT hash FROM journal_leaf ORDER BY index").fetchall():
            for node in tree.append(bytes(leaf)):
                self.do("UPDATE journal_node SET hash = %s WHERE level = %s AND index = %s", node[2], node[0], node[1])
            row = self.database.execute(
                "SELECT (extract(epoch FROM at) * 1000000)::bigint, cluster, watermark FROM journal_checkpoint "
                "WHERE size = %s",
                [tree.size],
            ).fetchone()
            if row is not None:
                note = sign_checkpoint(signer, tree.size, tree.root(), Reach(*row)).note
                self.do("UPDATE journal_checkpoint SET note = %s WHERE size = %s", note, tree.size)

    def forge(self, *, like: object, at: str = "now()", xid: str = "pg_current_xact_id()", **changed: str) -> None:
        """Add an event like another one."""
        columns = {"kind": "kind", "detail": "detail", "digest": "digest", **changed}
        self.do(
            f"INSERT INTO journal_event (id, at, xid, {COPIED}, {', '.join(columns)}) SELECT gen_random_uuid(), {at}, "  # noqa: S608
            f"{xid}, {COPIED}, {', '.join(columns.values())} FROM journal_event AS event WHERE id = %s",
            like,
        )

    def telling(self, version: object) -> Any:
        """Return the id of the event that tells of a version."""
        return self.ask(
            "SELECT event.id FROM journal_event AS event JOIN testing_record_version AS version "
            "ON version.record_id = event.subject_id AND version.number::text = event.detail "
            "WHERE event.kind IN ('result.signed', 'result.corrected', 'result.cancelled') AND version.id = %s",
            version,
        )

    def seal_all(self) -> None:
        """Seal until nothing waits: a transaction of the server's own puts sealing off for a moment."""
        for _ in range(SEALINGS):
            self.seal()
            if self.ask(f"SELECT count(*) FROM journal_event AS event WHERE {UNSEALED}") == 0:  # noqa: S608
                return
            time.sleep(0.05)
        raise RuntimeError("the events are not sealed")

    def reads(self, count: int = 3) -> list[int]:
        """Add reads of a test, which no row hangs on, under a checkpoint of their own; return their places."""
        size = self.size
        for _ in range(count):
            self.forge(
                like=self.event(self.chance.randrange(size)), kind="'test.read'", detail="'0'", digest="''", wrote="''"
            )
        self.seal_all()
        return list(range(size, size + count))

    def lose(self, places: Iterable[int]) -> None:
        """Take events away, and leave of each place what a restore leaves."""
        for place in places:
            self.do("DELETE FROM journal_event WHERE id = %s", self.event(place))
            self.do(
                "UPDATE journal_leaf SET pharmacy_id = %s, event_id = substr(encode(hash, 'hex'), 1, 32)::uuid "
                "WHERE index = %s",
                NOWHERE.decode(),
                place,
            )

    def loss(self, places: list[int]) -> LostRange:
        """Return what is to be stated of a loss, as of now."""
        return lost_of(places, self.size, self.root())

    def state(self, told: LostRange, *, pharmacies: int | None = None) -> None:
        """State a loss as `temoin journal resume` does, in each pharmacy or in some."""
        words = "SELECT DISTINCT ON (pharmacy_id) id FROM journal_event ORDER BY pharmacy_id, at, id"
        for (like,) in self.database.execute(words).fetchall()[:pharmacies]:
            kind, detail, digest = "'journal.resumed'", f"'{told.detail}'", f"'{told.digest}'"
            self.forge(like=like, kind=kind, detail=detail, digest=digest, wrote="''")

    def root(self) -> bytes:
        """Return the root of the tree as it stands."""
        tree = GrowingTree()
        for (leaf,) in self.database.execute("SELECT hash FROM journal_leaf ORDER BY index").fetchall():
            tree.append(bytes(leaf))
        return tree.root()

    def cut(self, size: int) -> None:
        """Remove the tail: events, leaves, nodes and checkpoints."""
        self.do("DELETE FROM journal_event WHERE id IN (SELECT event_id FROM journal_leaf WHERE index >= %s)", size)
        self.do("DELETE FROM journal_leaf WHERE index >= %s", size)
        self.do("DELETE FROM journal_node WHERE (index + 1) << level > %s", size)
        self.do("DELETE FROM journal_checkpoint WHERE size > %s", size)


EDITS = (
    "detail = detail || 'x'",
    "actor_id = gen_random_uuid()",
    "at = at - interval '1 day'",
    "outcome = 'refused'",
    "digest = '00'",
    "kind = 'patient.read' || kind",
    "subject_id = gen_random_uuid()",
    "profession = 'titulaire' || profession",
)


def _edit(scene: Scene, index: int) -> None:
    scene.do(f"UPDATE journal_event SET {scene.chance.choice(EDITS)} WHERE id = %s", scene.event(index))  # noqa: S608


def edit_an_event(scene: Scene) -> None:
    _edit(scene, scene.place())


def edit_an_event_with_its_leaf(scene: Scene) -> None:
    index = scene.place()
    _edit(scene, index)
    scene.recompute(index)


def edit_an_event_and_sign_with_another_key(scene: Scene) -> None:
    edit_an_event_with_its_leaf(scene)
    scene.sign_again(NoteSigner(scene.signer.verifier.name, scene.chance.randbytes(32)))


def edit_an_event_and_sign_with_the_journals_key(scene: Scene) -> None:
    edit_an_event_with_its_leaf(scene)
    scene.sign_again(scene.signer)


def delete_an_event(scene: Scene) -> None:
    scene.do("DELETE FROM journal_event WHERE id = %s", scene.event(scene.place()))


def delete_an_event_with_its_leaf(scene: Scene) -> None:
    index = scene.place()
    delete = scene.event(index)
    scene.do("DELETE FROM journal_event WHERE id = %s", delete)
    scene.do("DELETE FROM journal_leaf WHERE index = %s", index)


def cut_the_tail_but_not_its_checkpoints(scene: Scene) -> None:
    size = scene.place()
    scene.do("DELETE FROM journal_event WHERE id IN (SELECT event_id FROM journal_leaf WHERE index >= %s)", size)
    scene.do("DELETE FROM journal_leaf WHERE index >= %s", size)


def cut_the_tail_cleanly(scene: Scene) -> None:
    sizes = scene.database.execute("SELECT size FROM journal_checkpoint ORDER BY size").fetchall()
    scene.cut(int(scene.chance.choice(sizes[:-1])[0]))


def put_an_old_copy_back_and_go_on(scene: Scene) -> None:
    cut_the_tail_cleanly(scene)
    for _ in range(3):
        scene.forge(like=scene.event(scene.place()), kind="'test.read'", detail="'0'", digest="''")
    scene.seal()


def empty_the_journal(scene: Scene) -> None:
    scene.cut(0)
    scene.do("DELETE FROM testing_record_version")
    scene.do("UPDATE testing_record SET version = 0, state = 'sampled'")


def swap_two_events(scene: Scene) -> None:
    pair = [scene.event(index) for index in scene.chance.sample(range(scene.size), 2)]
    same = "detail = other.detail, subject_id = other.subject_id, kind = other.kind, at = other.at"
    scene.do(
        f"UPDATE journal_event AS event SET {same} FROM journal_event AS other "  # noqa: S608
        "WHERE event.id = ANY(%s) AND other.id = ANY(%s) AND event.id <> other.id",
        pair,
        pair,
    )


def swap_two_leaves(scene: Scene) -> None:
    first, second = scene.chance.sample(range(scene.size), 2)
    for before, after in ((first, -1), (second, first), (-1, second)):
        scene.do("UPDATE journal_leaf SET index = %s WHERE index = %s", after, before)


def move_an_event_to_another_pharmacy(scene: Scene) -> None:
    scene.do("UPDATE journal_event SET pharmacy_id = gen_random_uuid() WHERE id = %s", scene.event(scene.place()))


def add_an_event_that_claims_an_old_time(scene: Scene) -> None:
    scene.forge(like=scene.event(scene.place()), at="now() - interval '1 day'", kind="'test.read'", digest="''")


def add_an_event_of_a_far_transaction(scene: Scene) -> None:
    far = str(9_100_000_000_000_000_000 - scene.chance.randrange(10**9))
    scene.forge(like=scene.event(scene.place()), xid=f"'{far}'::xid8", kind="'test.read'", digest="''")


def add_an_event_of_a_past_transaction(scene: Scene) -> None:
    scene.forge(like=scene.event(scene.place()), xid="event.xid", kind="'test.read'", digest="''")


def change_a_signer(scene: Scene) -> None:
    scene.do("UPDATE testing_record_version SET signed_by = gen_random_uuid() WHERE id = %s", scene.version())


def change_an_hour_of_signature(scene: Scene) -> None:
    scene.do(
        "UPDATE testing_record_version SET signed_at = signed_at - interval '1 hour' WHERE id = %s", scene.version()
    )


def _vouch(scene: Scene, xid: str) -> None:
    """Change a signer, and let another event tell the digest of the row as it is now."""
    version = scene.version()
    telling = scene.telling(version)
    scene.do("UPDATE testing_record_version SET signed_by = gen_random_uuid() WHERE id = %s", version)
    digest = scene.ask(f"SELECT {DIGEST} FROM testing_record_version WHERE id = %s", version)  # noqa: S608
    scene.forge(like=telling, xid=xid, digest=f"'{digest}'")


def change_a_signer_and_vouch_from_a_far_transaction(scene: Scene) -> None:
    _vouch(scene, "'9100000000000000000'::xid8")


def change_a_signer_and_vouch_now(scene: Scene) -> None:
    _vouch(scene, "pg_current_xact_id()")


def change_a_signer_and_the_digest_of_its_event(scene: Scene) -> None:
    version = scene.version()
    telling = scene.telling(version)
    scene.do("UPDATE testing_record_version SET signed_by = gen_random_uuid() WHERE id = %s", version)
    digest = scene.ask(f"SELECT {DIGEST} FROM testing_record_version WHERE id = %s", version)  # noqa: S608
    scene.do("UPDATE journal_event SET digest = %s WHERE id = %s", digest, telling)


def add_a_second_event_about_a_version(scene: Scene) -> None:
    scene.forge(like=scene.telling(scene.version()))


def delete_a_version(scene: Scene) -> None:
    scene.do("DELETE FROM testing_record_version WHERE id = %s", scene.version())


def put_an_old_row_back(scene: Scene) -> None:
    first, second = _two_versions(scene)
    scene.do(
        "UPDATE testing_record_version AS version SET sealed = old.sealed FROM testing_record_version AS old "
        "WHERE version.id = %s AND old.id = %s",
        second,
        first,
    )


def _two_versions(scene: Scene) -> tuple[Any, Any]:
    rows = scene.database.execute(
        "SELECT first.id, second.id FROM testing_record_version AS first JOIN testing_record_version AS second "
        "ON first.record_id = second.record_id AND first.number < second.number ORDER BY 1, 2"
    ).fetchall()
    first, second = scene.chance.choice(rows)
    return first, second


def slip_a_version_in(scene: Scene) -> None:
    version = scene.version()
    scene.do(
        "INSERT INTO testing_record_version (SELECT (jsonb_populate_record(version, jsonb_build_object('id', "
        "gen_random_uuid(), 'number', number + 7))).* FROM testing_record_version AS version WHERE id = %s)",
        version,
    )


def point_a_record_at_an_old_version(scene: Scene) -> None:
    _first, second = _two_versions(scene)
    scene.do(
        "UPDATE testing_record SET version = version - 1 "
        "WHERE id = (SELECT record_id FROM testing_record_version WHERE id = %s)",
        second,
    )


def move_a_watermark(scene: Scene) -> None:
    by = scene.chance.choice([-1, 1]) * scene.chance.randrange(1, 1000)
    scene.do("UPDATE journal_checkpoint SET watermark = watermark + %s WHERE size = %s", by, scene.checkpoint())


def move_the_time_of_a_checkpoint(scene: Scene) -> None:
    hours = scene.chance.choice([-30, -2, 2, 30])
    scene.do(
        "UPDATE journal_checkpoint SET at = at + make_interval(hours => %s) WHERE size = %s", hours, scene.checkpoint()
    )


def say_that_a_checkpoint_is_of_another_cluster(scene: Scene) -> None:
    scene.do("UPDATE journal_checkpoint SET cluster = '1' WHERE size = %s", scene.checkpoint())


def swap_the_notes_of_two_checkpoints(scene: Scene) -> None:
    sizes = scene.database.execute("SELECT size FROM journal_checkpoint ORDER BY size").fetchall()
    first, second = (int(size) for (size,) in scene.chance.sample(sizes, 2))
    scene.do(
        "UPDATE journal_checkpoint AS one SET note = other.note FROM journal_checkpoint AS other "
        "WHERE one.size IN (%s, %s) AND other.size IN (%s, %s) AND one.size <> other.size",
        first,
        second,
        first,
        second,
    )


def sign_a_checkpoint_anew_with_another_watermark(scene: Scene) -> None:
    move_a_watermark(scene)
    scene.sign_again(scene.signer)


def delete_a_checkpoint(scene: Scene) -> None:
    scene.do("DELETE FROM journal_checkpoint WHERE size = %s", scene.checkpoint())


def add_a_checkpoint_of_nothing(scene: Scene) -> None:
    scene.do("INSERT INTO journal_checkpoint (SELECT 0, at, note, cluster, watermark FROM journal_checkpoint LIMIT 1)")


def change_a_node(scene: Scene) -> None:
    scene.do(
        "INSERT INTO journal_node VALUES (8, %s, sha256('x')) ON CONFLICT (level, index) DO UPDATE SET hash = "
        "sha256('x')",
        scene.chance.randrange(scene.size // 256 + 1),
    )


def change_a_leafs_hash(scene: Scene) -> None:
    scene.do("UPDATE journal_leaf SET hash = sha256('x') WHERE index = %s", scene.place())


def delete_whom_a_list_showed(scene: Scene) -> None:
    scene.do("DELETE FROM journal_listing WHERE id = %s", scene.listing())


def alter_whom_a_list_showed(scene: Scene) -> None:
    scene.do("UPDATE journal_listing SET subjects = subjects || gen_random_uuid() WHERE id = %s", scene.listing())


def make_a_member_another_person(scene: Scene) -> None:
    scene.do(
        "UPDATE pharmacies_member SET person_id = gen_random_uuid() WHERE id = %s", scene.one_of("pharmacies_member")
    )


def make_a_member_an_owner(scene: Scene) -> None:
    another = "profession <> 'titulaire'"
    scene.do(
        "UPDATE pharmacies_member SET profession = 'titulaire' WHERE id = %s",
        scene.one_of("pharmacies_member", another),
    )


def let_a_member_stay_who_left(scene: Scene) -> None:
    scene.do("UPDATE pharmacies_member SET is_active = NOT is_active WHERE id = %s", scene.one_of("pharmacies_member"))


def slip_a_member_in(scene: Scene) -> None:
    scene.do(
        "INSERT INTO pharmacies_member (SELECT (jsonb_populate_record(member, jsonb_build_object('id', "
        "gen_random_uuid(), 'person_id', gen_random_uuid()))).* FROM pharmacies_member AS member WHERE id = %s)",
        scene.one_of("pharmacies_member"),
    )


def delete_all_consents(scene: Scene) -> None:
    scene.do("DELETE FROM patients_consent")


def delete_a_consent(scene: Scene) -> None:
    scene.do("DELETE FROM patients_consent WHERE id = %s", scene.one_of("patients_consent"))


def give_a_test_to_another_patient(scene: Scene) -> None:
    record = scene.one_of("testing_record")
    scene.do(
        "UPDATE testing_record SET patient_id = coalesce((SELECT id FROM patients_patient AS patient "
        "WHERE patient.pharmacy_id = testing_record.pharmacy_id AND patient.id <> testing_record.patient_id LIMIT 1), "
        "gen_random_uuid()) WHERE id = %s",
        record,
    )
    scene.do(
        "UPDATE patients_consent AS consent SET patient_id = record.patient_id FROM testing_record AS record "
        "WHERE record.id = consent.id AND record.id = %s",
        record,
    )


def merge_two_patients_unseen(scene: Scene) -> None:
    goes = scene.one_of("patients_patient", "merged_into IS NULL")
    stays = scene.one_of("patients_patient", f"merged_into IS NULL AND id <> '{goes}'")
    scene.do("UPDATE patients_patient SET merged_into = %s WHERE id = %s", stays, goes)
    scene.do("UPDATE testing_record SET patient_id = %s WHERE patient_id = %s", stays, goes)
    scene.do("UPDATE patients_consent SET patient_id = %s WHERE patient_id = %s", stays, goes)


def end_a_parcel_otherwise(scene: Scene) -> None:
    scene.do(
        "UPDATE outbox_parcel SET state = CASE state WHEN 'accepted' THEN 'refused' ELSE 'accepted' END, "
        "settled_at = now() WHERE id = %s",
        scene.one_of("outbox_parcel"),
    )


def replace_a_parcel_unseen(scene: Scene) -> None:
    scene.do(
        "UPDATE outbox_parcel SET state = 'replaced', settled_at = now() WHERE id = %s",
        scene.one_of("outbox_parcel", "state <> 'replaced'"),
    )


def take_a_result_of_a_file_for_another_patient(scene: Scene) -> None:
    record = scene.one_of("testing_record", "source_index IS NOT NULL")
    scene.do("UPDATE testing_record SET patient_id = gen_random_uuid() WHERE id = %s", record)


def abandon_a_test_unseen(scene: Scene) -> None:
    record = scene.one_of("testing_record", "state <> 'abandoned'")
    scene.do("UPDATE testing_record SET state = 'abandoned' WHERE id = %s", record)


def put_a_former_row_back(scene: Scene) -> None:
    changed = [(table, row_id) for table in SEALED for row_id in changed_rows(scene.database, table)]
    put_former_row_back(scene, *scene.chance.choice(changed))


def give_a_person_the_password_of_another(scene: Scene) -> None:
    seated = "password NOT LIKE '!%' AND id IN (SELECT person_id FROM pharmacies_member)"
    person = scene.one_of("signin_person", seated)
    another = scene.one_of("signin_person", f"{seated} AND id <> '{person}'")
    scene.do(
        "UPDATE signin_person SET password = (SELECT password FROM signin_person WHERE id = %s) WHERE id = %s",
        another,
        person,
    )


def give_a_person_another_address(scene: Scene) -> None:
    seated = "id IN (SELECT person_id FROM pharmacies_member)"
    scene.do("UPDATE signin_person SET email = 'x' || email WHERE id = %s", scene.one_of("signin_person", seated))


def slip_a_factor_in(scene: Scene) -> None:
    scene.do(
        "INSERT INTO mfa_authenticator (type, data, user_id, created_at) SELECT 'webauthn', data, user_id, now() "
        "FROM mfa_authenticator WHERE id = %s",
        scene.one_of("mfa_authenticator"),
    )


def take_a_factor_away(scene: Scene) -> None:
    scene.do("DELETE FROM mfa_authenticator WHERE id = %s", scene.one_of("mfa_authenticator"))


def widen_what_a_program_may(scene: Scene) -> None:
    scene.do(
        "UPDATE pharmacies_program SET scopes = scopes || ' results:write' WHERE id = %s",
        scene.one_of("pharmacies_program"),
    )


def give_a_program_another_key(scene: Scene) -> None:
    scene.do(
        "UPDATE pharmacies_program SET sealed = set_byte(sealed, length(sealed) - 1, "
        "get_byte(sealed, length(sealed) - 1) # 1) WHERE id = %s",
        scene.one_of("pharmacies_program"),
    )


def let_a_program_in_that_was_revoked(scene: Scene) -> None:
    scene.do(
        "UPDATE pharmacies_program SET state = CASE state WHEN 'active' THEN 'revoked' ELSE 'active' END WHERE id = %s",
        scene.one_of("pharmacies_program"),
    )


def tell_a_program_elsewhere(scene: Scene) -> None:
    scene.do(
        "UPDATE webhooks_webhook SET sealed = set_byte(sealed, length(sealed) - 1, "
        "get_byte(sealed, length(sealed) - 1) # 1) WHERE id = %s",
        scene.one_of("webhooks_webhook"),
    )


def tell_another_program(scene: Scene) -> None:
    scene.do(
        "UPDATE webhooks_webhook SET program_id = gen_random_uuid() WHERE id = %s", scene.one_of("webhooks_webhook")
    )


def let_an_orphan_last(scene: Scene) -> None:
    scene.do(
        "UPDATE testing_orphan_result SET ends_at = ends_at + interval '1 year' WHERE id = %s",
        scene.one_of("testing_orphan_result"),
    )


def slip_a_group_in(scene: Scene) -> None:
    scene.do(
        "INSERT INTO testing_group (SELECT (jsonb_populate_record(roster, jsonb_build_object('id', "
        "gen_random_uuid()))).* FROM testing_group AS roster WHERE id = %s)",
        scene.one_of("testing_group"),
    )


def move_what_stands_beside_a_test(scene: Scene) -> None:
    table, (one, other) = scene.chance.choice(list(MOVED.items()))
    scene.do(
        f"UPDATE {table} SET state = CASE state WHEN '{one}' THEN '{other}' ELSE '{one}' END WHERE id = %s",  # noqa: S608
        scene.one_of(table),
    )


def withdraw_an_invitation_unseen(scene: Scene) -> None:
    scene.do("DELETE FROM pharmacies_invitation WHERE id = %s", scene.one_of("pharmacies_invitation"))


def _erase(scene: Scene, why: str) -> None:
    """Delete a result with all that hangs on it, and tell of it as the keeper does."""
    record = scene.ask(
        "SELECT ticket.record_id FROM testing_ticket AS ticket JOIN journal_event AS event "
        "ON event.subject_id = ticket.record_id AND event.kind = 'result.signed' ORDER BY ticket.record_id LIMIT 1"
    )
    like = scene.ask("SELECT id FROM journal_event WHERE kind = 'result.signed' AND subject_id = %s", record)
    ticket = scene.ask("SELECT id FROM testing_ticket WHERE record_id = %s", record)
    for table, column in RECORDS.items():
        scene.do(f"DELETE FROM {table} WHERE {column} = %s", record)  # noqa: S608
    wrote = f"'testing_record:{record}::,testing_ticket:{ticket}::'"
    scene.forge(like=like, kind="'record.erased'", detail=why, digest="''", wrote=wrote)


def erase_by_right_without_a_request(scene: Scene) -> None:
    _erase(scene, "'erasure'")


def erase_by_a_request_that_nobody_made(scene: Scene) -> None:
    _erase(scene, "'erasure/' || gen_random_uuid()")


def erase_by_a_request_of_another_right(scene: Scene) -> None:
    case = scene.ask("SELECT subject_id FROM journal_event WHERE kind = 'case.granted' ORDER BY id LIMIT 1")
    _erase(scene, f"'erasure/{case}'")


def lose_and_state(scene: Scene, *, kept: int = 0) -> list[int]:
    """Lose events as a restore does, but for the last few, and state it as the command does: the one lawful deed."""
    places = scene.reads(3)
    lost = places[: len(places) - kept]
    scene.lose(lost)
    scene.state(scene.loss(lost))
    scene.seal_all()
    return places


def lose_events_and_state_nothing(scene: Scene) -> None:
    scene.lose(scene.reads())
    scene.reads()


def state_a_loss_that_is_not_there(scene: Scene) -> None:
    scene.state(scene.loss(scene.reads()))
    scene.seal_all()


def state_fewer_than_were_taken(scene: Scene) -> None:
    places = scene.reads()
    scene.lose(places)
    places.remove(scene.chance.choice(places))
    scene.state(scene.loss(places))
    scene.seal_all()


def state_more_than_were_taken(scene: Scene) -> None:
    places = scene.reads()
    scene.lose(places)
    scene.state(scene.loss([places[0] - 1, *places]))
    scene.seal_all()


def state_a_loss_under_the_root_of_another_journal(scene: Scene) -> None:
    places = scene.reads()
    scene.lose(places)
    scene.state(lost_of(places, scene.size, scene.chance.randbytes(32)))
    scene.seal_all()


def state_a_loss_where_few_look(scene: Scene) -> None:
    places = scene.reads()
    scene.lose(places)
    scene.state(scene.loss(places), pharmacies=1)
    scene.seal_all()


def state_a_loss_too_late(scene: Scene) -> None:
    places = scene.reads()
    scene.lose(places)
    told = scene.loss(places)
    scene.reads(1)
    scene.state(told)
    scene.seal_all()


def state_a_loss_again(scene: Scene) -> None:
    places = scene.reads()
    told = scene.loss(places)
    scene.lose(places)
    for _ in range(2):
        scene.state(told)
        scene.seal_all()


def state_a_loss_and_sign_with_another_key(scene: Scene) -> None:
    lose_and_state(scene)
    scene.sign_again(NoteSigner(scene.signer.verifier.name, scene.chance.randbytes(32)))


def state_the_loss_of_a_tail_that_was_cut(scene: Scene) -> None:
    places = scene.reads()
    told = scene.loss(places)
    scene.cut(places[0])
    scene.state(told)
    scene.seal_all()


def take_one_more_after_a_cut_was_stated(scene: Scene) -> None:
    scene.lose(lose_and_state(scene, kept=1)[-1:])


def take_an_event_from_before_a_cut(scene: Scene) -> None:
    places = lose_and_state(scene)
    scene.lose([scene.chance.randrange(places[0])])


def take_a_statement_away(scene: Scene) -> None:
    places = lose_and_state(scene)
    scene.lose([scene.chance.randrange(places[-1] + 1, scene.size)])


def edit_a_statement(scene: Scene) -> None:
    lose_and_state(scene)
    scene.do("UPDATE journal_event SET detail = detail || '0' WHERE kind = 'journal.resumed'")


def change_the_hash_of_a_lost_place(scene: Scene) -> None:
    place = scene.chance.choice(lose_and_state(scene))
    scene.do("UPDATE journal_leaf SET hash = sha256('x') WHERE index = %s", place)


Deed = Callable[[Scene], None]
DEEDS: dict[Deed, bool] = {
    edit_an_event: False,
    edit_an_event_with_its_leaf: False,
    edit_an_event_and_sign_with_another_key: False,
    edit_an_event_and_sign_with_the_journals_key: True,
    delete_an_event: False,
    delete_an_event_with_its_leaf: False,
    cut_the_tail_but_not_its_checkpoints: False,
    cut_the_tail_cleanly: True,
    put_an_old_copy_back_and_go_on: True,
    empty_the_journal: True,
    swap_two_events: False,
    swap_two_leaves: False,
    move_an_event_to_another_pharmacy: False,
    add_an_event_that_claims_an_old_time: False,
    add_an_event_of_a_far_transaction: False,
    add_an_event_of_a_past_transaction: False,
    change_a_signer: False,
    change_an_hour_of_signature: False,
    change_a_signer_and_vouch_from_a_far_transaction: False,
    change_a_signer_and_vouch_now: False,
    change_a_signer_and_the_digest_of_its_event: False,
    add_a_second_event_about_a_version: False,
    delete_a_version: False,
    put_an_old_row_back: False,
    slip_a_version_in: False,
    point_a_record_at_an_old_version: False,
    move_a_watermark: False,
    move_the_time_of_a_checkpoint: False,
    say_that_a_checkpoint_is_of_another_cluster: False,
    swap_the_notes_of_two_checkpoints: False,
    sign_a_checkpoint_anew_with_another_watermark: True,
    delete_a_checkpoint: True,
    add_a_checkpoint_of_nothing: False,
    change_a_node: False,
    change_a_leafs_hash: False,
    delete_whom_a_list_showed: False,
    alter_whom_a_list_showed: False,
    make_a_member_another_person: False,
    make_a_member_an_owner: False,
    let_a_member_stay_who_left: False,
    slip_a_member_in: False,
    delete_all_consents: False,
    delete_a_consent: False,
    give_a_test_to_another_patient: False,
    merge_two_patients_unseen: False,
    end_a_parcel_otherwise: False,
    replace_a_parcel_unseen: False,
    take_a_result_of_a_file_for_another_patient: False,
    abandon_a_test_unseen: False,
    put_a_former_row_back: False,
    give_a_person_the_password_of_another: False,
    give_a_person_another_address: False,
    slip_a_factor_in: False,
    take_a_factor_away: False,
    widen_what_a_program_may: False,
    give_a_program_another_key: False,
    let_a_program_in_that_was_revoked: False,
    tell_a_program_elsewhere: False,
    tell_another_program: False,
    let_an_orphan_last: False,
    slip_a_group_in: False,
    move_what_stands_beside_a_test: False,
    withdraw_an_invitation_unseen: False,
    erase_by_right_without_a_request: False,
    erase_by_a_request_that_nobody_made: False,
    erase_by_a_request_of_another_right: False,
    lose_events_and_state_nothing: False,
    state_a_loss_that_is_not_there: False,
    state_fewer_than_were_taken: False,
    state_more_than_were_taken: False,
    state_a_loss_under_the_root_of_another_journal: False,
    state_a_loss_where_few_look: False,
    state_a_loss_too_late: False,
    state_a_loss_again: False,
    state_a_loss_and_sign_with_another_key: False,
    state_the_loss_of_a_tail_that_was_cut: False,
    take_one_more_after_a_cut_was_stated: False,
    take_an_event_from_before_a_cut: False,
    take_a_statement_away: False,
    edit_a_statement: False,
    change_the_hash_of_a_lost_place: False,
}
