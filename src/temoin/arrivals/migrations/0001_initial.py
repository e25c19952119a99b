"""Posters, the pairs of keys that forms are sealed to, and the forms that wait."""

from typing import ClassVar

import temoin.crypto.sealed
import temoin.lib.ids
from django.db import migrations, models

from temoin.lib.schema import isolate, tenant_foreign_key


class Migration(migrations.Migration):
    """Let the patients' site see the poster that it names and the public halves of its keys, and add forms, unread."""

    initial = True

    dependencies: ClassVar = []
    operations: ClassVar = [
        migrations.CreateModel(
            name='Arrival',
            fields=[
                ('pk', models.CompositePrimaryKey('pharmacy_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('pharmacy_id', models.UUIDField()),
                ('id', models.UUIDField(default=temoin.lib.ids.new_id)),
                ('poster_id', models.UUIDField()),
                ('key_id', models.UUIDField()),
                ('state', models.TextField(default='waiting')),
                ('number', models.SmallIntegerField()),
                ('expires_at', models.DateTimeField()),
                ('ciphertext', models.BinaryField()),
            ],
            options={
                'db_table': 'arrivals_arrival',
                'indexes': [models.Index(fields=['pharmacy_id', 'expires_at'], name='arrivals_arrival_ends')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'accepted', 'refused'])), name='arrivals_arrival_state'), models.CheckConstraint(condition=models.Q(('number__gte', 100), ('number__lte', 999)), name='arrivals_arrival_digits'), models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('pharmacy_id', 'number'), name='arrivals_arrival_number')],
            },
        ),
        migrations.CreateModel(
            name='ArrivalKey',
            fields=[
                ('pk', models.CompositePrimaryKey('pharmacy_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('pharmacy_id', models.UUIDField()),
                ('id', models.UUIDField(default=temoin.lib.ids.new_id)),
                ('month', models.TextField()),
                ('ends_at', models.DateTimeField()),
                ('public', models.BinaryField()),
                ('sealed', temoin.crypto.sealed.SealedField()),
            ],
            options={
                'db_table': 'arrivals_key',
                'constraints': [models.UniqueConstraint(fields=('pharmacy_id', 'month'), name='arrivals_key_month')],
            },
        ),
        migrations.CreateModel(
            name='Poster',
            fields=[
                ('pk', models.CompositePrimaryKey('pharmacy_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('pharmacy_id', models.UUIDField()),
                ('id', models.UUIDField(default=temoin.lib.ids.new_id)),
                ('state', models.TextField(default='standing')),
                ('made_at', models.DateTimeField()),
                ('token_hash', models.BinaryField(unique=True)),
                ('place', models.TextField()),
                ('sealed', temoin.crypto.sealed.SealedField()),
            ],
            options={
                'db_table': 'arrivals_poster',
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['standing', 'withdrawn'])), name='arrivals_poster_state'), models.UniqueConstraint(condition=models.Q(('state', 'standing')), fields=('pharmacy_id',), name='arrivals_poster_standing')],
            },
        ),
        isolate(
            "arrivals_poster",
            {
                "app": "SELECT, INSERT, UPDATE (state, sealed)",
                "portal": "SELECT (pharmacy_id, id, state, token_hash, place)",
            },
            policies={"portal": "token_hash = decode(nullif(current_setting('temoin.poster', true), ''), 'hex')"},
        ),
        isolate("arrivals_key", {"app": "SELECT, INSERT", "portal": "SELECT (pharmacy_id, id, month, public)"}),
        # What was put in, the patients' site never sees again.
        isolate("arrivals_arrival", {"app": "SELECT, UPDATE (state, ciphertext)", "portal": "INSERT"}),
        tenant_foreign_key("arrivals_arrival", "poster_id", "arrivals_poster"),
        tenant_foreign_key("arrivals_arrival", "key_id", "arrivals_key"),
    ]
