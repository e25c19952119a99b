"""Row security, grants and composite keys of the room's tables."""

from typing import ClassVar

from django.db import migrations

from temoin.lib.schema import isolate, tenant_foreign_key


class Migration(migrations.Migration):
    """Let each role do what its process needs, on the rows of the pharmacy in scope."""

    dependencies: ClassVar = [('delivery', '0001_initial'), ('testing', '0002_isolation')]
    operations: ClassVar = [
        # The patients' site sees the one letter whose hash it names, and may only count the try.
        isolate(
            "delivery_letter",
            {
                "app": "SELECT, UPDATE (state)",
                "worker": "SELECT, INSERT, UPDATE (state)",
                "portal": "SELECT (pharmacy_id, id, lookup_hash, auth_hash, ciphertext, state, tries_left, "
                "opened_count, expires_at), UPDATE (tries_left, opened_count)",
            },
            policies={"portal": "lookup_hash = decode(nullif(current_setting('temoin.letter', true), ''), 'hex')"},
        ),
        tenant_foreign_key("delivery_letter", "record_id", "testing_record"),
    ]
