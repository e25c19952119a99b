"""Row security, grants and composite keys of the room's tables."""

from typing import ClassVar

from django.db import migrations

from temoin.lib.schema import isolate, own_rows, share


class Migration(migrations.Migration):
    """Let each role do what its process needs, on the rows of the pharmacy in scope."""

    dependencies: ClassVar = [('pharmacies', '0001_initial')]
    operations: ClassVar = [
        share("pharmacies_pharmacy", {"app": "SELECT, INSERT", "worker": "SELECT"}),
        share("pharmacies_person", {"app": "SELECT, INSERT, UPDATE"}),
        isolate("pharmacies_member", {"app": "SELECT, INSERT, UPDATE"}),
        own_rows("pharmacies_member"),
    ]
