"""What tells that the database is away, and what only says that a statement took too long."""

from __future__ import annotations

import logging

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.db.transaction import TransactionManagementError
from psycopg import errors

from temoin.lib import away
from temoin.lib.away import Outage, is_away
from temoin.outbox import worker

# Every class of SQLSTATE that the driver knows (PostgreSQL, Appendix A), and what of it says that the server is away.
DECIDED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("02", "03", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "10", "20", "21", "22", "23", "24", "26", "27", "28"),
        (),
    ),
    **dict.fromkeys(
        ("2B", "2D", "2F", "34", "38", "39", "3B", "3D", "3F", "40", "42", "44", "54", "55", "72", "F0", "HV", "P0"),
        (),
    ),
    "08": ("08",),  # connection exception
    "25": ("25006",),  # a write on a standby; the others are our own slowness or order
    "53": ("53",),  # no disk, memory or connection left
    "57": ("57P",),  # shut down, crashed, starting; a cancelled query (57014) is the statement's
    "58": ("58",),  # an error of the server's machine
    "XX": (),  # an error inside the server: somebody must look
}
STATES = {kind.sqlstate: kind for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "sqlstate")}
KNOWN = {state: kind for state, kind in STATES.items() if isinstance(state, str)}


def told(error: type[Exception], cause: Exception | None) -> Exception:
    made = error("told")
    made.__cause__ = cause
    return made


def test_every_class_of_fault_that_the_driver_knows_is_decided():
    assert len(KNOWN) > 200
    assert {state[:2] for state in KNOWN} == set(DECIDED)


@pytest.mark.parametrize("state", sorted(KNOWN))
def test_a_fault_is_told_by_its_state_whoever_hands_it_on(state):
    fault = KNOWN[state]()
    expected = state.startswith(DECIDED[state[:2]]) if DECIDED[state[:2]] else False

    assert is_away(fault) is expected
    assert is_away(told(OperationalError, fault)) is expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (told(OperationalError, psycopg.OperationalError("connection refused")), True),
        (told(OperationalError, None), True),
        (psycopg.OperationalError("server closed the connection"), True),
        (errors.ConnectionTimeout(), True),
        (told(OperationalError, errors.PipelineAborted()), False),
        (told(InterfaceError, psycopg.InterfaceError("the cursor is closed")), False),
        (told(InterfaceError, None), True),
        (told(TransactionManagementError, told(OperationalError, errors.AdminShutdown())), True),
        (told(TransactionManagementError, told(OperationalError, errors.QueryCanceled())), False),
        (told(TransactionManagementError, None), False),
        (told(ProgrammingError, errors.UndefinedTable()), False),
        (ConnectionError(), False),
        (None, False),
    ],
)
def test_what_no_server_told_is_away_when_it_is_about_the_connection(error, expected):
    assert is_away(error) is expected


def test_a_thousand_meetings_are_one_line_a_second(monkeypatch, caplog):
    moments = iter([10.0 + number / 1000 for number in range(1000)] + [11.5, 12.0])
    monkeypatch.setattr(away.time, "monotonic", lambda: next(moments))
    outage = Outage()

    for _ in range(1001):
        outage.note(told(OperationalError, errors.AdminShutdown("Claire MARTIN")))
    outage.end()

    assert [record.getMessage() for record in caplog.records] == [
        "the database is away: it stops, starts, or ended the connection (57P01); met 1 times since the last line",
        "the database is away: it stops, starts, or ended the connection (57P01); met 1000 times since the last line",
        "the database is back after 2.0 s; met 0 times since the last line",
    ]


def test_what_was_never_away_does_not_come_back(caplog):
    caplog.set_level(logging.INFO)

    Outage().end()

    assert caplog.records == []


def test_after_a_refusal_one_thread_tries_and_the_others_are_told_at_once(monkeypatch):
    moment = 10.0
    monkeypatch.setattr(away.time, "monotonic", lambda: moment)
    outage = Outage()

    assert [outage.may_connect() for _ in range(3)] == [True] * 3  # nobody was refused yet
    outage.refuse()
    assert not outage.may_connect()  # a moment later
    moment += Outage.PROBE
    assert [outage.may_connect() for _ in range(3)] == [True, False, False]  # one tries
    outage.refuse()
    moment += Outage.PROBE
    assert [outage.may_connect() for _ in range(2)] == [True, False]
    outage.end()
    assert [outage.may_connect() for _ in range(3)] == [True] * 3


def test_between_a_refusal_and_the_next_look_of_a_loop_there_is_time_for_a_try():
    assert Outage.PROBE < worker.AWAY_PAUSE
