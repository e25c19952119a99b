"""What the verification of the journal may read of records: sealed values, which it cannot open, and version numbers."""

from typing import ClassVar

from django.db import migrations

READS = {
    "testing_record": "pharmacy_id, id, version",
    "testing_record_version": "pharmacy_id, id, record_id, number, signed_by, signed_at, sealed",
}


class Migration(migrations.Migration):
    """Let the sealer's role compare signed versions with the events that wrote them."""

    dependencies: ClassVar = [('testing', '0002_isolation'), ('journal', '0004_sealing_isolation')]
    operations: ClassVar = [
        migrations.RunSQL(
            f"GRANT SELECT ({columns}) ON {table} TO temoin_sealer;"
            f"CREATE POLICY sealer_rows ON {table} TO temoin_sealer USING (true) WITH CHECK (true);",
            reverse_sql=migrations.RunSQL.noop,
        )
        for table, columns in READS.items()
    ]
