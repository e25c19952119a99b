"""Every event is sealed, or is younger than the last seal and of a transaction that is over, or is a finding."""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path
from random import Random

import pytest
from sealed_journal import Journal

sys.path.append(str(Path(__file__).parents[2] / "drill"))
from tamperings import Scene, keep_tables, put_back_tables

# Numbers and times that an event may claim which somebody put there: those that the next seal would take are marked.
NUMBERS = {
    "1": False,  # long over
    "(SELECT max(watermark) - 1 FROM journal_checkpoint)": False,  # sealed up to it
    "pg_current_xact_id()::text::bigint": True,  # of this very statement
    "pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 1000000": False,  # of no transaction yet
    "9100000000000000000": False,
}
TIMES = {"- interval '1 day'": False, "- interval '6 minutes'": False, "": True}


@pytest.fixture
def scene(journal: Journal) -> Scene:
    return Scene(journal.superuser, journal.signer, Random(1), journal.seal)  # noqa: S311 not a secret


def test_an_event_that_no_seal_would_take_is_a_finding_of_both_verifiers(journal: Journal, scene: Scene):
    keep_tables(journal.superuser)
    verdicts = {}
    for (number, is_number), (time, is_time) in product(NUMBERS.items(), TIMES.items()):
        scene.forge(like=scene.event(0), xid=f"({number})::text::xid8", at=f"now() {time}")
        verdicts[number, time] = (not journal.verify(), not journal.outside(), is_number and is_time)
        put_back_tables(journal.superuser)
    journal.superuser.execute("DROP SCHEMA aside CASCADE")

    assert [place for place, (inside, outside, waits) in verdicts.items() if (inside, outside) != (waits, waits)] == []


def test_an_event_from_the_future_is_a_finding_once_it_is_sealed(journal: Journal, scene: Scene):
    scene.forge(like=scene.event(0), at="now() + interval '1 day'")
    journal.seal()

    assert any("backdated" in finding for finding in journal.verify())
    assert journal.outside()


def test_what_waits_is_sealed_by_the_next_seal_and_nothing_waits_then(journal: Journal, scene: Scene):
    scene.forge(like=scene.event(0))
    journal.seal()

    assert scene.size == scene.ask("SELECT count(*) FROM journal_event")
    assert (journal.verify(), journal.outside()) == ([], [])
