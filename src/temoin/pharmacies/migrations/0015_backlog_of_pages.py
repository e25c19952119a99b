"""The backlog comes with the session where a page shows it: the answer to a form is a redirect, and shows none."""

from typing import ClassVar

from django.db import migrations

READ = """
CREATE OR REPLACE FUNCTION pharmacies_read_session(cookie text, moment timestamptz, late_before timestamptz)
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
    IF late_before IS NOT NULL THEN
      SELECT told.backlog, told.oldest INTO backlog, oldest FROM outbox_backlog(kept.bound_to, late_before) AS told;
    END IF;
    PERFORM set_config('temoin.pharmacy', '', true);
  END IF;
  RETURN NEXT;
END $$;
"""


class Migration(migrations.Migration):
    """Ask only where it is shown."""

    dependencies: ClassVar = [('pharmacies', '0014_register_checks'), ('outbox', '0008_backlog')]
    operations: ClassVar = [migrations.RunSQL(READ, migrations.RunSQL.noop)]
