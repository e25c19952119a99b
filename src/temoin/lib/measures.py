"""What this process counts of its own work, for whoever watches it: numbers, and labels of closed sets of ours.

No label names a person, a pharmacy, a record or an address; `tests/measures_shown.py` lists them all. The library
reads PROMETHEUS_MULTIPROC_DIR when it is imported: server processes of a site then count together, in files.
"""

from __future__ import annotations

from functools import partial

from prometheus_client import Counter, Gauge, Histogram

from temoin.lib.after_commit import after_commit

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

EVENTS = Counter("temoin_events", "Events of the journal that were written, by their kind.", ["kind"])
REQUESTS = Counter("temoin_requests", "Answers, by the class of their status.", ["site", "status"])
REQUEST_SECONDS = Histogram("temoin_request_seconds", "Time of an answer.", ["site"], buckets=SECONDS)
SIGNATURE_SECONDS = Histogram("temoin_signature_seconds", "Time of the answer to a signature.", buckets=SECONDS)
IN_PROGRESS = Gauge(
    "temoin_requests_in_progress",
    "Answers being made: each holds a thread and a database connection.",
    ["site"],
    multiprocess_mode="livesum",
)
SIGN_IN_FAILURES = Counter("temoin_sign_in_failures", "Failed steps of a sign-in, by the step.", ["way"])
ANSWERS = Counter("temoin_parcel_answers", "Answers to tries with a destination.", ["destination", "verdict"])
MESSAGES = Counter("temoin_messages", "Answers to messages of open lines, by their code.", ["protocol", "code"])
LINES = Gauge("temoin_lines", "Open lines of programs and instruments.", ["protocol"])
LINES_CLOSED = Counter("temoin_lines_closed", "Lines closed on their peer, by what was wrong.", ["protocol", "reason"])
OUTAGES = Counter("temoin_database_outages", "Outages of the database that this process met.")
OUTAGE = Gauge("temoin_database_away", "1 while the database is away.", multiprocess_mode="livemax")


def count_event(kind: str) -> None:
    """Count an event of the journal once its transaction is committed."""
    after_commit(partial(_count, kind))


def _count(kind: str) -> None:
    EVENTS.labels(kind).inc()
