"""Who writes which event: the database lets a role write what the registry says, by every role and every kind."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import ProgrammingError, connection, transaction

from temoin.journal.events import EventKind
from temoin.journal.writers import ORIGINS, Writer, kinds_of
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope

pytestmark = pytest.mark.django_db

COLUMNS = "pharmacy_id, id, kind, actor_id, profession, origin, subject_kind, outcome, reason, detail, digest"
INSERT = f"INSERT INTO journal_event ({COLUMNS}) VALUES (%s, %s, %s, %s, 'x', %s, 'record', 'done', '', '', '')"  # noqa: S608 our own words
DOORS = sorted({origin for origins in ORIGINS.values() for origin in origins})


@pytest.fixture(autouse=True)
def as_in_production(db: None):  # noqa: ARG001 opens the database
    """Take away what lets other tests write the worker's events (see `tests/conftest.py`)."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL temoin.tests_play = 'off'")
        yield
        cursor.execute("SET LOCAL temoin.tests_play = 'on'")


def may_write(kind: str, origin: str, actor_id: object = None) -> bool:
    """Try it, as the role that we are."""
    pharmacy_id = uuid4()
    with tenant_scope(pharmacy_id):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(INSERT, [pharmacy_id, new_id(), kind, actor_id, origin])
        except ProgrammingError as error:
            assert "row-level security" in str(error)  # noqa: PT017 any other refusal is a fault of this test
            return False
    return True


@pytest.mark.parametrize("writer", Writer)
def test_a_role_writes_the_kinds_of_the_registry_and_no_other(as_role, writer: Writer):
    with as_role(f"temoin_{writer.value}"):
        written = [kind for kind in EventKind if may_write(kind.value, ORIGINS[writer][0])]

    assert written == kinds_of(writer)


@pytest.mark.parametrize("writer", Writer)
def test_a_role_writes_no_kind_that_the_house_does_not_know(as_role, writer: Writer):
    with as_role(f"temoin_{writer.value}"):
        assert not may_write("result_printed", ORIGINS[writer][0])


@pytest.mark.parametrize("writer", Writer)
def test_a_role_writes_by_its_own_doors(as_role, writer: Writer):
    kind = kinds_of(writer)[0].value

    with as_role(f"temoin_{writer.value}"):
        assert {door for door in DOORS if may_write(kind, door)} == set(ORIGINS[writer])


@pytest.mark.parametrize("writer", Writer)
def test_only_the_staff_site_names_an_actor(as_role, writer: Writer):
    with as_role(f"temoin_{writer.value}"):
        named = may_write(kinds_of(writer)[0].value, ORIGINS[writer][0], uuid4())

    assert named is (writer is Writer.STAFF)


@pytest.mark.parametrize("role", [*(f"temoin_{writer.value}" for writer in Writer), "temoin_sealer"])
def test_no_role_gives_the_number_of_a_transaction(as_role, role: str):
    with as_role(role), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute("INSERT INTO journal_event (xid) VALUES ('9100000000000000000')")


@pytest.mark.parametrize("role", [*(f"temoin_{writer.value}" for writer in Writer), "temoin_sealer"])
def test_no_role_gives_the_time_of_an_event(as_role, role: str):
    with as_role(role), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute("INSERT INTO journal_event (at) VALUES ('2020-01-01')")


def test_every_kind_is_somebodys():
    assert {kind for writer in Writer for kind in kinds_of(writer)} == set(EventKind)
