"""Whether a lane sleeps, so that an act knows whether to wake it."""

from typing import ClassVar

from django.db import migrations, models

from temoin.lib.schema import share


class Migration(migrations.Migration):
    """One column more; acts may read it, with the destination's name."""

    dependencies: ClassVar = [("outbox", "0008_backlog")]
    operations: ClassVar = [
        migrations.AddField("lanestate", "asleep", models.BooleanField(db_default=False)),
        share(
            "outbox_lane",
            {"worker": "SELECT, INSERT, UPDATE", "app": "SELECT (destination, asleep)"},
        ),
    ]
