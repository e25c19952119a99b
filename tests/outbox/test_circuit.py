"""The circuit's rules by themselves: what lets parcels pass, when, and how fast."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temoin.outbox.circuit import FIRST_PACE, LONGEST_PAUSE, PROBE, THRESHOLD, Brought, Circuit, CircuitState

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ANSWERED = Brought(answered=True)
SILENT = Brought(troubles=1, code="no_answer")
MOST = 32


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def opened() -> Circuit:
    return Circuit().after(Brought(troubles=THRESHOLD, code="unreachable"), NOON)


def half_open_at(circuit: Circuit) -> datetime:
    assert circuit.paused_until is not None
    return circuit.paused_until


def test_an_untroubled_lane_lets_all_pass():
    assert Circuit().state(NOON) is CircuitState.CLOSED
    assert Circuit().allowance(None, NOON, MOST) == MOST


def test_troubles_in_a_row_open_it_and_one_answer_among_them_does_not():
    circuit = Circuit()
    for _ in range(THRESHOLD - 1):
        circuit = circuit.after(SILENT, NOON)
    assert circuit.state(NOON) is CircuitState.CLOSED

    assert circuit.after(SILENT, NOON).state(NOON) is CircuitState.OPEN
    assert circuit.after(replace(SILENT, answered=True), NOON).after(SILENT, NOON).state(NOON) is CircuitState.CLOSED


def test_open_nothing_passes_and_what_comes_late_changes_nothing():
    circuit = opened()

    assert circuit.allowance(None, after(0.5), MOST) == 0
    assert circuit.after(SILENT, after(0.5)) == circuit
    assert circuit.after(ANSWERED, after(0.5)) == circuit


def test_half_open_one_parcel_probes_and_a_dead_probe_is_replaced():
    circuit = opened()
    moment = half_open_at(circuit)
    probing = circuit.taken(1, None, moment)

    assert circuit.allowance(None, moment, MOST) == 1
    assert probing.allowance(None, moment, MOST) == 0
    assert probing.allowance(None, moment + PROBE, MOST) == 1
    assert probing.after(Brought(), moment).allowance(None, moment, MOST) == 1  # it never left


def test_failed_probes_make_the_pause_grow_to_a_minute_and_no_further():
    circuit, pauses = opened(), []
    for _ in range(40):
        moment = half_open_at(circuit)
        circuit = circuit.taken(1, None, moment).after(SILENT, moment)
        pauses.append((half_open_at(circuit) - moment).total_seconds())

    assert pauses[0] <= 4
    assert LONGEST_PAUSE / 2 <= pauses[-1] <= LONGEST_PAUSE


def test_a_destination_that_answers_again_is_not_fallen_upon():
    circuit = opened()
    moment = half_open_at(circuit)
    circuit, passed = circuit.taken(1, None, moment).after(ANSWERED, moment), []
    for tenth in range(100):
        now = moment + timedelta(seconds=tenth / 10)
        passed.append(circuit.allowance(None, now, 10**6))
        circuit = circuit.taken(passed[-1], None, now)

    assert circuit.state(moment) is CircuitState.CLOSED
    assert sum(passed[:10]) <= 2 * FIRST_PACE
    assert sum(passed[50:60]) > sum(passed[:50])
    assert circuit.allowance(None, moment + timedelta(seconds=11), MOST) == MOST


@pytest.mark.parametrize("before", [Circuit(), opened(), Circuit(troubles=2)])
def test_the_pause_that_is_asked_for_holds_for_the_whole_lane(before):
    circuit = before.after(Brought(troubles=1, code="http_429", asked=300), NOON)

    assert circuit.allowance(None, after(299), MOST) == 0
    assert 1 <= circuit.allowance(None, after(301), MOST) < MOST


def test_a_shorter_pause_asked_for_later_does_not_end_a_longer_one():
    circuit = Circuit().after(Brought(answered=True, asked=300), NOON).after(Brought(answered=True, asked=5), NOON)

    assert circuit.paused_until == after(300)


def test_a_rate_lets_its_number_pass_each_second():
    circuit, passed = Circuit(), 0
    for tenth in range(101):
        now = after(tenth / 10)
        count = circuit.allowance(20, now, MOST)
        circuit, passed = circuit.taken(count, 20, now), passed + count

    assert 200 <= passed <= 220  # ten seconds, and the second that was saved up


@given(
    rate=st.none() | st.integers(1, 500),
    steps=st.lists(st.tuples(st.floats(0, 100), st.integers(0, 8), st.booleans(), st.floats(0, 50)), max_size=30),
)
def test_no_history_lets_more_pass_than_allowed_or_blocks_for_ever(rate, steps):
    circuit, moment = Circuit(), NOON
    for wait, troubles, answered, asked in steps:
        moment += timedelta(seconds=wait)
        count = circuit.allowance(rate, moment, MOST)
        assert 0 <= count <= MOST
        circuit = circuit.taken(count, rate, moment)
        circuit = circuit.after(Brought(answered=answered, troubles=troubles, code="x", asked=asked), moment)

    assert circuit.allowance(rate, moment + timedelta(seconds=200), MOST) >= 1
