"""Cases of patients' rights."""

from typing import ClassVar

import temoin.crypto.sealed
import temoin.lib.ids
from django.db import migrations, models

from temoin.lib.schema import isolate


class Migration(migrations.Migration):
    """People of the pharmacy open and answer them; the keeper asks which erasure was granted."""

    dependencies: ClassVar = [("retention", "0001_holds")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="RightsCase",
            fields=[
                ("pk", models.CompositePrimaryKey("pharmacy_id", "id", blank=True, editable=False, primary_key=True, serialize=False)),
                ("pharmacy_id", models.UUIDField()),
                ("id", models.UUIDField(default=temoin.lib.ids.new_id)),
                ("patient_id", models.UUIDField()),
                ("kind", models.TextField()),
                ("state", models.TextField(default="open")),
                ("received_on", models.DateField()),
                ("due_on", models.DateField()),
                ("answered_at", models.DateTimeField(null=True)),
                ("sealed", temoin.crypto.sealed.SealedField()),
            ],
            options={
                "db_table": "retention_case",
                "indexes": [
                    models.Index(condition=models.Q(("state", "open")), fields=["pharmacy_id", "due_on"], name="retention_case_due"),
                    models.Index(fields=["pharmacy_id", "patient_id"], name="retention_case_patient"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("state__in", ["open", "granted", "refused"])), name="retention_case_state"),
                    models.CheckConstraint(condition=models.Q(("kind__in", ["access", "correction", "erasure", "objection"])), name="retention_case_kind"),
                    models.UniqueConstraint(condition=models.Q(("state", "open")), fields=("pharmacy_id", "patient_id", "kind"), name="retention_case_open"),
                ],
            },
        ),
        isolate(
            "retention_case",
            {"app": "SELECT, INSERT, UPDATE (state, due_on, answered_at, sealed)"},
        ),
    ]
