"""The lanes' shared state, and an index for what was refused."""

from typing import ClassVar

from django.db import migrations, models

from temoin.lib.schema import share


class Migration(migrations.Migration):
    """One row per destination, for workers alone."""

    dependencies: ClassVar = [('outbox', '0003_duties')]
    operations: ClassVar = [
        migrations.CreateModel(
            name='LaneState',
            fields=[
                ('destination', models.TextField(primary_key=True, serialize=False)),
                ('troubles', models.IntegerField(db_default=0)),
                ('code', models.TextField(db_default='')),
                ('paused_until', models.DateTimeField(null=True)),
                ('probe_until', models.DateTimeField(null=True)),
                ('tokens', models.FloatField(db_default=0.0)),
                ('taken_at', models.DateTimeField(null=True)),
            ],
            options={'db_table': 'outbox_lane'},
        ),
        migrations.AddIndex(
            model_name='parcel',
            index=models.Index(
                condition=models.Q(('state', 'refused')),
                fields=['destination', 'posted_at'],
                name='outbox_parcel_refused',
            ),
        ),
        share("outbox_lane", {"worker": "SELECT, INSERT, UPDATE"}),
    ]
