"""What each process shows to whoever watches it: numbers under closed names, and nothing of a person."""

from __future__ import annotations

import gc
import json
import logging
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from answering import answering
from django.db import connection
from django.test import Client
from measures_shown import LABELS, SHOWN
from patience import PATIENCE, wait_until
from ports import free_port
from prometheus_client import REGISTRY, CollectorRegistry, make_wsgi_app
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families

from temoin.cli.exporter import port_of, scrape_pace
from temoin.cli.standing_measures import ASKED, StandingMeasures, certificate_days
from temoin.journal.events import EventKind
from temoin.lib import measures
from temoin.lib.away import OUTAGE
from temoin.lib.request_id import begin_request, current_request, end_request
from temoin.outbox.courier import Verdict
from temoin.settings.file import Process, read_config, read_named_config
from temoin.settings.watching import LogFormat
from temoin.site.logs import JsonFormatter, logging_settings
from temoin_demo.postgresql.server import EmbeddedServer


def shown(metrics: list[Metric]) -> dict[str, set[str]]:
    return {one.name: {label for sample in one.samples for label in sample.labels} for one in metrics}


@pytest.mark.django_db
def test_every_measure_and_every_label_is_listed_here(as_role):
    config = read_named_config()
    assert config is not None
    measures.EVENTS.labels(EventKind.RESULT_SIGNED.value)
    for site in ("staff", "portal"):
        measures.REQUESTS.labels(site, "2xx")
        measures.REQUEST_SECONDS.labels(site)
        measures.IN_PROGRESS.labels(site)
    measures.SIGN_IN_FAILURES.labels("password")
    measures.ANSWERS.labels("fhir", Verdict.ACCEPTED.value)
    measures.MESSAGES.labels("hl7", "AA")
    measures.LINES.labels("hl7")
    measures.LINES_CLOSED.labels("hl7", "slow")
    own = [one for one in REGISTRY.collect() if one.name.startswith("temoin_")]
    for process, role in ((Process.WORKER, "worker"), (Process.SEALER, "sealer"), (Process.KEEPER, "keeper")):
        with as_role(f"temoin_{role}"):
            for ask in ASKED[process]:
                own += list(ask(config))
    own += list(certificate_days(config))

    found = shown(own)

    assert set(found) == set(SHOWN)
    assert {name for labels in SHOWN.values() for name in labels} == set(LABELS)
    assert all(labels <= SHOWN[name] for name, labels in found.items())


@pytest.mark.django_db
def test_what_the_database_says_is_asked_with_the_processes_own_role(as_role):
    config = read_named_config()
    assert config is not None
    for process, role in ((Process.WORKER, "worker"), (Process.SEALER, "sealer"), (Process.KEEPER, "keeper")):
        with as_role(f"temoin_{role}"):
            for ask in ASKED[process]:
                assert list(ask(config))


def test_while_the_database_is_away_the_rest_is_shown(django_db_blocker, tmp_path: Path):
    config = read_named_config()
    assert config is not None
    before = dict(connection.settings_dict)
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict.update(HOST=str(tmp_path), PORT="5432")
        found = shown(list(StandingMeasures(Process.WORKER, config).collect()))
        connection.close()
    connection.settings_dict.update(before)

    assert set(found) == {"temoin_certificate_days"}
    measures.OUTAGE.set(0)
    OUTAGE.__init__()  # as if it had never been away


@pytest.mark.django_db(transaction=True)
def test_a_scrape_leaves_no_connection_open(monkeypatch: pytest.MonkeyPatch):
    config = read_named_config()
    assert config is not None
    # The test's own role may not ask what a worker asks.
    monkeypatch.setitem(ASKED, Process.WORKER, (lambda _config: [GaugeMetricFamily("asked", "Asked.", backends())],))
    registry = CollectorRegistry()
    registry.register(StandingMeasures(Process.WORKER, config))
    before = backends()
    with without_collector(), answering(make_wsgi_app(registry), scrape_pace()) as port:
        for _ in range(20):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=PATIENCE) as answer:
                assert b"asked 0" not in answer.read()
        wait_until(lambda: backends() <= before)  # a backend ends a moment after its connection


@contextmanager
def without_collector() -> Iterator[None]:
    """Keep it from closing, some time, what was left open."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def backends() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
def test_an_answer_is_counted_by_its_site_and_class_and_a_probe_is_not(client: Client):
    def count() -> float:
        return REGISTRY.get_sample_value("temoin_requests_total", {"site": "staff", "status": "4xx"}) or 0.0

    before = count()
    client.get("/no-such-page/")
    client.get("/livez")

    assert count() == before + 1


@pytest.mark.django_db(transaction=True)
def test_an_event_is_counted_when_it_is_committed():
    from django.db import transaction

    value = {"kind": "result.signed"}
    before = REGISTRY.get_sample_value("temoin_events_total", value) or 0.0
    with transaction.atomic():
        measures.count_event("result.signed")
        transaction.set_rollback(True)
    with transaction.atomic():
        measures.count_event("result.signed")

    assert REGISTRY.get_sample_value("temoin_events_total", value) == before + 1


def test_server_processes_count_together_and_show_it_on_the_private_port(embedded_server: EmbeddedServer):
    site, metrics = free_port(), free_port()
    text = (embedded_server.folder / "temoin.toml").read_text(encoding="utf-8")
    settings = embedded_server.folder / "metrics" / "temoin.toml"
    settings.parent.mkdir(mode=0o700, exist_ok=True)
    text = re.sub(r'= "(keys|checkpoints|trusted)', rf'= "{embedded_server.folder}/\1', text)
    settings.write_text(f"{text}\n[metrics]\nportal = {metrics}\n", encoding="utf-8")
    command = [sys.executable, "-m", "temoin.cli.main", "portal", "--port", str(site), "--data", str(settings.parent)]
    process = subprocess.Popen([*command, "--workers", "2"], env=os.environ | {"TEMOIN_PROCESS": "portal"})
    try:
        pages = [fetched(f"http://127.0.0.1:{site}/", process) for _ in range(6)]
        families = {
            one.name: one for one in text_string_to_metric_families(fetched(f"http://127.0.0.1:{metrics}/", process))
        }
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)

    assert len(pages) == 6
    counts = {sample.labels["status"]: sample.value for sample in families["temoin_requests"].samples}
    assert counts == {"2xx": 6.0}
    with socket.socket() as caller:
        assert caller.connect_ex(("127.0.0.1", metrics)) != 0  # it ends with its site


def test_a_command_is_read_without_the_library_that_must_find_its_folder_first():
    words = "import sys, temoin.cli.main; print('prometheus_client' in sys.modules)"

    answer = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)

    assert answer.stdout == "False\n"


def fetched(url: str, process: subprocess.Popen) -> str:
    deadline = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE) as answer:  # noqa: S310 our own addresses
                return answer.read().decode()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_each_kind_of_process_has_its_own_port(tmp_path: Path):
    from temoin_demo.folder import write_settings
    from temoin_demo.ports import Ports

    tmp_path.chmod(0o700)
    write_settings(tmp_path, Ports(9490))
    path = tmp_path / "temoin.toml"
    kinds = ("web", "portal", "worker", "sealer", "reaper", "listen")
    ports = "\n".join(f"{kind} = {9601 + number}" for number, kind in enumerate(kinds))
    path.write_text(f"{path.read_text(encoding='utf-8')}\n[metrics]\n{ports}\n", encoding="utf-8")

    config = read_config(path)

    found = {process: port_of(config, process) for process in Process}
    assert sorted(port for port in found.values() if port) == [9601, 9602, 9603, 9604, 9605, 9606]
    assert found[Process.OWNER] is None


# The log ----------------------------------------------------------------------------------------------------


def record(message: str = "lane fhir: %s") -> logging.LogRecord:
    made = logging.LogRecord("temoin.outbox", logging.ERROR, __file__, 1, message, ("TimeoutError",), None)
    made.created = datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()
    return made


def test_a_line_of_json_has_utc_and_the_number_of_its_request():
    begin_request("abc-123-def-456")
    try:
        told = json.loads(JsonFormatter("staff").format(record()))
    finally:
        end_request()

    assert told["time"] == "2026-10-25T00:30:00.000+00:00"
    assert (told["request"], told["process"], told["message"]) == (
        "abc-123-def-456",
        "staff",
        "lane fhir: TimeoutError",
    )


def test_an_error_in_json_is_types_and_places_and_never_a_value():
    try:
        raise KeyError("Martin, Claire")
    except KeyError as error:
        made = record()
        made.exc_info = (KeyError, error, error.__traceback__)

    line = JsonFormatter("staff").format(made)

    assert "builtins.KeyError" in json.loads(line)["error"][0]
    assert "Martin" not in line


@pytest.mark.parametrize(
    ("given", "taken"), [("0af7651916cd43dd8448eb211c80319c", True), ("a b", False), ("x" * 65, False), ("", False)]
)
def test_only_a_number_is_taken_from_the_proxy(given: str, taken: bool):
    number = begin_request(given)
    end_request()

    assert (number == given) is taken
    assert current_request() == ""


@pytest.mark.parametrize("form", LogFormat)
def test_the_form_of_the_log_is_a_setting(form: LogFormat):
    assert logging_settings("staff", form=form)["handlers"]["stderr"]["formatter"] == form.value


@pytest.mark.django_db
def test_the_answer_bears_the_number_of_its_request(client: Client):
    assert (
        client.get("/account/sign-in/", headers={"x-request-id": "abcd-efgh-1234"})["X-Request-ID"] == "abcd-efgh-1234"
    )
