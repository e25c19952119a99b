-- The roles and the database of Témoin, for any PostgreSQL 17 or later.
--
-- Run it once as a superuser with psql; running it again changes nothing:
--
--     psql -v ON_ERROR_STOP=1 -f roles.sql
--
-- then give each role its password, for instance with \password temoin_app. `temoin demo` runs the same file.
-- No role can bypass row-level security, and the application owns nothing: a hole in a page cannot lift a policy.

SELECT 'CREATE ROLE ' || name || ' LOGIN'
  FROM unnest(ARRAY['temoin_owner', 'temoin_app', 'temoin_worker', 'temoin_portal', 'temoin_keeper', 'temoin_sealer',
                    'temoin_authority']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

-- The owner of schema and tables; only `temoin migrate` signs in with it.
ALTER ROLE temoin_owner  LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT;
-- The staff site, the programming interface and the imports.
ALTER ROLE temoin_app    LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT;
-- What carries parcels.
ALTER ROLE temoin_worker LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT;
-- The patients' site.
ALTER ROLE temoin_portal LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT;
-- What turns keys: `temoin keys`.
ALTER ROLE temoin_keeper LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT;
-- What seals the journal and checks it: reads events, opens nothing.
ALTER ROLE temoin_sealer LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT;
-- The authority's site: figures without persons.
ALTER ROLE temoin_authority LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT;

-- No page and no lane waits for ever. Set on the roles, because a pooler takes no settings from a connection.
-- Owner and keeper have no limit on statements: a migration, or a count of rows, may take longer. How long an old data
-- key is kept (GRACE in crypto/ring.py) counts on these limits.
ALTER ROLE temoin_owner  SET lock_timeout = '10s';
ALTER ROLE temoin_app    SET lock_timeout = '10s';
ALTER ROLE temoin_app    SET statement_timeout = '30s';
ALTER ROLE temoin_app    SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE temoin_worker SET lock_timeout = '10s';
ALTER ROLE temoin_worker SET statement_timeout = '30s';
ALTER ROLE temoin_worker SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE temoin_portal SET lock_timeout = '10s';
ALTER ROLE temoin_portal SET statement_timeout = '30s';
ALTER ROLE temoin_portal SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE temoin_keeper SET lock_timeout = '10s';
ALTER ROLE temoin_keeper SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE temoin_sealer SET lock_timeout = '10s';
ALTER ROLE temoin_sealer SET statement_timeout = '30s';
ALTER ROLE temoin_sealer SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE temoin_authority SET lock_timeout = '10s';
ALTER ROLE temoin_authority SET statement_timeout = '30s';
ALTER ROLE temoin_authority SET idle_in_transaction_session_timeout = '60s';

SELECT 'CREATE DATABASE temoin OWNER temoin_owner TEMPLATE template0 ENCODING ''UTF8'''
    || ' LOCALE_PROVIDER builtin BUILTIN_LOCALE ''C.UTF-8'' LOCALE ''C'''
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'temoin')
\gexec

REVOKE ALL ON DATABASE temoin FROM PUBLIC;
GRANT CONNECT ON DATABASE temoin
   TO temoin_owner, temoin_app, temoin_worker, temoin_portal, temoin_keeper, temoin_sealer, temoin_authority;

\connect temoin

REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO temoin_owner;
GRANT USAGE ON SCHEMA public
   TO temoin_app, temoin_worker, temoin_portal, temoin_keeper, temoin_sealer, temoin_authority;

-- No value of ours in the server's log, whatever its own settings say.
ALTER DATABASE temoin SET log_statement = 'none';
ALTER DATABASE temoin SET log_min_duration_statement = -1;
ALTER DATABASE temoin SET log_parameter_max_length = 0;
ALTER DATABASE temoin SET log_parameter_max_length_on_error = 0;
ALTER DATABASE temoin SET log_min_error_statement = 'panic';
ALTER DATABASE temoin SET log_error_verbosity = 'terse';
ALTER DATABASE temoin SET log_min_messages = 'log';
