"""The sample number of a record, and the ticket that is found by its code while the house still has it."""

from typing import ClassVar

from django.db import migrations, models

import temoin.crypto.blind


class Migration(migrations.Migration):
    """Find a test by the number on its cassette, or by its ticket."""

    dependencies: ClassVar = [("testing", "0012_tests_of_lots")]
    operations: ClassVar = [
        migrations.AddField("record", "number_index", temoin.crypto.blind.BlindIndexField(null=True)),
        migrations.AddConstraint(
            "record",
            models.UniqueConstraint(
                condition=models.Q(("number_index__isnull", False), ("state__in", ["registered", "sampled"])),
                fields=("pharmacy_id", "number_index"),
                name="testing_record_number",
            ),
        ),
        migrations.AddField("ticket", "code_index", temoin.crypto.blind.BlindIndexField(null=True)),
        migrations.RemoveIndex("ticket", "testing_ticket_code"),
        migrations.AddIndex(
            "ticket",
            models.Index(
                condition=models.Q(("has_code", True)),
                fields=["pharmacy_id", "code_index"],
                name="testing_ticket_code",
            ),
        ),
        migrations.RunSQL(
            "GRANT UPDATE (code_index) ON testing_ticket TO temoin_worker",
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
