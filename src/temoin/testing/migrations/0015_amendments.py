"""Which version of a result a program proposes to correct or to cancel."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Say in clear where to look for what is proposed."""

    dependencies: ClassVar = [("testing", "0014_groups")]
    operations: ClassVar = [migrations.AddField("record", "amends", models.IntegerField(null=True))]
