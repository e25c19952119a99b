"""What programs were answered, so that a call sent twice is done once."""

from typing import ClassVar

import temoin.crypto.sealed
import temoin.lib.ids
from django.db import migrations, models

from temoin.lib.schema import isolate, tenant_foreign_key


class Migration(migrations.Migration):
    """The staff site keeps them; the keeper deletes them after a day."""

    dependencies: ClassVar = [("pharmacies", "0002_isolation")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="ProgramCall",
            fields=[
                ("pk", models.CompositePrimaryKey("pharmacy_id", "id", blank=True, editable=False, primary_key=True, serialize=False)),
                ("pharmacy_id", models.UUIDField()),
                ("id", models.UUIDField(default=temoin.lib.ids.new_id)),
                ("program_id", models.UUIDField()),
                ("key_hash", models.BinaryField()),
                ("answered_at", models.DateTimeField()),
                ("sealed", temoin.crypto.sealed.SealedField()),
            ],
            options={
                "db_table": "pharmacies_program_call",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("pharmacy_id", "program_id", "key_hash"), name="pharmacies_call_once"
                    )
                ],
            },
        ),
        isolate("pharmacies_program_call", {"app": "SELECT, INSERT, UPDATE (sealed)"}),
        tenant_foreign_key("pharmacies_program_call", "program_id", "pharmacies_program"),
    ]
