"""What each role may do with accounts and sessions; one question brings session, person and membership."""

from typing import ClassVar

from django.db import migrations

from temoin.lib.schema import share

# In one round trip and no transaction of its own: the membership is only to be seen once the session's pharmacy is
# told, which a single SELECT cannot promise and the order of a function's statements does. It runs with the rights,
# and under the row security, of whoever calls it. The backlog comes along where a page shows it: the answer to a form
# is a redirect, and shows none.
READ = """
CREATE FUNCTION signin_read_session(cookie text, moment timestamptz, late_before timestamptz)
RETURNS TABLE (content text, person signin_person, member pharmacies_member, backlog bigint, oldest timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY INVOKER SET search_path = public, pg_temp AS $$
DECLARE
  kept signin_session;
BEGIN
  SELECT * INTO kept FROM signin_session WHERE session_key = cookie AND expire_date > moment;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  content := kept.session_data;
  SELECT * INTO person FROM signin_person WHERE id = kept.person_id;
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
REVOKE ALL ON FUNCTION signin_read_session FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signin_read_session TO temoin_app;
"""


class Migration(migrations.Migration):
    """Only the staff site knows sessions; a session belongs to no pharmacy until one is chosen."""

    dependencies: ClassVar = [
        ('signin', '0001_initial'),
        ('pharmacies', '0002_isolation'),
        ('outbox', '0008_backlog'),
    ]
    operations: ClassVar = [
        # The worker knows where people are written to.
        share("signin_person", {"app": "SELECT, INSERT, UPDATE", "worker": "SELECT (id, email, is_active)"}),
        share("signin_session", {"app": "SELECT, INSERT, UPDATE, DELETE"}),
        share("signin_memo", {"app": "SELECT, INSERT, UPDATE, DELETE"}),
        share(
            "signin_failed_try",
            {
                "app": "SELECT, INSERT, UPDATE (is_told)",
                "worker": "SELECT, UPDATE (is_noted, is_mailed), DELETE",
            },
        ),
        migrations.RunSQL(READ, "DROP FUNCTION signin_read_session"),
    ]
