"""Programs and their tokens are sealed: whoever writes in the database is no program."""

from typing import ClassVar

from django.db import migrations

import temoin.crypto.sealed


class Migration(migrations.Migration):
    """Seal key and scopes; rows of an earlier development state open nothing, and are added anew."""

    dependencies: ClassVar = [("pharmacies", "0015_backlog_of_pages")]
    operations: ClassVar = [
        migrations.RemoveField("program", "public_key"),
        migrations.RemoveField("programtoken", "scopes"),
        migrations.AddField(
            "program", "sealed", temoin.crypto.sealed.SealedField(default=b""), preserve_default=False
        ),
        migrations.AddField(
            "programtoken", "sealed", temoin.crypto.sealed.SealedField(default=b""), preserve_default=False
        ),
        migrations.RunSQL(
            "GRANT UPDATE (sealed) ON pharmacies_program TO temoin_app;",
            "REVOKE UPDATE (sealed) ON pharmacies_program FROM temoin_app;",
        ),
    ]
