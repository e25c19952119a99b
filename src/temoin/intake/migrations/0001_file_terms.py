"""The terms of files of results, and what the staff site may do with them."""

import temoin.crypto.sealed
import temoin.lib.ids
from django.db import migrations, models

from temoin.lib.schema import isolate


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='FileTerms',
            fields=[
                ('pk', models.CompositePrimaryKey('pharmacy_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('pharmacy_id', models.UUIDField()),
                ('id', models.UUIDField(default=temoin.lib.ids.new_id)),
                ('version', models.IntegerField(default=1)),
                ('sealed', temoin.crypto.sealed.SealedField()),
            ],
            options={'db_table': 'intake_file_terms'},
        ),
        isolate("intake_file_terms", {"app": "SELECT, INSERT, UPDATE"}),
    ]
