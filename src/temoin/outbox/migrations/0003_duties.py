"""When the worker's duties are due."""

from typing import ClassVar

from django.db import migrations, models

from temoin.lib.schema import share


class Migration(migrations.Migration):
    """One row per duty, for workers alone."""

    dependencies: ClassVar = [('outbox', '0002_isolation')]
    operations: ClassVar = [
        migrations.CreateModel(
            name='DueDuty',
            fields=[
                ('name', models.TextField(primary_key=True, serialize=False)),
                ('due_at', models.DateTimeField()),
                ('held_until', models.DateTimeField(null=True)),
            ],
            options={'db_table': 'outbox_duty'},
        ),
        share("outbox_duty", {"worker": "SELECT, INSERT, UPDATE"}),
    ]
