"""Each pharmacy has its own time zone; the operator may change it."""

from typing import ClassVar

from django.db import migrations, models

from temoin.lib.schema import share


class Migration(migrations.Migration):
    """Give those that are there the zone of the metropolis."""

    dependencies: ClassVar = [("pharmacies", "0009_owners_addresses")]
    operations: ClassVar = [
        migrations.AddField(
            model_name="pharmacy",
            name="time_zone",
            field=models.TextField(default="Europe/Paris"),
            preserve_default=False,
        ),
        share("pharmacies_pharmacy", {"app": "UPDATE (time_zone)"}),
    ]
