"""The authority's site as it runs: its own process and role, an officer, and pharmacies whose weeks are known."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from authority_site import AuthoritySite, SoftPasskey, environment
from patience import PATIENCE
from ports import free_port, wait_listening
from psycopg.types.json import Json

from temoin.lib.zones import HOUSE, today_in
from temoin.surveillance.senders import monday_of
from temoin_demo.postgresql.roles import DATABASE
from temoin_demo.postgresql.server import SUPERUSER, EmbeddedServer

PHARMACY = """
INSERT INTO pharmacies_pharmacy (id, finess, name, phone, street, postcode, city, time_zone, is_demo)
VALUES (%s, %s, %s, '', '', %s, %s, 'Europe/Paris', true)
"""
WEEK = """
INSERT INTO surveillance_sender_week (pharmacy_id, id, week, days, quality, receipts, alarms)
VALUES (%s, gen_random_uuid(), %s, %s, %s, %s, %s)
"""
QUALITY = {
    "tests": 84,
    "corrected": 12,
    "cancelled": 1,
    "untold_home": 5,
    "untold_reason": 40,
    "untold_sex": 0,
    "signed": {"under-30-minutes": 60, "30-to-60-minutes": 20, "over-24-hours": 4},
}


@pytest.fixture(scope="module")
def site(embedded_server: EmbeddedServer, emptied_after: None) -> Iterator[AuthoritySite]:  # noqa: ARG001
    port = free_port()
    url, settings = f"http://localhost:{port}", embedded_server.folder / "authority.toml"
    text = (embedded_server.folder / "temoin.toml").read_text(encoding="utf-8")
    settings.write_text(re.sub(r'(\[authority\]\nurl = )"[^"]*"', rf'\1"{url}"', text), encoding="utf-8")
    command = [sys.executable, "-m", "temoin.cli.main", "authority", f"--port={port}"]
    process = subprocess.Popen(command, env=environment(settings))
    conninfo = embedded_server.conninfo(SUPERUSER, embedded_server.superuser_password(), DATABASE)
    try:
        with psycopg.connect(conninfo, autocommit=True) as database:
            database.execute("SET session_replication_role = replica")
            made = AuthoritySite(url, settings, database, uuid4(), uuid4())
            _fill(made)
            wait_listening(port, process)
            made.sign_in(SoftPasskey(origin=url))
            yield made
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def _fill(site: AuthoritySite) -> None:
    today = today_in(HOUSE)
    site.database.execute(PHARMACY, [site.busy, "750000011", "Pharmacie des Halles", "75001", "Paris"])
    site.database.execute(PHARMACY, [site.idle, "750000029", "Pharmacie du Port", "29200", "Brest"])
    receipts = {"under-5-minutes": 70, "over-24-hours": 10, "not-yet": 4}
    for back in range(12):
        week = monday_of(today) - timedelta(weeks=back)
        days = [12] * 7 if back else [number <= today.weekday() for number in range(7)]
        told = [Json(QUALITY), Json(receipts), ["corrected", "slow-receipt"]] if back else [None, None, []]
        site.database.execute(WEEK, [site.busy, week, [int(day) for day in days], *told])
