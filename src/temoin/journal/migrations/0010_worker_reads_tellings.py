"""The worker learns whether somebody noted that a patient was told: it writes to owners when nobody did."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    """Let the worker read, in the pharmacy in scope, what an event is about; not who did it."""

    dependencies: ClassVar = [("journal", "0009_wrote")]
    operations: ClassVar = [
        migrations.RunSQL(
            "GRANT SELECT (pharmacy_id, id, kind, subject_id, detail) ON journal_event TO temoin_worker;",
            reverse_sql="REVOKE SELECT ON journal_event FROM temoin_worker;",
        ),
    ]
