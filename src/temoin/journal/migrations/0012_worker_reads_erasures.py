"""The worker learns which keys were of tests erased here: what an authority holds of them is nobody's mystery."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    """Let the worker read, in the pharmacy in scope, when an event was and what it left of what it ended."""

    dependencies: ClassVar = [("journal", "0011_results_read")]
    operations: ClassVar = [
        migrations.RunSQL(
            "GRANT SELECT (at, digest) ON journal_event TO temoin_worker;",
            reverse_sql="REVOKE SELECT (at, digest) ON journal_event FROM temoin_worker;",
        ),
    ]
