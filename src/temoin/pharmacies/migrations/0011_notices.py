"""Invitations that wait for approval, messages to staff, and the sign-ins that failed."""

import temoin.lib.ids
from django.db import migrations, models

from temoin.lib.schema import share

RULE = "person_id = nullif(current_setting('temoin.person', true), '')::uuid"
WORKER = (
    "GRANT SELECT (id) ON pharmacies_member TO temoin_worker;",
    f"CREATE POLICY worker_own ON pharmacies_member FOR SELECT TO temoin_worker USING ({RULE});",
)


class Migration(migrations.Migration):

    dependencies = [
        ('pharmacies', '0010_time_zone'),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='invitation', name='pharmacies_invitation_state'),
        migrations.AlterField(
            model_name='invitation',
            name='state',
            field=models.TextField(default='waiting'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'open', 'accepted', 'withdrawn'])), name='pharmacies_invitation_state'),
        ),
        migrations.CreateModel(
            name='StaffNotice',
            fields=[
                ('id', models.UUIDField(default=temoin.lib.ids.new_id, primary_key=True, serialize=False)),
                ('person_id', models.UUIDField()),
                ('kind', models.TextField()),
                ('count', models.IntegerField(default=0)),
                ('posted_at', models.DateTimeField()),
            ],
            options={'db_table': 'pharmacies_staff_notice'},
        ),
        migrations.CreateModel(
            name='FailedTry',
            fields=[
                ('id', models.UUIDField(default=temoin.lib.ids.new_id, primary_key=True, serialize=False)),
                ('person_id', models.UUIDField(null=True)),
                ('at', models.DateTimeField()),
                ('way', models.TextField()),
                ('is_noted', models.BooleanField(default=False)),
                ('is_told', models.BooleanField(default=False)),
                ('is_mailed', models.BooleanField(default=False)),
            ],
            options={
                'db_table': 'pharmacies_failed_try',
                'indexes': [models.Index(fields=['person_id'], name='pharmacies_failed_try_person')],
            },
        ),
        share("pharmacies_staff_notice", {"app": "INSERT", "worker": "SELECT, INSERT, DELETE"}),
        share("pharmacies_failed_try", {
            "app": "SELECT, INSERT, UPDATE (is_told)",
            "worker": "SELECT, UPDATE (is_noted, is_mailed), DELETE",
        }),
        migrations.RunSQL(WORKER, migrations.RunSQL.noop),
    ]
