"""The counter's bell: what is stirred in one process is heard in another, as a digest, however often it was stirred."""

from __future__ import annotations

import queue
import threading
from uuid import UUID

import psycopg
import pytest
from patience import PATIENCE

from temoin.lib.away import Outage
from temoin.outbox import counter_bell
from temoin.outbox.bell import listening_place
from temoin.outbox.counter_bell import CHANNEL, Ringer, hear, topic_of

pytestmark = pytest.mark.django_db(transaction=True)
HERE, ELSEWHERE = UUID(int=1), UUID(int=2)


@pytest.fixture
def outage(monkeypatch: pytest.MonkeyPatch) -> Outage:
    """An outage that nobody else meets."""
    own = Outage()
    monkeypatch.setattr(counter_bell, "OUTAGE", own)
    return own


def ring(place, *pharmacies: UUID) -> None:
    ringer = Ringer(place)
    for pharmacy_id in pharmacies:
        ringer.stir(pharmacy_id)
    ringer.tell()
    ringer.close()


def test_what_is_stirred_often_is_told_once_and_names_no_pharmacy():
    place = listening_place()
    with psycopg.connect(**place, autocommit=True) as ear:
        ear.execute(f"LISTEN {CHANNEL}".encode())
        ring(place, HERE, ELSEWHERE, HERE)
        ear.execute(f"NOTIFY {CHANNEL}, 'end'".encode())
        told = []
        for notice in ear.notifies(timeout=PATIENCE):
            if notice.payload == "end":
                break
            told.append(notice.payload)

    assert sorted(told) == sorted([topic_of(HERE), topic_of(ELSEWHERE)])
    assert not any(each.hex in "".join(told) for each in (HERE, ELSEWHERE))


def test_a_server_hears_all_at_first_and_then_each_topic(outage):
    outage.note(None)
    place, heard, stop = listening_place(), queue.Queue(), threading.Event()
    thread = threading.Thread(target=hear, args=(heard.put, stop, place))
    thread.start()
    try:
        assert heard.get(timeout=PATIENCE) == ""  # it listens from here on
        assert not outage.is_on
        ring(place, HERE)
        assert heard.get(timeout=PATIENCE) == topic_of(HERE)
    finally:
        stop.set()
        thread.join(PATIENCE)


def test_a_ringer_rings_again_once_the_database_is_back(outage):
    place = listening_place()
    ringer = Ringer({**place, "port": 1})
    ringer.stir(HERE)
    ringer.tell()  # nobody there: nothing raises
    assert outage.is_on

    ringer._place = place
    ringer.stir(HERE)
    with psycopg.connect(**place, autocommit=True) as ear:
        ear.execute(f"LISTEN {CHANNEL}".encode())
        ringer.tell()
        ringer.close()
        assert next(iter(ear.notifies(timeout=PATIENCE, stop_after=1))).payload == topic_of(HERE)
    assert not outage.is_on
