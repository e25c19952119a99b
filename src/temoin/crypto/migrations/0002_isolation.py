"""Row security, grants and composite keys of the room's tables."""

from typing import ClassVar

from django.db import migrations

from temoin.lib.schema import isolate


class Migration(migrations.Migration):
    """Let each role do what its process needs, on the rows of the pharmacy in scope."""

    dependencies: ClassVar = [('crypto', '0001_initial')]
    operations: ClassVar = [
        isolate("crypto_data_key", {"app": "SELECT, INSERT", "worker": "SELECT, INSERT"}),
    ]
