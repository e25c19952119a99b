"""The tables of the room, with row security, grants and composite keys."""

from typing import ClassVar

import temoin.crypto.sealed
import temoin.lib.ids
from django.db import migrations, models

from temoin.lib.schema import SCOPE, isolate, tenant_foreign_key


class Migration(migrations.Migration):
    """The worker schedules every pharmacy's notices; the addresses stay sealed until it opens one in scope."""

    initial = True

    dependencies: ClassVar = [("pharmacies", "0002_isolation")]
    operations: ClassVar = [
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('pk', models.CompositePrimaryKey('pharmacy_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('pharmacy_id', models.UUIDField()),
                ('id', models.UUIDField(default=temoin.lib.ids.new_id)),
                ('program_id', models.UUIDField()),
                ('state', models.TextField(default='active')),
                ('started_at', models.DateTimeField()),
                ('gathered_to', models.DateTimeField()),
                ('matter_since', models.DateTimeField(null=True)),
                ('sealed', temoin.crypto.sealed.SealedField()),
            ],
            options={
                'db_table': 'webhooks_webhook',
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'active')), fields=('pharmacy_id', 'program_id'), name='webhooks_webhook_once'), models.CheckConstraint(condition=models.Q(('state__in', ['active', 'ended'])), name='webhooks_webhook_state')],
            },
        ),
        migrations.CreateModel(
            name='WebhookNotice',
            fields=[
                ('pk', models.CompositePrimaryKey('pharmacy_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('pharmacy_id', models.UUIDField()),
                ('id', models.UUIDField(default=temoin.lib.ids.new_id)),
                ('webhook_id', models.UUIDField()),
                ('kind', models.TextField()),
                ('record_id', models.UUIDField(null=True)),
                ('version', models.IntegerField(null=True)),
                ('happened_at', models.DateTimeField()),
                ('source_id', models.UUIDField()),
                ('attempts', models.IntegerField(default=0)),
                ('due_at', models.DateTimeField()),
                ('tried_at', models.DateTimeField(null=True)),
                ('answer_code', models.TextField(default='')),
                ('told_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'webhooks_notice',
                'indexes': [models.Index(condition=models.Q(('told_at__isnull', True)), fields=['pharmacy_id', 'webhook_id', 'due_at'], name='webhooks_notice_due'), models.Index(condition=models.Q(('told_at__isnull', True)), fields=['pharmacy_id', 'webhook_id', 'record_id', 'happened_at'], name='webhooks_notice_order'), models.Index(fields=['pharmacy_id', 'webhook_id', 'happened_at'], name='webhooks_notice_latest')],
                'constraints': [models.UniqueConstraint(fields=('pharmacy_id', 'webhook_id', 'source_id', 'happened_at'), name='webhooks_notice_once'), models.CheckConstraint(condition=models.Q(('kind__in', ['result.signed', 'result.corrected', 'result.cancelled', 'letter.opened', 'authority.acknowledged', 'authority.refused', 'trial'])), name='webhooks_notice_kind')],
            },
        ),
        isolate(
            "webhooks_webhook",
            {"app": "SELECT, INSERT, UPDATE (state, sealed)", "worker": "SELECT, UPDATE (gathered_to, matter_since)"},
        ),
        tenant_foreign_key("webhooks_webhook", "program_id", "pharmacies_program"),
        isolate(
            "webhooks_notice",
            {
                "app": "SELECT, INSERT",
                "worker": "SELECT, INSERT, UPDATE (attempts, due_at, tried_at, answer_code, told_at)",
            },
        ),
        tenant_foreign_key("webhooks_notice", "webhook_id", "webhooks_webhook"),
        # What is due is read in every pharmacy, and written in the one in scope.
        *(
            migrations.RunSQL(
                f"CREATE POLICY worker_reads ON {table} FOR SELECT TO temoin_worker USING (true);",
                reverse_sql=f"DROP POLICY worker_reads ON {table};",
            )
            for table in ("webhooks_webhook", "webhooks_notice")
        ),
        # Whether the program may still come in.
        migrations.RunSQL(
            "GRANT SELECT (pharmacy_id, id, state, vouched_by) ON pharmacies_program TO temoin_worker;"
            f"CREATE POLICY worker_rows ON pharmacies_program TO temoin_worker USING ({SCOPE}) WITH CHECK ({SCOPE});",
            reverse_sql="DROP POLICY worker_rows ON pharmacies_program; REVOKE SELECT ON pharmacies_program FROM temoin_worker;",
        ),
    ]
