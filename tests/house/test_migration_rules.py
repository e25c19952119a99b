"""Each migration leaves the version before at work: an upgrade stops nobody, and can be gone back on."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from migration_rules import faults

from temoin.site.server_settings import wanted_of_role

BEFORE = "made before the first release, when no site had rows"
# What does not keep the rules, with its reason. A migration of today belongs here only if it cannot be done otherwise.
EXCEPTIONS = dict.fromkeys(
    (
        "catalogue.0003_life_of_lots",
        "catalogue.0004_controls_of_lots",
        "crypto.0003_turns",
        "delivery.0002_isolation",
        "delivery.0003_pace",
        "delivery.0004_unopened",
        "delivery.0005_certificate",
        "journal.0003_sealing",
        "journal.0004_sealing_isolation",
        "journal.0005_alerts",
        "journal.0006_reader",
        "journal.0011_results_read",
        "outbox.0002_isolation",
        "outbox.0004_lanes",
        "outbox.0005_reconciliation",
        "outbox.0006_open_parcels",
        "outbox.0007_persons_matters",
        "outbox.0008_backlog",
        "patients.0002_isolation",
        "patients.0003_near_matches",
        "patients.0004_merging",
        "patients.0005_beginnings",
        "pharmacies.0002_isolation",
        "testing.0002_isolation",
        "testing.0004_day_of_versions",
        "testing.0005_under_way",
        "testing.0007_ticket_key",
        "testing.0009_source_of_files",
        "testing.0011_later_versions",
        "testing.0012_tests_of_lots",
        "testing.0013_sample_number",
        "transmission.0002_isolation",
    ),
    BEFORE,
)


def judged() -> dict[str, list[str]]:
    """Return what is wrong with each migration of ours, by its name, in the order of their making."""
    loader = MigrationLoader(None)
    state, found = ProjectState(), {}
    plan = dict.fromkeys(key for leaf in loader.graph.leaf_nodes() for key in loader.graph.forwards_plan(leaf))
    for key in plan:
        migration = loader.get_migration(*key)
        if migration.__module__.startswith("temoin."):
            found[".".join(key)] = list(faults(migration, state))
        else:  # a library's own
            migration.mutate_state(state, preserve=False)
    return found


def test_no_migration_stops_the_version_before_it():
    found = judged()

    for name, told in found.items():
        if name not in EXCEPTIONS:
            assert told == [], f"{name} would stop sites at work (expand first, contract a release later): {told}"
    assert [name for name in EXCEPTIONS if not found.get(name)] == []
    assert len(found) > 60


class Migration(migrations.Migration):
    """One operation on a table that was there before."""

    def __init__(self, operation: Any) -> None:
        super().__init__("0002_one", "shop")
        self.operations = [operation]


def shop() -> ProjectState:
    """Return the state of an application with one table."""
    state = ProjectState()
    fields = [
        ("id", models.UUIDField(primary_key=True)),
        ("name", models.TextField()),
        ("note", models.TextField(null=True)),
    ]
    migrations.CreateModel("Till", fields, {"db_table": "shop_till"}).state_forwards("shop", state)
    return state


INDEX = models.Index(fields=["name"], name="shop_till_name")
CHECK = models.CheckConstraint(condition=~models.Q(name=""), name="shop_till_named")


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RemoveField("till", "note"),
        migrations.RenameField("till", "note", "words"),
        migrations.DeleteModel("Till"),
        migrations.RenameModel("Till", "Drawer"),
        migrations.AlterModelTable("till", "shop_drawer"),
        migrations.AddField("till", "place", models.TextField(default="")),
        migrations.AddField("till", "number", models.IntegerField(null=True, unique=True)),
        migrations.AlterField("till", "name", models.IntegerField()),
        migrations.AlterField("till", "note", models.TextField()),
        migrations.AlterField("till", "name", models.TextField(db_index=True)),
        migrations.AddIndex("till", INDEX),
        migrations.AddConstraint("till", CHECK),
        migrations.RunPython(lambda _apps, _editor: None),
        migrations.RunSQL("ALTER TABLE shop_till ADD COLUMN place text NOT NULL"),
        migrations.RunSQL("ALTER TABLE shop_till DROP COLUMN note"),
        migrations.RunSQL("ALTER TABLE shop_till ALTER COLUMN name TYPE int USING name::int"),
        migrations.RunSQL("ALTER TABLE shop_till ALTER name SET NOT NULL"),
        migrations.RunSQL(["SELECT 1", ("create unique index shop_once ON shop_till (name)", None)]),
        migrations.RunSQL("ALTER TABLE shop_till ADD CONSTRAINT one CHECK (name <> '')"),
        migrations.RunSQL("ALTER TABLE shop_till ADD CONSTRAINT once UNIQUE (name)"),
        migrations.RunSQL("UPDATE shop_till SET name = ''"),
        migrations.SeparateDatabaseAndState([migrations.RunSQL("DROP TABLE shop_till")]),
        migrations.AlterUniqueTogether("till", {("name", "note")}),
    ],
    ids=lambda operation: operation.describe(),
)
def test_what_stops_or_breaks_the_version_before_is_refused(operation):
    assert list(faults(Migration(operation), shop())) != []


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("till", "place", models.TextField(null=True)),
        migrations.AddField("till", "place", models.TextField(db_default="")),
        migrations.AlterField("till", "name", models.TextField(null=True)),
        AddIndexConcurrently("till", INDEX),
        AddConstraintNotValid("till", CHECK),
        migrations.RunSQL("ALTER TABLE shop_till ADD COLUMN place text NOT NULL DEFAULT ''"),
        migrations.RunSQL("CREATE INDEX CONCURRENTLY shop_name ON shop_till (name)"),
        migrations.RunSQL("ALTER TABLE shop_till ADD CONSTRAINT one CHECK (name <> '') NOT VALID"),
        migrations.RunSQL("CREATE FUNCTION f() RETURNS void AS $$ BEGIN UPDATE shop_till SET name = ''; END $$"),
        migrations.RunSQL("GRANT SELECT (name), UPDATE (name) ON shop_till TO temoin_worker"),
    ],
    ids=lambda operation: operation.describe(),
)
def test_what_only_adds_is_taken(operation):
    assert list(faults(Migration(operation), shop())) == []


def test_a_table_that_the_migration_makes_itself_may_get_anything():
    made = migrations.CreateModel("Shelf", [("id", models.UUIDField(primary_key=True))], {"db_table": "shop_shelf"})
    migration = Migration(made)
    migration.operations += [
        migrations.AddField("shelf", "name", models.TextField(unique=True)),
        migrations.RunSQL("CREATE INDEX shop_shelf_name ON shop_shelf (name)"),
    ]

    assert list(faults(migration, shop())) == []


def test_who_changes_tables_waits_ten_seconds_for_a_lock_at_most():
    assert wanted_of_role("owner") == {"lock_timeout": "10000"}
