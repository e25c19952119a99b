"""What a pharmacy does with a lot: opened, closed, counted, recalled."""

from typing import ClassVar

from django.db import migrations, models

CHANGED = "state, tests, opened_at, opened_where, closed_at, recalled_at, recall_reference"


class Migration(migrations.Migration):
    """Add the columns, and let the staff site change them: what is printed on the box stays as it was received."""

    dependencies: ClassVar = [("catalogue", "0002_isolation")]
    operations: ClassVar = [
        migrations.AddField("lot", "state", models.TextField(default="received")),
        migrations.AddField("lot", "tests", models.IntegerField(null=True)),
        migrations.AddField("lot", "opened_at", models.DateTimeField(null=True)),
        migrations.AddField("lot", "opened_where", models.TextField(default="")),
        migrations.AddField("lot", "closed_at", models.DateTimeField(null=True)),
        migrations.AddField("lot", "recalled_at", models.DateTimeField(null=True)),
        migrations.AddField("lot", "recall_reference", models.TextField(default="")),
        migrations.AddConstraint(
            "lot",
            models.CheckConstraint(
                condition=models.Q(("state__in", ["received", "open", "closed", "recalled"])),
                name="catalogue_lot_state",
            ),
        ),
        migrations.RunSQL(
            f"GRANT UPDATE ({CHANGED}) ON catalogue_lot TO temoin_app;", reverse_sql=migrations.RunSQL.noop
        ),
    ]
