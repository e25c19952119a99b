"""Programs and their tokens; what the staff site may do with them."""

import temoin.lib.ids
from django.db import migrations, models

from temoin.lib.schema import isolate, tenant_foreign_key


class Migration(migrations.Migration):

    dependencies = [
        ('pharmacies', '0006_people'),
    ]

    operations = [
        migrations.CreateModel(
            name='Program',
            fields=[
                ('pk', models.CompositePrimaryKey('pharmacy_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('pharmacy_id', models.UUIDField()),
                ('id', models.UUIDField(default=temoin.lib.ids.new_id)),
                ('state', models.TextField(default='active')),
                ('name', models.TextField()),
                ('public_key', models.TextField()),
                ('scopes', models.TextField()),
            ],
            options={
                'db_table': 'pharmacies_program',
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['active', 'revoked'])), name='pharmacies_program_state')],
            },
        ),
        migrations.CreateModel(
            name='ProgramToken',
            fields=[
                ('pk', models.CompositePrimaryKey('pharmacy_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('pharmacy_id', models.UUIDField()),
                ('id', models.UUIDField(default=temoin.lib.ids.new_id)),
                ('program_id', models.UUIDField()),
                ('token_hash', models.BinaryField()),
                ('jti_hash', models.BinaryField()),
                ('scopes', models.TextField()),
                ('certificate', models.BinaryField(default=b'')),
                ('expires_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'pharmacies_program_token',
                'constraints': [models.UniqueConstraint(fields=('pharmacy_id', 'program_id', 'jti_hash'), name='pharmacies_assertion_once'), models.UniqueConstraint(fields=('pharmacy_id', 'token_hash'), name='pharmacies_program_token_hash')],
            },
        ),
        isolate("pharmacies_program", {"app": "SELECT, INSERT, UPDATE (state)"}),
        isolate("pharmacies_program_token", {"app": "SELECT, INSERT, DELETE"}),
        tenant_foreign_key("pharmacies_program_token", "program_id", "pharmacies_program"),
    ]
