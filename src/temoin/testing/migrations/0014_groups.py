"""Groups tested in series: a roster of patients' numbers, kept for a month."""

from typing import ClassVar

import temoin.crypto.sealed
import temoin.lib.ids
from django.db import migrations, models

from temoin.lib.schema import isolate


class Migration(migrations.Migration):
    """The staff site opens and changes them; the keeper, whose grants follow the models, ends them."""

    dependencies: ClassVar = [("testing", "0013_sample_number")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="Group",
            fields=[
                ("pk", models.CompositePrimaryKey("pharmacy_id", "id", blank=True, editable=False, primary_key=True, serialize=False)),
                ("pharmacy_id", models.UUIDField()),
                ("id", models.UUIDField(default=temoin.lib.ids.new_id)),
                ("state", models.TextField(default="open")),
                ("opened_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("sealed", temoin.crypto.sealed.SealedField()),
            ],
            options={
                "db_table": "testing_group",
                "indexes": [models.Index(fields=["pharmacy_id", "ends_at"], name="testing_group_ends")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("state__in", ["open", "closed"])), name="testing_group_state")
                ],
            },
        ),
        isolate("testing_group", {"app": "SELECT, INSERT, UPDATE (state, sealed)"}),
    ]
