"""Each event tells how its act left what is sealed, so that an old row put back is noticed."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """One more column; what was written before tells nothing."""

    dependencies: ClassVar = [('journal', '0008_listings_read')]
    operations: ClassVar = [
        migrations.AddField('event', 'wrote', models.TextField(default='', db_default='')),
    ]
