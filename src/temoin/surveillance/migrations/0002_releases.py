"""What was published, for the worker to add to and for nobody to change; and the lots that stand on shelves."""

from typing import ClassVar

from django.db import migrations, models

from temoin.lib.schema import SCOPE, share


class Migration(migrations.Migration):
    """A figure that left stays as it left: no role may change or delete it."""

    dependencies: ClassVar = [("surveillance", "0001_counted_days"), ("catalogue", "0004_controls_of_lots")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="Release",
            fields=[
                ("pk", models.CompositePrimaryKey("name", "period", "revision", blank=True, editable=False, primary_key=True, serialize=False)),
                ("name", models.TextField()),
                ("period", models.DateField()),
                ("revision", models.SmallIntegerField()),
                ("released_on", models.DateField()),
                ("figures", models.JSONField()),
            ],
            options={"db_table": "surveillance_release"},
        ),
        share("surveillance_release", {"worker": "SELECT, INSERT"}),
        migrations.RunSQL(
            "GRANT SELECT (pharmacy_id, id, kit, number) ON catalogue_lot TO temoin_worker;"
            f"CREATE POLICY worker_rows ON catalogue_lot TO temoin_worker USING ({SCOPE}) WITH CHECK ({SCOPE});",
            reverse_sql="DROP POLICY worker_rows ON catalogue_lot; REVOKE SELECT ON catalogue_lot FROM temoin_worker;",
        ),
    ]
