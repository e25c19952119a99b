"""`temoin lanes`: each destination in a line, without a word about any patient."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest
from people import TRAITS, House, make_lot, make_patient, make_signed, open_house

from temoin.cli import operating
from temoin.cli.lanes import _lanes
from temoin.cli.main import main
from temoin.lib.clock import shifted_by
from temoin.lib.config_error import ConfigError
from temoin.outbox.circuit import THRESHOLD
from temoin.outbox.courier import Answer, Verdict
from temoin.outbox.duties import Duty, Round
from temoin.outbox.lanes import tell_lane
from temoin.outbox.queue import claim_parcels
from temoin.outbox.repetition import TIMES
from temoin.outbox.set_aside import note_aside
from temoin.outbox.settling import settle_parcels


@pytest.fixture
def house(as_role) -> House:  # noqa: ARG001 opens the database
    house = open_house()
    patient, lot = make_patient(house.owner), make_lot(house.owner)
    for _ in range(3):
        make_signed(house.owner, patient, lot)
    return house


@pytest.fixture
def lanes(house, as_role, monkeypatch, capsys) -> Callable[..., tuple[int, str]]:  # noqa: ARG001 rows first
    """Return what runs the command as the worker's role, and gives its status and words."""
    monkeypatch.setattr(operating, "database_running", lambda _settings: nullcontext())
    monkeypatch.setattr(operating, "become", lambda _process: None)

    def run(*words: str) -> tuple[int, str]:
        with as_role("temoin_worker"):
            status = main(["lanes", *words])
        return status, capsys.readouterr().out

    return run


def line_of(words: str, destination: str) -> str:
    return next(line for line in words.splitlines() if line.startswith(f"{destination} "))


def test_each_lane_is_told_in_a_line(lanes, settings, as_role):
    settings.TEMOIN = replace(settings.TEMOIN, rates={"fhir": 50})
    with as_role("temoin_worker"):
        first, second = claim_parcels("fhir", 2)
        settle_parcels([(first, Answer(Verdict.REFUSED, "http_422")), (second, Answer(Verdict.DOUBTFUL, "no_answer"))])

    with shifted_by(timedelta(minutes=75)):
        status, words = lanes()

    line = line_of(words, "fhir")
    assert (status, "closed" in line, "50/s" in line) == (0, True, True)
    assert "1 waiting, 1 in doubt, 1 refused  oldest 75 min" in line
    assert "3 waiting, 0 in doubt, 0 refused" in line_of(words, "email")
    assert TRAITS["birth_family_name"] not in words


def test_an_open_circuit_is_told_with_its_reason_and_closed_by_hand(lanes, as_role):
    with as_role("temoin_worker"):
        tell_lane("fhir", [Answer(Verdict.POSTPONED, "http_503", retry_after=3600)] * THRESHOLD)

    status, words = lanes()
    closed_status, closed = lanes("--close", "fhir")

    assert (status, "open until" in words, "(http_503)" in words) == (1, True, True)
    assert (closed_status, "open until" in closed) == (0, False)


@pytest.mark.usefixtures("house")
def test_a_lane_that_does_not_exist_is_refused_with_those_that_do(as_role):
    with as_role("temoin_worker"), pytest.raises(ConfigError, match="the lanes are email, fhir"):
        _lanes(Namespace(close="autority", looked=None))


def test_what_a_person_should_look_at_is_told(lanes, as_role):
    with as_role("temoin_worker"):
        for number in range(TIMES):
            with shifted_by(timedelta(hours=2 * number)):
                settle_parcels([(load, Answer(Verdict.POSTPONED, "busy")) for load in claim_parcels("fhir", 9)])

    status, words = lanes()

    assert status == 1
    assert "3 for a person to look at: always the same answer" in line_of(words, "fhir")


def test_what_was_set_aside_is_told_until_somebody_has_looked(lanes, as_role):
    with as_role("temoin_worker"):
        note_aside("secure-mail-notices", "mail 7", "TypeError")

    status, words = lanes()
    looked_status, looked = lanes("--looked", "secure-mail-notices")

    assert (status, looked_status) == (1, 0)
    assert "secure-mail-notices: 1 set aside, the last 0 min ago (TypeError)" in words
    assert "1 taken off the list" in looked


def test_a_duty_that_fails_is_told(lanes, as_role):
    def do(_stop: Event) -> None:
        raise ConnectionError

    with as_role("temoin_worker"):
        Round([Duty("odd", timedelta(minutes=1), do)], Event()).make()

    status, words = lanes()

    assert status == 1
    assert "duty odd fails since 0 min (ConnectionError)" in words
