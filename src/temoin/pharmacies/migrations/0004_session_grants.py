"""Only the staff site knows sessions; one question brings session, person and membership."""

from typing import ClassVar

from django.db import migrations

from temoin.lib.schema import share

# In one round trip and no transaction of its own: the membership is only to be seen once the session's pharmacy is
# told, which a single SELECT cannot promise and the order of a function's statements does. It runs with the rights,
# and under the row security, of whoever calls it.
READ = """
CREATE FUNCTION pharmacies_read_session(cookie text, moment timestamptz)
RETURNS TABLE (content text, person pharmacies_person, member pharmacies_member)
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
    PERFORM set_config('temoin.pharmacy', '', true);
  END IF;
  RETURN NEXT;
END $$;
REVOKE ALL ON FUNCTION pharmacies_read_session FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pharmacies_read_session TO temoin_app;
"""


class Migration(migrations.Migration):
    """Grant the table and make the question; a session belongs to no pharmacy until one is chosen."""

    dependencies: ClassVar = [('pharmacies', '0003_session')]
    operations: ClassVar = [
        share("pharmacies_session", {"app": "SELECT, INSERT, UPDATE, DELETE"}),
        migrations.RunSQL(READ, "DROP FUNCTION pharmacies_read_session"),
    ]
