"""Invitations, departures, closed pharmacies and more professions; what the staff site may do with them."""

import temoin.crypto.sealed
import temoin.lib.ids
from django.db import migrations, models

from temoin.lib.schema import isolate, share


class Migration(migrations.Migration):

    dependencies = [
        ('pharmacies', '0005_sign_in'),
    ]

    operations = [
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('pk', models.CompositePrimaryKey('pharmacy_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('pharmacy_id', models.UUIDField()),
                ('id', models.UUIDField(default=temoin.lib.ids.new_id)),
                ('state', models.TextField(default='open')),
                ('profession', models.TextField()),
                ('code_hash', models.BinaryField()),
                ('expires_at', models.DateTimeField()),
                ('sealed', temoin.crypto.sealed.SealedField()),
            ],
            options={
                'db_table': 'pharmacies_invitation',
            },
        ),
        migrations.RemoveConstraint(
            model_name='member',
            name='pharmacies_member_profession',
        ),
        migrations.AddField(
            model_name='member',
            name='last_day',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='pharmacy',
            name='closed_on',
            field=models.DateField(null=True),
        ),
        migrations.AddConstraint(
            model_name='member',
            constraint=models.CheckConstraint(condition=models.Q(('profession__in', ['titulaire', 'adjoint', 'remplacant', 'preparateur', 'student', 'nurse', 'biologist', 'administrator', 'auditor'])), name='pharmacies_member_profession'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.UniqueConstraint(fields=('pharmacy_id', 'code_hash'), name='pharmacies_invitation_code'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['open', 'accepted', 'withdrawn'])), name='pharmacies_invitation_state'),
        ),
        isolate("pharmacies_invitation", {"app": "SELECT, INSERT, UPDATE"}),
        share("pharmacies_pharmacy", {"app": "UPDATE (closed_on)"}),
    ]
