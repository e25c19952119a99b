"""What sign-in remembers across server processes, and the one-time code of a person without factors."""

from django.db import migrations, models

from temoin.lib.schema import share


class Migration(migrations.Migration):

    dependencies = [
        ('pharmacies', '0004_session_grants'),
    ]

    operations = [
        migrations.CreateModel(
            name='Memo',
            fields=[
                ('key', models.TextField(primary_key=True, serialize=False)),
                ('value', models.TextField()),
                ('expires_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'pharmacies_memo',
            },
        ),
        migrations.AddField(
            model_name='person',
            name='enrolment',
            field=models.TextField(db_default='', default=''),
        ),
        migrations.AddField(
            model_name='person',
            name='enrolment_until',
            field=models.DateTimeField(null=True),
        ),
        share("pharmacies_memo", {"app": "SELECT, INSERT, UPDATE, DELETE"}),
    ]
