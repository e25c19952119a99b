"""The plan that PostgreSQL makes of a query where a table is large, whatever rows and statistics the tests left."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg

from temoin_demo.postgresql.roles import DATABASE
from temoin_demo.postgresql.server import SUPERUSER, EmbeddedServer

# The planner is told of a million rows for the length of a transaction: no index is worth its while for a handful.
# And nothing of their columns: from a few rows of other tests, the server gathers that a pharmacy has one event.
_WITHOUT_A_SAMPLE = """
SELECT pg_clear_attribute_stats(schemaname, tablename, attname, inherited)
  FROM pg_stats WHERE schemaname = 'public' AND tablename = ANY(%(tables)s)
"""
_AS_IF_LARGE = """
SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', name, 'reltuples', 1e6::real, 'relpages', 1)
  FROM unnest(%(tables)s::text[]) AS name
"""


def plan_if_large(server: EmbeddedServer, tables: Iterable[str], sql: str, values: object = None) -> str:
    """Return the plan of a query. A table that never had a row has no page, so no size: have one written before."""
    conninfo = server.conninfo(SUPERUSER, server.superuser_password(), DATABASE)
    with psycopg.connect(conninfo, cursor_factory=psycopg.ClientCursor) as superuser:
        told = {"tables": list(tables)}
        superuser.execute(_WITHOUT_A_SAMPLE, told)
        superuser.execute(_AS_IF_LARGE, told)
        plan = superuser.execute(f"EXPLAIN {sql}", values).fetchall()
        superuser.rollback()
    return "\n".join(line for (line,) in plan)
