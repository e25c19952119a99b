"""The order of commits on events, and who may write and read what seals them."""

from typing import ClassVar

from django.db import migrations

from temoin.lib.schema import share


class Migration(migrations.Migration):
    """Let the sealer read every event and add to the tree; let the staff site read what proofs are made of."""

    dependencies: ClassVar = [('journal', '0003_sealing')]
    operations: ClassVar = [
        # Not a field of the model: the database fills it, so that the act's one statement stays as it is.
        migrations.RunSQL(
            "ALTER TABLE journal_event ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();"
            "CREATE INDEX journal_event_order ON journal_event (xid);"
            "CREATE INDEX journal_leaf_hash ON journal_leaf USING hash (hash);"
            "GRANT SELECT ON journal_event TO temoin_sealer;"
            "CREATE POLICY sealer_rows ON journal_event TO temoin_sealer USING (true) WITH CHECK (true);",
            reverse_sql=migrations.RunSQL.noop,
        ),
        # The pharmacies see hashes and places, never whose event a leaf is.
        share("journal_leaf", {"sealer": "SELECT, INSERT", "app": "SELECT (index, hash)"}),
        share("journal_node", {"sealer": "SELECT, INSERT", "app": "SELECT"}),
        share("journal_checkpoint", {"sealer": "SELECT, INSERT", "app": "SELECT"}),
        share("journal_cosignature", {"sealer": "SELECT, INSERT", "app": "SELECT"}),
        share("journal_witness", {"sealer": "SELECT, INSERT, UPDATE"}),
    ]
