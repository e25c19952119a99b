"""How many pharmacies a publication is without."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """What was published before waited for nobody, and says nothing of it: 0."""

    dependencies: ClassVar = [("surveillance", "0002_releases")]
    operations: ClassVar = [
        migrations.AddField("release", "missing", models.IntegerField(db_default=0)),
    ]
