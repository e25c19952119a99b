"""What follows a commit harms neither the answer nor what else waits for the same commit."""

from __future__ import annotations

import pytest
from people import House, make_lot, make_patient, make_signed, open_house

from temoin.lib import measures
from temoin.lib.stirring import tell_stirs_to
from temoin.testing.queries import read_test


@pytest.fixture
def house(transactional_db: None) -> House:  # noqa: ARG001 real commits
    return open_house()


class FullDisk:
    """A counter whose file has no room left."""

    def labels(self, _kind: str) -> FullDisk:
        raise OSError(28, "No space left on device")


def test_a_counter_that_raises_leaves_the_act_a_success_and_the_bell_rung(house: House, monkeypatch, caplog):
    patient_id, lot_id = make_patient(house.owner), make_lot(house.owner)
    told: list[object] = []
    monkeypatch.setattr(measures, "EVENTS", FullDisk())
    tell_stirs_to(told.append)
    try:
        record_id = make_signed(house.owner, patient_id, lot_id)
    finally:
        tell_stirs_to()

    assert read_test(by=house.owner, record_id=record_id).report.version == 1
    assert set(told) == {house.here.id}
    assert "No space left on device" in caplog.text


def test_a_bell_that_raises_takes_no_other_down(house: House):
    told: list[object] = []

    def broken(_pharmacy_id: object) -> None:
        raise RuntimeError("gone")

    tell_stirs_to(broken, told.append)
    try:
        make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    finally:
        tell_stirs_to()

    assert set(told) == {house.here.id}
