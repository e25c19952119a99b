"""The time of an event: by the database, so that nobody who writes one can give it."""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    """A default for a column that no role may fill (`config.grants.grant_events`)."""

    dependencies = [
        ('journal', '0006_reader'),
    ]

    operations = [
        migrations.AlterField(
            model_name='event',
            name='at',
            field=models.DateTimeField(db_default=Now()),
        ),
    ]
