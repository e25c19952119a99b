"""The question of each request, with the scope told by assignments: a PERFORM is a query of its own, planned and run."""

from typing import ClassVar

from django.db import migrations

READ = """
CREATE OR REPLACE FUNCTION signin_read_session(cookie text, moment timestamptz, late_before timestamptz)
RETURNS TABLE (content text, person signin_person, member pharmacies_member, backlog bigint, oldest timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY INVOKER SET search_path = public, pg_temp AS $$
DECLARE
  kept signin_session;
  scope text;
BEGIN
  SELECT * INTO kept FROM signin_session WHERE session_key = cookie AND expire_date > moment;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  content := kept.session_data;
  SELECT * INTO person FROM signin_person WHERE id = kept.person_id;
  IF kept.bound_to IS NOT NULL THEN
    scope := set_config('temoin.pharmacy', kept.bound_to::text, true);
    SELECT * INTO member FROM pharmacies_member WHERE pharmacy_id = kept.bound_to AND person_id = kept.person_id;
    IF late_before IS NOT NULL THEN
      SELECT told.backlog, told.oldest INTO backlog, oldest FROM outbox_backlog(kept.bound_to, late_before) AS told;
    END IF;
    scope := set_config('temoin.pharmacy', '', true);
  END IF;
  RETURN NEXT;
END $$;
"""


class Migration(migrations.Migration):
    """Same question, same answer, same rights."""

    dependencies: ClassVar = [("signin", "0002_grants")]
    operations: ClassVar = [migrations.RunSQL(READ, migrations.RunSQL.noop)]
