"""Row security, grants and composite keys of the room's tables."""

from typing import ClassVar

from django.db import migrations

from temoin.lib.schema import isolate


class Migration(migrations.Migration):
    """Let each role do what its process needs, on the rows of the pharmacy in scope."""

    dependencies: ClassVar = [('catalogue', '0001_initial')]
    operations: ClassVar = [
        isolate("catalogue_lot", {"app": "SELECT, INSERT"}),
    ]
