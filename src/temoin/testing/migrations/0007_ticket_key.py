"""The ticket stays with its record: its key seals every letter, its code is destroyed when the patient has it."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Let the worker forget the code, and not the ticket."""

    dependencies: ClassVar = [("testing", "0006_authority")]
    operations: ClassVar = [
        migrations.AddField("ticket", "has_code", models.BooleanField(default=True)),
        migrations.AddField("ticket", "drawn_at", models.DateTimeField()),
        migrations.AddIndex(
            "ticket",
            models.Index(condition=models.Q(("has_code", True)), fields=["pharmacy_id"], name="testing_ticket_code"),
        ),
        migrations.RunSQL(
            [
                "REVOKE DELETE ON testing_ticket FROM temoin_worker",
                "GRANT UPDATE (sealed, has_code) ON testing_ticket TO temoin_worker",
            ],
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
