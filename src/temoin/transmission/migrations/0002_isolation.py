"""Row security, grants and composite keys of the room's tables."""

from typing import ClassVar

from django.db import migrations

from temoin.lib.schema import isolate, share, tenant_foreign_key


class Migration(migrations.Migration):
    """The worker writes what it found; pages read it."""

    dependencies: ClassVar = [('transmission', '0001_reconciliation'), ('outbox', '0002_isolation')]
    operations: ClassVar = [
        isolate("transmission_difference", {"app": "SELECT", "worker": "SELECT, INSERT, UPDATE (mended_at)"}),
        share("transmission_reconciliation", {"app": "SELECT", "worker": "SELECT, INSERT"}),
        tenant_foreign_key("transmission_difference", "parcel_id", "outbox_parcel"),
    ]
