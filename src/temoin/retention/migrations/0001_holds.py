"""Legal holds."""

from typing import ClassVar

import temoin.crypto.sealed
import temoin.lib.ids
from django.db import migrations, models

from temoin.lib.schema import isolate


class Migration(migrations.Migration):
    """People of the pharmacy place and lift them; the keeper asks whether something is held."""

    initial = True
    dependencies: ClassVar = [("patients", "0002_isolation")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("pk", models.CompositePrimaryKey("pharmacy_id", "id", blank=True, editable=False, primary_key=True, serialize=False)),
                ("pharmacy_id", models.UUIDField()),
                ("id", models.UUIDField(default=temoin.lib.ids.new_id)),
                ("patient_id", models.UUIDField(null=True)),
                ("placed_at", models.DateTimeField()),
                ("lifted_at", models.DateTimeField(null=True)),
                ("sealed", temoin.crypto.sealed.SealedField()),
            ],
            options={
                "db_table": "retention_hold",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at__isnull", True)),
                        fields=("pharmacy_id", "patient_id"),
                        name="retention_hold_in_force",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        isolate("retention_hold", {"app": "SELECT, INSERT, UPDATE (lifted_at, sealed)"}),
    ]
