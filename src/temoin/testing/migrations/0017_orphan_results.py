"""Results of analysers that no test bears: kept for a month, for a person to tie to a test or set aside."""

from typing import ClassVar

import temoin.crypto.sealed
import temoin.lib.ids
from django.db import migrations, models

from temoin.lib.schema import isolate


class Migration(migrations.Migration):
    """The staff site and the lines add and settle them; the keeper, whose grants follow the models, ends them."""

    dependencies: ClassVar = [("testing", "0016_amended")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="OrphanResult",
            fields=[
                ("pk", models.CompositePrimaryKey("pharmacy_id", "id", blank=True, editable=False, primary_key=True, serialize=False)),
                ("pharmacy_id", models.UUIDField()),
                ("id", models.UUIDField(default=temoin.lib.ids.new_id)),
                ("state", models.TextField(default="waiting")),
                ("kept_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("sealed", temoin.crypto.sealed.SealedField()),
            ],
            options={
                "db_table": "testing_orphan_result",
                "indexes": [models.Index(fields=["pharmacy_id", "ends_at"], name="testing_orphan_result_ends")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "tied", "set_aside"])), name="testing_orphan_result_state"
                    )
                ],
            },
        ),
        isolate("testing_orphan_result", {"app": "SELECT, INSERT, UPDATE (state, sealed)"}),
    ]
