"""The alarms that are raised, for the worker alone."""

import temoin.lib.ids
from django.db import migrations, models

from temoin.lib.schema import share


class Migration(migrations.Migration):
    """Who was told that results wait, until they have arrived."""

    dependencies = [
        ('delivery', '0002_isolation'),
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
                'db_table': 'delivery_alarm',
                'constraints': [models.UniqueConstraint(fields=('pharmacy_id',), name='delivery_alarm_once', nulls_distinct=False)],
            },
        ),
        share("delivery_alarm", {"worker": "SELECT, INSERT, UPDATE, DELETE"}),
    ]
