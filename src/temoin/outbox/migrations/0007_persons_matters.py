"""What becomes a person's matter: parcels that meet the same answer, duties that fail, items set aside."""

from typing import ClassVar

from django.db import migrations, models

from temoin.lib.schema import share


class Migration(migrations.Migration):
    """Count what repeats; let workers set foreign items aside."""

    dependencies: ClassVar = [("outbox", "0006_open_parcels")]
    operations: ClassVar = [
        migrations.AddField("parcel", "same_count", models.IntegerField(default=0)),
        migrations.AddField("parcel", "same_since", models.DateTimeField(null=True)),
        migrations.AddField("parcel", "matter_since", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "parcel",
            models.Index(
                condition=models.Q(("matter_since__isnull", False)),
                fields=["destination", "matter_since"],
                name="outbox_parcel_matter",
            ),
        ),
        migrations.AddField("dueduty", "failing_since", models.DateTimeField(null=True)),
        migrations.AddField("dueduty", "failure", models.TextField(db_default="")),
        migrations.CreateModel(
            name="SetAside",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "place", "item", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("place", models.TextField()),
                ("item", models.TextField()),
                ("error", models.TextField()),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("times", models.IntegerField(db_default=1)),
            ],
            options={"db_table": "outbox_set_aside"},
        ),
        share("outbox_set_aside", {"worker": "SELECT, INSERT, UPDATE, DELETE"}),
    ]
