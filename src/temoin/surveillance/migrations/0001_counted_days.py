"""The counts of each pharmacy's days, for the worker alone."""

import temoin.crypto.sealed
import temoin.lib.ids
from django.db import migrations, models

from temoin.lib.schema import isolate


class Migration(migrations.Migration):
    """A day is counted anew as a whole: its row is replaced, never edited."""

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="CountedDay",
            fields=[
                ("pk", models.CompositePrimaryKey("pharmacy_id", "id", blank=True, editable=False, primary_key=True, serialize=False)),
                ("pharmacy_id", models.UUIDField()),
                ("id", models.UUIDField(default=temoin.lib.ids.new_id)),
                ("day", models.DateField()),
                ("mark", models.TextField()),
                ("sealed", temoin.crypto.sealed.SealedField()),
            ],
            options={
                "db_table": "surveillance_counted_day",
                "constraints": [
                    models.UniqueConstraint(fields=("pharmacy_id", "day"), name="surveillance_day_once"),
                ],
            },
        ),
        isolate("surveillance_counted_day", {"worker": "SELECT, INSERT, DELETE"}),
    ]
