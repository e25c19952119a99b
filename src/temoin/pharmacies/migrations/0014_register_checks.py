"""Numbers of professionals, to be compared with the register; the worker asks."""

import temoin.crypto.sealed
import temoin.lib.ids
from django.db import migrations, models

from temoin.lib.schema import isolate

ANSWER = "state, differs, due_at, tried_at, checked_at, trouble, sealed"


class Migration(migrations.Migration):

    dependencies = [
        ('pharmacies', '0013_sealed_hash'),
    ]

    operations = [
        migrations.CreateModel(
            name='RegisterCheck',
            fields=[
                ('pk', models.CompositePrimaryKey('pharmacy_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('pharmacy_id', models.UUIDField()),
                ('id', models.UUIDField(default=temoin.lib.ids.new_id)),
                ('state', models.TextField(default='waiting')),
                ('subject_kind', models.TextField()),
                ('subject_id', models.UUIDField()),
                ('profession', models.TextField()),
                ('differs', models.TextField(default='')),
                ('due_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(null=True)),
                ('tried_at', models.DateTimeField(null=True)),
                ('checked_at', models.DateTimeField(null=True)),
                ('trouble', models.TextField(default='')),
                ('sealed', temoin.crypto.sealed.SealedField()),
            ],
            options={
                'db_table': 'pharmacies_register_check',
                'indexes': [models.Index(fields=['due_at'], name='pharmacies_register_check_due')],
                'constraints': [
                    models.UniqueConstraint(fields=('pharmacy_id', 'subject_id'), name='pharmacies_register_check_once'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'agrees', 'differs', 'unknown'])), name='pharmacies_register_check_state'),
                ],
            },
        ),
        isolate("pharmacies_register_check", {
            "app": "SELECT, INSERT, UPDATE, DELETE",
            "worker": f"SELECT, UPDATE ({ANSWER})",
        }),
        migrations.RunSQL(
            "CREATE POLICY worker_reads ON pharmacies_register_check FOR SELECT TO temoin_worker USING (true);",
            reverse_sql="DROP POLICY worker_reads ON pharmacies_register_check;",
        ),
    ]
