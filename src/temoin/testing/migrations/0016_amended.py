"""An index of the signed results of which a program proposes a correction or a cancellation."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Find what waits without reading every record."""

    atomic = False
    dependencies: ClassVar = [("testing", "0015_amendments")]
    operations: ClassVar = [
        AddIndexConcurrently(
            "record",
            models.Index(
                condition=models.Q(("amends", models.F("version"))),
                fields=["pharmacy_id"],
                name="testing_record_amended",
            ),
        ),
    ]
