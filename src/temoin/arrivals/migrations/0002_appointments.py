"""Appointments: a form that holds a place of an hour; and the hours that a pharmacy offers."""

from typing import ClassVar

import temoin.lib.ids
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from temoin.lib.schema import isolate

NAMED = "decode(nullif(current_setting('temoin.appointment', true), ''), 'hex') IN (proof_hash, link_hash)"
SEEN = "pharmacy_id, id, key_id, state, starts_at, seat, expires_at, remind_at"
# Of a form the patients' site sees the hour, the place and the state, and changes only the one whose secret it names.
RIGHTS = [
    f"GRANT SELECT ({SEEN}), UPDATE (state, ciphertext, starts_at, seat, expires_at, remind_at, called_at, "
    "link_hash) ON arrivals_arrival TO temoin_portal;",
    f"CREATE POLICY portal_named ON arrivals_arrival AS RESTRICTIVE FOR UPDATE TO temoin_portal USING ({NAMED});",
    "GRANT SELECT (id, time_zone) ON pharmacies_pharmacy TO temoin_portal;",
    "GRANT UPDATE (called_at, starts_at, seat, expires_at, remind_at, link_hash) ON arrivals_arrival TO temoin_app;",
    # The worker opens the forms of who asked to be reminded.
    "GRANT SELECT (pharmacy_id, id, key_id, state, starts_at, expires_at, remind_at, link_hash, ciphertext), "
    "UPDATE (link_hash) ON arrivals_arrival TO temoin_worker;",
    "GRANT SELECT ON arrivals_key TO temoin_worker;",
]
SCOPE = "pharmacy_id = nullif(current_setting('temoin.pharmacy', true), '')::uuid"
RIGHTS += [
    f"CREATE POLICY worker_rows ON {table} TO temoin_worker USING ({SCOPE}) WITH CHECK ({SCOPE});"
    for table in ("arrivals_arrival", "arrivals_key")
]
IN_THE_QUEUE = models.Q(starts_at=None, number__gte=100, number__lte=999)
WITH_AN_HOUR = models.Q(starts_at__isnull=False, seat__isnull=False, number__gte=1000, number__lte=9999)


class Migration(migrations.Migration):
    """Let the patients' site count the places of an hour, and change the one appointment whose secret it names."""

    dependencies: ClassVar = [("arrivals", "0001_initial"), ("pharmacies", "0003_program_calls")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="Calendar",
            fields=[
                ("pk", models.CompositePrimaryKey("pharmacy_id", "id", blank=True, editable=False, primary_key=True, serialize=False)),
                ("pharmacy_id", models.UUIDField()),
                ("id", models.UUIDField(default=temoin.lib.ids.new_id)),
                ("hours", models.TextField()),
            ],
            options={
                "db_table": "arrivals_calendar",
                "constraints": [models.UniqueConstraint(fields=["pharmacy_id"], name="arrivals_calendar_once")],
            },
        ),
        migrations.AddField("arrival", "called_at", models.DateTimeField(null=True)),
        migrations.AddField("arrival", "starts_at", models.DateTimeField(null=True)),
        migrations.AddField("arrival", "seat", models.SmallIntegerField(null=True)),
        migrations.AddField("arrival", "proof_hash", models.BinaryField(null=True)),
        migrations.AddField("arrival", "link_hash", models.BinaryField(null=True)),
        migrations.AddField("arrival", "remind_at", models.DateTimeField(null=True)),
        migrations.AddField("arrival", "device_hash", models.BinaryField(null=True)),
        migrations.AddField("arrival", "device_seat", models.SmallIntegerField(null=True)),
        migrations.RemoveConstraint("arrival", "arrivals_arrival_digits"),
        AddConstraintNotValid(
            "arrival",
            models.CheckConstraint(condition=IN_THE_QUEUE | WITH_AN_HOUR, name="arrivals_arrival_numbers"),
        ),
        migrations.RemoveConstraint("arrival", "arrivals_arrival_state"),
        AddConstraintNotValid(
            "arrival",
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "accepted", "refused", "cancelled"]),
                name="arrivals_arrival_state",
            ),
        ),
        isolate("arrivals_calendar", {"app": "SELECT, INSERT, UPDATE (hours)", "portal": "SELECT"}),
        migrations.RunSQL("\n".join(RIGHTS), reverse_sql=migrations.RunSQL.noop),
    ]
