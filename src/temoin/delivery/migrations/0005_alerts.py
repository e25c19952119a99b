"""The worker tells which owner an alarm is about, to write to the others."""

from django.db import migrations


class Migration(migrations.Migration):
    """Let the worker see the ids of members beside what it sees of them."""

    dependencies = [
        ('delivery', '0004_pace'),
        ('journal', '0005_alerts'),
        ('pharmacies', '0002_isolation'),
    ]

    operations = [
        migrations.RunSQL("GRANT SELECT (id) ON pharmacies_member TO temoin_worker", reverse_sql=migrations.RunSQL.noop),
    ]
