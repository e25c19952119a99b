"""An index of the tests of a lot: a count for the shelf, and everybody concerned by a recall."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Find the tests of a lot without reading every record."""

    dependencies: ClassVar = [("testing", "0011_later_versions")]
    operations: ClassVar = [
        migrations.AddIndex(
            "record",
            models.Index(
                fields=["pharmacy_id", "lot_id"],
                condition=models.Q(("lot_id__isnull", False)),
                name="testing_record_lot",
            ),
        ),
    ]
