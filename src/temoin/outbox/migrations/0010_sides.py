"""Both sides of an attempt in a row of their own, which ends before the attempt does."""

from typing import ClassVar

import temoin.crypto.sealed
import temoin.lib.ids
from django.db import migrations, models

from temoin.lib.schema import isolate, tenant_foreign_key


class Migration(migrations.Migration):
    """The worker adds them; pages read them."""

    dependencies: ClassVar = [("outbox", "0009_asleep")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="Sides",
            fields=[
                ("pk", models.CompositePrimaryKey("pharmacy_id", "id", blank=True, editable=False, primary_key=True, serialize=False)),
                ("pharmacy_id", models.UUIDField()),
                ("id", models.UUIDField(default=temoin.lib.ids.new_id)),
                ("parcel_id", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("sealed", temoin.crypto.sealed.SealedField()),
            ],
            options={
                "db_table": "outbox_sides",
                "indexes": [models.Index(fields=["pharmacy_id", "parcel_id"], name="outbox_sides_parcel")],
            },
        ),
        isolate("outbox_sides", {"app": "SELECT", "worker": "INSERT"}),
        tenant_foreign_key("outbox_sides", "parcel_id", "outbox_parcel"),
    ]
