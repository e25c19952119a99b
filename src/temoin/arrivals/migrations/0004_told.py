"""Whose appointment the team moved or cancelled, until they know; and what the patients' site may not write."""

from typing import ClassVar

from django.db import migrations, models

TOLD = "former_at, call_since"
SCOPE = "pharmacy_id = nullif(current_setting('temoin.pharmacy', true), '')::uuid"
UNSAID = "former_at IS NULL AND call_since IS NULL"
RIGHTS = [
    f"GRANT UPDATE ({TOLD}) ON arrivals_arrival TO temoin_app, temoin_portal;",
    f"GRANT SELECT ({TOLD}), UPDATE (remind_at, ciphertext, {TOLD}) ON arrivals_arrival TO temoin_worker;",
    # The message about a cancelled appointment says where to take another.
    "GRANT SELECT ON arrivals_poster TO temoin_worker;",
    f"CREATE POLICY worker_rows ON arrivals_poster TO temoin_worker USING ({SCOPE}) WITH CHECK ({SCOPE});",
    # The patients' site puts in what waits and ends or moves what waits: it has nobody told, called or looked after.
    "CREATE POLICY portal_adds ON arrivals_arrival AS RESTRICTIVE FOR INSERT TO temoin_portal "
    f"WITH CHECK (state = 'waiting' AND called_at IS NULL AND link_hash IS NULL AND {UNSAID});",
    "CREATE POLICY portal_moves ON arrivals_arrival AS RESTRICTIVE FOR UPDATE TO temoin_portal "
    "USING (state = 'waiting') "
    f"WITH CHECK (state IN ('waiting', 'cancelled') AND {UNSAID});",
]


class Migration(migrations.Migration):
    """Keep the hour that a patient believes in."""

    dependencies: ClassVar = [("arrivals", "0003_one_seat_each")]
    operations: ClassVar = [
        migrations.AddField("arrival", "former_at", models.DateTimeField(null=True)),
        migrations.AddField("arrival", "call_since", models.DateTimeField(null=True)),
        migrations.RunSQL("\n".join(RIGHTS), reverse_sql=migrations.RunSQL.noop),
    ]
