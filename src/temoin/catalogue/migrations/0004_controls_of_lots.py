"""The controls run with a lot: how many, when each was last right, and whether one was wrong since."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the columns, and let the staff site change them."""

    dependencies: ClassVar = [("catalogue", "0003_life_of_lots")]
    operations: ClassVar = [
        migrations.AddField("lot", "controls", models.IntegerField(default=0)),
        migrations.AddField("lot", "positive_ok_on", models.DateField(null=True)),
        migrations.AddField("lot", "negative_ok_on", models.DateField(null=True)),
        migrations.AddField("lot", "control_failed", models.BooleanField(default=False)),
        migrations.RunSQL(
            "GRANT UPDATE (controls, positive_ok_on, negative_ok_on, control_failed) ON catalogue_lot TO temoin_app;",
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
