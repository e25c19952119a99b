"""A password's hash is sealed, and longer for it."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Let the column be as long as it needs; the table is not rewritten."""

    dependencies: ClassVar = [("pharmacies", "0012_vouched_programs")]
    operations: ClassVar = [migrations.AlterField("person", "password", models.TextField())]
