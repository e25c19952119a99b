"""Wrong codes that were tried already, and the pace of callers, for the patients' site alone."""

from django.db import migrations, models

from temoin.lib.schema import share


class Migration(migrations.Migration):
    """Let several processes of the patients' site count together."""

    dependencies = [
        ('delivery', '0002_isolation'),
    ]

    operations = [
        migrations.AddField(
            model_name='letter',
            name='wrong',
            field=models.BinaryField(default=b''),
        ),
        migrations.CreateModel(
            name='Pace',
            fields=[
                ('name', models.BinaryField(primary_key=True, serialize=False)),
                ('tokens', models.FloatField()),
                ('at', models.DateTimeField(db_index=True)),
            ],
            options={
                'db_table': 'delivery_pace',
            },
        ),
        # Kept for a minute or two: neither in the log of changes nor in a backup of it.
        migrations.RunSQL("ALTER TABLE delivery_pace SET UNLOGGED", reverse_sql=migrations.RunSQL.noop),
        migrations.RunSQL("ALTER TABLE delivery_letter ALTER COLUMN wrong SET DEFAULT ''", reverse_sql=migrations.RunSQL.noop),
        share("delivery_pace", {"portal": "SELECT, INSERT, UPDATE, DELETE"}),
        migrations.RunSQL("GRANT SELECT (wrong), UPDATE (wrong) ON delivery_letter TO temoin_portal", reverse_sql=migrations.RunSQL.noop),
    ]
