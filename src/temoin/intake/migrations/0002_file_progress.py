"""How far the last file of a pharmacy has come."""

import temoin.lib.ids
from django.db import migrations, models

from temoin.lib.schema import isolate


class Migration(migrations.Migration):

    dependencies = [
        ('intake', '0001_file_terms'),
    ]

    operations = [
        migrations.CreateModel(
            name='FileProgress',
            fields=[
                ('pk', models.CompositePrimaryKey('pharmacy_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('pharmacy_id', models.UUIDField()),
                ('id', models.UUIDField(default=temoin.lib.ids.new_id)),
                ('begun_at', models.DateTimeField()),
                ('noted_at', models.DateTimeField()),
                ('rows', models.IntegerField()),
                ('done', models.IntegerField()),
                ('refused', models.IntegerField()),
                ('is_trial', models.BooleanField()),
                ('is_ended', models.BooleanField()),
            ],
            options={'db_table': 'intake_file_progress'},
        ),
        isolate("intake_file_progress", {"app": "SELECT, INSERT, UPDATE"}),
    ]
