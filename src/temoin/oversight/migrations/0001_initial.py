"""The alarms that are raised, for the worker alone."""

import temoin.lib.ids
from django.db import migrations, models

from temoin.lib.schema import share


class Migration(migrations.Migration):
    """Who was told that results wait, until they have arrived."""

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Alarm',
            fields=[
                ('id', models.UUIDField(default=temoin.lib.ids.new_id, primary_key=True, serialize=False)),
                ('pharmacy_id', models.UUIDField(null=True)),
                ('began_at', models.DateTimeField()),
                ('told_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'oversight_alarm',
                'constraints': [models.UniqueConstraint(fields=('pharmacy_id',), name='oversight_alarm_once', nulls_distinct=False)],
            },
        ),
        share("oversight_alarm", {"worker": "SELECT, INSERT, UPDATE, DELETE"}),
    ]
