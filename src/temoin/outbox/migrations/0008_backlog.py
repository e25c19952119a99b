"""The backlog of a pharmacy by two questions, each of which one index serves, whatever the statistics say."""

from typing import ClassVar

from django.db import migrations

# Each half reads a hundred entries of one index at most. The order by a time without a zone is one that only the index
# of refused parcels has: under the plain order, a planner without statistics took the index of all that is open.
BACKLOG = """
CREATE FUNCTION outbox_backlog(place uuid, late_before timestamptz, OUT backlog bigint, OUT oldest timestamptz)
LANGUAGE sql STABLE SECURITY INVOKER SET search_path = public, pg_temp AS $$
  SELECT least(100, late.count + refused.count), least(late.oldest, refused.oldest)
    FROM (SELECT count(*), min(posted_at) AS oldest FROM (
            SELECT posted_at FROM outbox_parcel
             WHERE pharmacy_id = place AND state IN ('waiting', 'sending', 'in_doubt') AND posted_at < late_before
             ORDER BY posted_at LIMIT 100) AS one) AS late,
         (SELECT count(*), min(posted_at) AS oldest FROM (
            SELECT posted_at FROM outbox_parcel WHERE pharmacy_id = place AND state = 'refused'
             ORDER BY posted_at AT TIME ZONE 'UTC' LIMIT 100) AS one) AS refused
$$;
REVOKE ALL ON FUNCTION outbox_backlog(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox_backlog(uuid, timestamptz) TO temoin_app;
CREATE INDEX outbox_parcel_refused_here ON outbox_parcel (pharmacy_id, (posted_at AT TIME ZONE 'UTC'))
 WHERE state = 'refused';
"""


class Migration(migrations.Migration):
    """One index more, of refused parcels alone, and the question."""

    dependencies: ClassVar = [("outbox", "0007_persons_matters")]
    operations: ClassVar = [
        migrations.RunSQL(
            BACKLOG, "DROP FUNCTION outbox_backlog(uuid, timestamptz); DROP INDEX outbox_parcel_refused_here"
        ),
    ]
