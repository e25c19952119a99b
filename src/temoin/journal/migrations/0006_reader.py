"""Whom somebody saw in the last hour: counted at each page that shows a patient."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One index over looks."""

    dependencies = [
        ('journal', '0005_alerts'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('kind__in', ['patient.read', 'test.read', 'result.printed', 'ticket.printed', 'answers.read', 'looks.listed', 'patient.searched', 'test.list_read'])), fields=['pharmacy_id', 'actor_id', 'at'], name='journal_event_reader'),
        ),
    ]
