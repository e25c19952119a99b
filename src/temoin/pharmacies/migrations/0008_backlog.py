"""The question that brings session, person and membership brings what waits in the pharmacy too: no page asks again."""

from typing import ClassVar

from django.db import migrations

# At most a hundred rows of the index `outbox_parcel_open` are counted: in a long outage a page costs what it did.
# The question without `late_before` stays until no older version of the program runs.
READ = """
CREATE FUNCTION pharmacies_read_session(cookie text, moment timestamptz, late_before timestamptz)
RETURNS TABLE (content text, person pharmacies_person, member pharmacies_member, backlog bigint, oldest timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY INVOKER SET search_path = public, pg_temp AS $$
DECLARE
  kept pharmacies_session;
BEGIN
  SELECT * INTO kept FROM pharmacies_session WHERE session_key = cookie AND expire_date > moment;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  content := kept.session_data;
  SELECT * INTO person FROM pharmacies_person WHERE id = kept.person_id;
  IF kept.bound_to IS NOT NULL THEN
    PERFORM set_config('temoin.pharmacy', kept.bound_to::text, true);
    SELECT * INTO member FROM pharmacies_member WHERE pharmacy_id = kept.bound_to AND person_id = kept.person_id;
    SELECT count(*), min(posted_at) INTO backlog, oldest FROM (
      SELECT posted_at FROM outbox_parcel
       WHERE pharmacy_id = kept.bound_to AND state IN ('waiting', 'sending', 'in_doubt', 'refused')
         AND (state = 'refused' OR posted_at < late_before)
       ORDER BY posted_at LIMIT 100
    ) AS to_handle;
    PERFORM set_config('temoin.pharmacy', '', true);
  END IF;
  RETURN NEXT;
END $$;
REVOKE ALL ON FUNCTION pharmacies_read_session(text, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pharmacies_read_session(text, timestamptz, timestamptz) TO temoin_app;
"""


class Migration(migrations.Migration):
    """Ask one thing more in the same round trip."""

    dependencies: ClassVar = [('pharmacies', '0007_programs'), ('outbox', '0006_open_parcels')]
    operations: ClassVar = [
        migrations.RunSQL(READ, "DROP FUNCTION pharmacies_read_session(text, timestamptz, timestamptz)"),
    ]
