"""The worker may know where the owners of the pharmacy in scope are written to, and nothing else of people."""

from typing import ClassVar

from django.db import migrations

from temoin.lib.schema import SCOPE

ADDRESSES = (
    "GRANT SELECT (pharmacy_id, person_id, profession, is_active, last_day) ON pharmacies_member TO temoin_worker;",
    f"CREATE POLICY worker_rows ON pharmacies_member TO temoin_worker USING ({SCOPE}) WITH CHECK ({SCOPE});",
    "GRANT SELECT (id, email, is_active) ON pharmacies_person TO temoin_worker;",
)


class Migration(migrations.Migration):
    """Let the worker write its alarms."""

    dependencies: ClassVar = [('pharmacies', '0008_backlog')]
    operations: ClassVar = [migrations.RunSQL(ADDRESSES, migrations.RunSQL.noop)]
