"""Row security, grants and composite keys of the room's tables."""

from typing import ClassVar

from django.db import migrations

from temoin.lib.schema import isolate, tenant_foreign_key


class Migration(migrations.Migration):
    """Let each role do what its process needs, on the rows of the pharmacy in scope."""

    dependencies: ClassVar = [('outbox', '0001_initial')]
    operations: ClassVar = [
        # The worker schedules every pharmacy's parcels; what they carry stays sealed until it opens one in scope.
        isolate(
            "outbox_parcel",
            {"app": "SELECT, INSERT, UPDATE", "worker": "SELECT, UPDATE"},
            policies={"worker": "true"},
        ),
        isolate("outbox_attempt", {"app": "SELECT", "worker": "SELECT, INSERT"}),
        tenant_foreign_key("outbox_attempt", "parcel_id", "outbox_parcel"),
    ]
