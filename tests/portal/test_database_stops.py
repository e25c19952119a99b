"""A real PostgreSQL that stops and starts under running processes: told, waited for, and used again by each of them."""

from __future__ import annotations

import http.client
import threading
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from patience import PATIENCE, wait_until

from temoin.journal import sealer
from temoin.lib.away import OUTAGE
from temoin.outbox import bell, duties, worker
from temoin.outbox.bell import Listener, listening_place
from temoin.outbox.duties import Duty, Round
from temoin_demo.postgresql.server import EmbeddedServer


@pytest.mark.parametrize("pause", [worker.AWAY_PAUSE, duties.AGAIN, sealer.AWAY_PAUSE, bell.AFRESH])
def test_no_loop_waits_longer_than_a_second_between_two_looks_for_the_database(pause: float):
    assert pause <= 1.0


@pytest.mark.django_db(transaction=True)
def test_processes_tell_the_outage_and_go_on_when_the_server_is_back(
    portal_url: str, embedded_server: EmbeddedServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"options": "-c role=temoin_worker"})
    staff, stop, bell_rings = Client(raise_request_exception=False), threading.Event(), threading.Event()
    OUTAGE.__init__()  # an earlier test's line may be a moment old
    staff.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    done = threading.Event()
    place = listening_place()
    assert place is not None
    round_ = Round([Duty("stopped and started", timedelta(0), lambda _: done.set())], stop)
    loops = [threading.Thread(target=run) for run in (round_.run, Listener({"": bell_rings}, stop, place).run)]
    for loop in loops:
        loop.start()
    try:
        assert (status(portal_url, "/readyz"), staff.get("/readyz").status_code) == (200, 200)
        wait_until(lambda: done.is_set() and bell_rings.is_set())

        embedded_server.stop()
        outage = [status(portal_url, path) for path in ("/livez", "/readyz", "/verify/revoked")]
        outage += [answer.status_code for answer in (staff.get("/livez"), staff.get("/readyz"), staff.get("/"))]
        wait_until(lambda: any("no server" in line or "stops" in line for line in caplog.messages))
        done.clear()
        bell_rings.clear()
        embedded_server.start()
        wait_until(lambda: done.is_set() and bell_rings.is_set())

        assert outage == [200, 503, 503, 200, 503, 503]
        wait_until(lambda: status(portal_url, "/readyz") == 200)
        assert staff.get("/readyz").status_code == 200
    finally:
        stop.set()
        for loop in loops:
            loop.join()
        if not embedded_server.alive():
            embedded_server.start()
        connection.close()


def status(url: str, path: str) -> int:
    address = urlsplit(url)
    client = http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE)
    try:
        client.request("GET", path, headers={"X-Forwarded-Proto": "https"})
        return client.getresponse().status
    finally:
        client.close()
