"""What was signed stands in its row, not in chunks beside it: two more rows, and two more index entries, a signature."""

from typing import ClassVar

from django.db import migrations

# A sealed Report takes a little more than the two kilobytes from which PostgreSQL moves a value out; encrypted, it
# cannot be compressed either. Whoever reads a version reads its seal.
WHOLE = "ALTER TABLE testing_record_version SET (toast_tuple_target = 8160)"


class Migration(migrations.Migration):
    """A longer one still moves out."""

    dependencies: ClassVar = [("testing", "0009_source_of_files")]
    operations: ClassVar = [
        migrations.RunSQL(WHOLE, "ALTER TABLE testing_record_version RESET (toast_tuple_target)"),
    ]
