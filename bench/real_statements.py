"""What one signature asks of the database, taken from the server's own log, as a script for pgbench.

Real signatures are made over HTTP while the server writes down what `temoin_app` sends. Most ask the same; the first of
a connection, of a process or of a minute asks more, and is told apart. Of two that ask the same, what differs is made
anew in each transaction of pgbench (identifiers, times), the record is one of many copies, and the rest is bound as it
was: the same statements, on the same tables, under the same row security.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from site_under_load import Site

# For this role, and for these signatures only: the product's server never writes down a value.
_TALK = {"log_statement": "all", "log_parameter_max_length": "-1", "log_error_verbosity": "default"}
_END_SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'temoin_app'"
_ENTRY = re.compile(r"^\S+ \S+ \S+ \[(\d+)\] (\w+): +", re.MULTILINE)
_STATEMENT = re.compile(r"(?:execute [^:]*|statement): (.*)", re.DOTALL)
_BEGINS = "signin_read_session"  # what each request asks first
_RINGS = "pg_notify('temoin_counter'"  # of a thread of its own, up to ten times a second whatever is signed
_SCOPE = re.compile(r"'[0-9a-f]{32}'")
_BOUND = re.compile(r"\$(\d+) = (NULL|'(?:[^']|'')*')")

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\+00")

# A copy is named by the record's own hour and its number, scattered within the hour as the names of records are.
_SCATTERED = "{number} * 2654435761 & 4294967295"
_COPY = "('{hour}7000-8000-' || lpad(to_hex({scattered}), 12, '0'))::uuid"
_ANEW_IN_HOUR = "overlay(gen_random_uuid()::text PLACING '{hour}7' FROM 1 FOR 15)::uuid"


@dataclass(frozen=True)
class Statement:
    """A statement as it was sent, and what was bound to it; None is NULL."""

    sql: str
    values: tuple[str | None, ...] = ()


@contextmanager
def overheard(site: Site) -> Iterator[list[Statement]]:
    """Have the server write down what the staff site sends in the block; the list is filled at its end."""
    heard: list[Statement] = []
    with superuser(site) as connection:
        _let_talk(connection, "SET {} = '{}'")
        start = site.server.log.stat().st_size
        try:
            yield heard
        finally:
            _let_talk(connection, "RESET {}")
    said = list(_statements(site.server.log.read_bytes()[start:].decode()))
    bells = {process for process, one in said if _RINGS in one.sql}
    heard.extend(one for process, one in said if process not in bells)


def superuser(site: Site) -> psycopg.Connection:
    """Return a connection that no row security binds."""
    conninfo = site.server.conninfo("postgres", site.server.superuser_password(), "temoin")
    return psycopg.connect(conninfo, autocommit=True)


def _let_talk(connection: psycopg.Connection, words: str) -> None:
    """Change what new sessions of the role write down, and end those that are open."""
    for name, value in _TALK.items():
        connection.execute(f"ALTER ROLE temoin_app {words.format(name, value)}".encode())
    connection.execute(_END_SESSIONS)


def _statements(log: str) -> Iterator[tuple[str, Statement]]:
    """Give each statement with the number of the server process that was asked."""
    parts = _ENTRY.split(log)[1:]
    entries = list(zip(parts[::3], parts[1::3], parts[2::3], strict=True))
    for (process, word, said), (_, after, detail) in zip(entries, [*entries[1:], ("", "", "")], strict=True):
        found = _STATEMENT.match(said)
        if word == "LOG" and found is not None:
            bound = _BOUND.findall(detail) if after == "DETAIL" else []
            values = (None if one == "NULL" else one[1:-1].replace("''", "'") for _, one in bound)
            yield process, Statement(found[1].strip().replace("\n\t", "\n"), tuple(values))


@dataclass(frozen=True)
class Script:
    """What pgbench runs: signs copy number `first + client * share + 1` and on; `bound` are its variables."""

    text: str
    bound: dict[str, str]
    record: str


def write_script(heard: list[Statement], records: list[str]) -> Script:
    """Return the script of what most of these signatures asked alike, one after the other."""
    (first, one), (second, other), *_ = _alike(heard, records)
    bound: dict[str, str] = {}
    lines = ["\\set done :done + 1", f"\\set copy {_SCATTERED.format(number='(:first + :client_id * :share + :done)')}"]
    for statement, again in zip(one, other, strict=True):
        made = [_made(pair, (first, second), bound) for pair in zip(statement.values, again.values, strict=True)]
        lines += _commands(re.sub(r"\$(\d+)", lambda mark, made=made: made[int(mark[1]) - 1], statement.sql))
    return Script("\n".join(lines), bound, first)


def _alike(heard: list[Statement], records: list[str]) -> list[tuple[str, list[Statement]]]:
    """Return the signatures that ask what most of them ask, each with its record; say how many ask something else."""
    starts = [place for place, one in enumerate(heard) if _BEGINS in one.sql]
    signatures = [heard[start:end] for start, end in zip(starts, [*starts[1:], len(heard)], strict=True)]
    if len(signatures) != len(records):
        raise RuntimeError(f"{len(signatures)} signatures were heard of {len(records)}")
    (usual, count), *others = Counter(map(_asks, signatures)).most_common()
    print(f"{count} of {len(records)} signatures asked the same {len(usual)} things of the database")
    for asks, _ in others:
        print("others asked:", "; ".join(sql[:60] for sql, _ in asks if (sql, _) not in usual) or "fewer")
    if count <= len(records) / 2:
        raise RuntimeError("signatures ask different things of the database")
    return [(record, one) for record, one in zip(records, signatures, strict=True) if _asks(one) == usual]


def _asks(signature: list[Statement]) -> tuple[tuple[str, int], ...]:
    """Return what tells two signatures apart, but for the scope, which stands in its statement."""
    return tuple((_SCOPE.sub("", one.sql), len(one.values)) for one in signature)


def _made(pair: tuple[str | None, str | None], records: tuple[str, str], bound: dict[str, str]) -> str:
    """Return what stands for a value: the copy, something new, or a variable that holds what was bound."""
    value, again = pair
    if not value:
        return "NULL" if value is None else "''"  # no variable of pgbench is empty
    if pair == records:
        return _COPY.format(hour=value[:14], scattered=":copy::bigint")
    if value != again and _UUID.fullmatch(value):
        return _made_anew(value)
    if value != again and _TIME.fullmatch(value):
        return "now()"
    bound[f"bound{len(bound)}"] = value
    return f":bound{len(bound) - 1}"


def _made_anew(value: str) -> str:
    if value[14] != "7":
        return "gen_random_uuid()"
    is_hour = int(value[:8] + value[9:13], 16) % 3_600_000 == 0
    return _ANEW_IN_HOUR.format(hour=value[:14]) if is_hour else "uuidv7()"


def _commands(sql: str) -> list[str]:
    """Return the commands of one message to the server, in one message again."""
    commands = [f"{one.strip()};" for one in sql.split(";")]
    return commands if len(commands) == 1 else ["\\startpipeline", *commands, "\\endpipeline"]


def copy_record(site: Site, script: Script, count: int) -> None:
    """Copy the script's record `count` times, as it was before it was signed."""
    name = _COPY.format(hour=script.record[:14], scattered=_SCATTERED.format(number="number"))
    with superuser(site) as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")  # the keys of a copy are those of its record
        connection.execute("CREATE TEMP TABLE one (LIKE testing_record) ON COMMIT DROP")
        connection.execute("INSERT INTO one SELECT * FROM testing_record WHERE id = %s", [script.record])
        connection.execute("UPDATE one SET state = 'sampled', version = 0")
        columns = [column.name for column in connection.execute("SELECT * FROM one").description or ()]
        own = {"id": name, "number_index": "uuid_send(gen_random_uuid())"}  # no two tests under way have one number
        given = ", ".join(own.get(column, column) for column in columns)
        copies = f"SELECT {given} FROM one, generate_series(1, {count}::bigint) AS number"  # noqa: S608
        connection.execute(f"INSERT INTO testing_record ({', '.join(columns)}) {copies}".encode())


def signed_copies(site: Site, script: Script) -> int:
    """Return how many copies are signed."""
    asked = "SELECT count(*) FROM testing_record WHERE id::text LIKE %s AND state = 'signed'"
    with superuser(site) as connection:
        found = connection.execute(asked, [f"{script.record[:14]}7000-8000-%"]).fetchone()
    return int(found[0]) if found else 0
