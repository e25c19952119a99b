"""What lists showed, and what owners must be told of."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import temoin.lib.ids
from django.db import migrations, models

from temoin.lib.schema import isolate


class Migration(migrations.Migration):
    """Tables beside the events."""

    dependencies = [
        ('journal', '0004_sealing_isolation'),
    ]

    operations = [
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('pk', models.CompositePrimaryKey('pharmacy_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('pharmacy_id', models.UUIDField()),
                ('id', models.UUIDField(default=temoin.lib.ids.new_id)),
                ('at', models.DateTimeField()),
                ('kind', models.TextField()),
                ('subject_kind', models.TextField()),
                ('subject_id', models.UUIDField(null=True)),
                ('told_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'journal_alert',
                'indexes': [models.Index(condition=models.Q(('told_at', None)), fields=['at'], name='journal_alert_untold')],
            },
        ),
        migrations.CreateModel(
            name='Listing',
            fields=[
                ('pk', models.CompositePrimaryKey('pharmacy_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('pharmacy_id', models.UUIDField()),
                ('id', models.UUIDField(default=temoin.lib.ids.new_id)),
                ('subjects', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
            ],
            options={
                'db_table': 'journal_listing',
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['subjects'], name='journal_listing_subjects')],
            },
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('kind__in', ['patient.searched', 'test.list_read'])), fields=['pharmacy_id', 'digest'], name='journal_event_listing'),
        ),
        isolate("journal_listing", {"app": "SELECT, INSERT"}),
        # The worker, which writes to owners, looks over all pharmacies for what nobody was told of, and writes in one.
        isolate(
            "journal_alert",
            {"app": "SELECT, INSERT", "worker": "SELECT, INSERT, UPDATE (told_at)"},
        ),
        migrations.RunSQL(
            "CREATE POLICY worker_reads ON journal_alert FOR SELECT TO temoin_worker USING (true);",
            reverse_sql="DROP POLICY worker_reads ON journal_alert;",
        ),
    ]
