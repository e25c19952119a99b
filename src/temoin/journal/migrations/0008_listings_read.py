"""The sealer verifies what lists showed: it reads the listings of every pharmacy."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    """One more table to compare."""

    dependencies: ClassVar = [('journal', '0007_times')]
    operations: ClassVar = [
        migrations.RunSQL(
            "GRANT SELECT (pharmacy_id, id, subjects) ON journal_listing TO temoin_sealer;"
            "CREATE POLICY sealer_rows ON journal_listing TO temoin_sealer USING (true) WITH CHECK (true);",
            reverse_sql="DROP POLICY sealer_rows ON journal_listing;",
        ),
    ]
