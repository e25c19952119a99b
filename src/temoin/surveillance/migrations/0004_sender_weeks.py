"""What pharmacies' weeks say of them as senders, and the role of the authority's site, which reads that in clear."""

from typing import ClassVar

import django.contrib.postgres.fields
import temoin.lib.ids
from django.db import migrations, models

from temoin.lib.schema import isolate

READS = (
    "GRANT SELECT ON surveillance_release TO temoin_authority;"
    "GRANT SELECT (id, finess, name, postcode, city, time_zone, is_demo, closed_on) "
    "ON pharmacies_pharmacy TO temoin_authority;"
)
READS_NOTHING = "REVOKE ALL ON surveillance_release, pharmacies_pharmacy FROM temoin_authority;"


class Migration(migrations.Migration):
    """The worker writes a week anew as often as it changes; the authority reads those of every pharmacy."""

    dependencies: ClassVar = [("surveillance", "0003_missing"), ("pharmacies", "0002_isolation")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="SenderWeek",
            fields=[
                ("pk", models.CompositePrimaryKey("pharmacy_id", "id", blank=True, editable=False, primary_key=True, serialize=False)),
                ("pharmacy_id", models.UUIDField()),
                ("id", models.UUIDField(default=temoin.lib.ids.new_id)),
                ("week", models.DateField()),
                ("days", django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                ("quality", models.JSONField(null=True)),
                ("receipts", models.JSONField(null=True)),
                ("alarms", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), db_default=[], size=None)),
            ],
            options={
                "db_table": "surveillance_sender_week",
                "constraints": [
                    models.UniqueConstraint(fields=("pharmacy_id", "week"), name="surveillance_sender_week_once"),
                ],
            },
        ),
        isolate(
            "surveillance_sender_week",
            {"worker": "SELECT, INSERT, DELETE, UPDATE (days)", "authority": "SELECT"},
            {"authority": "true"},
        ),
        migrations.RunSQL(READS, reverse_sql=READS_NOTHING),
    ]
