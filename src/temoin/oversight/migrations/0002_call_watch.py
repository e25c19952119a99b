"""Who was told that somebody is to be called, for the worker alone."""

from typing import ClassVar

from django.db import migrations, models

from temoin.lib.schema import share


class Migration(migrations.Migration):
    """Tell the owners once a day."""

    dependencies: ClassVar = [("oversight", "0001_initial")]
    operations: ClassVar = [
        migrations.CreateModel(
            "CallWatch",
            [
                ("pharmacy_id", models.UUIDField(primary_key=True, serialize=False)),
                ("looked_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(null=True)),
            ],
            {"db_table": "oversight_call_watch"},
        ),
        share("oversight_call_watch", {"worker": "SELECT, INSERT, UPDATE"}),
    ]
