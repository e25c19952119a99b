"""The worker learns from when on a restore may have lost what was recorded: the checkpoint before the stated cut."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    """Let the worker read when each checkpoint was sealed, and of how many events; not what it signs."""

    dependencies: ClassVar = [("journal", "0013_keys_ended")]
    operations: ClassVar = [
        migrations.RunSQL(
            "GRANT SELECT (size, at) ON journal_checkpoint TO temoin_worker;",
            reverse_sql="REVOKE SELECT (size, at) ON journal_checkpoint FROM temoin_worker;",
        ),
    ]
