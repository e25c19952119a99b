"""An index of what is under way: the counter shows all of it, whatever its age."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('testing', '0004_day_of_versions'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='record',
            index=models.Index(condition=models.Q(('state__in', ['registered', 'sampled'])), fields=['pharmacy_id'], name='testing_record_under_way'),
        ),
    ]
