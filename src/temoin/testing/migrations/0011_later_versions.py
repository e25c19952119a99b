"""An index of the versions that replaced another: the list of patients to call asks for them."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Find corrections and cancellations without reading every signature."""

    dependencies: ClassVar = [("testing", "0010_versions_in_their_rows")]
    operations: ClassVar = [
        migrations.AddIndex(
            "recordversion",
            models.Index(
                fields=["pharmacy_id", "signed_at"],
                condition=models.Q(("number__gt", 1)),
                name="testing_version_later",
            ),
        ),
    ]
