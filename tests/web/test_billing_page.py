"""The bill of a period: each test once, rightly; its totals on the page, its lines in the file."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from people import House, make_lot, make_patient, make_signed, make_test
from sheets import lines_of

from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import now
from temoin.lib.errors import DeniedError, InvalidError
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.oversight.billing import export_bill, read_bill
from temoin.oversight.looks import list_looks
from temoin.oversight.signed_tests import ResultFilter
from temoin.pharmacies.seat import Seat
from temoin.testing.actions import take_sample
from temoin.testing.sample import Reading, Sample
from temoin.testing.signing import cancel_result, sign_result

STREP, STREP_KIT = "strep-a-ag", "biosynex-strep-a"


def make_strep(by: Seat, lot_id: UUID, outcome: str) -> UUID:
    record_id = make_test(by, make_patient(by), kind=STREP)
    sample = Sample(specimen="throat-swab", sampled_at=now() - timedelta(minutes=6), lot_id=lot_id)
    take_sample(by=by, record_id=record_id, sample=sample, seen="")
    sign_result(by=by, record_id=record_id, reading=Reading(outcomes={"strep-a": outcome}, read_at=now()), seen="")
    return record_id


def wanted(days: int = 2) -> ResultFilter:
    today = today_in(HOUSE)
    return ResultFilter(since=today - timedelta(days=days - 1), until=today, zone=HOUSE)


@pytest.fixture
def signed(house: House) -> list[UUID]:
    """Three throat tests, of which one is cancelled, and a COVID test."""
    lot_id = make_lot(house.owner, kit=STREP_KIT)
    found = [make_strep(house.owner, lot_id, outcome) for outcome in ("negative", "positive", "positive")]
    cancel_result(by=house.owner, record_id=found[2], expected_version=1, reason="Autre patient")
    found.append(make_signed(house.owner, make_patient(house.owner), make_lot(house.owner)))
    return found


@pytest.mark.usefixtures("signed")
def test_each_test_is_on_the_bill_once_and_a_cancelled_one_never(house: House):
    bill = read_bill(by=house.owner, wanted=wanted())

    charged = Counter({(one.charge.kind, one.charge.amounts): one.count for one in bill.groups})
    assert charged == {(STREP, (1000,)): 1, (STREP, (1000, 1500)): 1, ("covid19-ag", ()): 1}
    assert (bill.certain, bill.least, bill.most) == (1000, 2000, 2500)
    assert (bill.to_choose, bill.left_out) == (1, 1)


@pytest.mark.usefixtures("signed")
def test_the_page_shows_what_is_certain_and_what_is_to_choose(owner: Client):
    page = owner.get(reverse("billing")).content.decode().replace("\u00a0", " ")

    assert "10,00 €" in page
    assert "10,00 € à 15,00 €" in page
    assert "Depuis le 1er mars 2025" in page
    assert "Personne de l’assurance maladie ni de la profession" in page


def test_the_file_has_a_line_for_each_and_each_is_a_look(house: House, owner: Client, signed):
    answer = owner.get(reverse("billing_file"))
    lines = {row["test"]: row for row in lines_of(answer)}

    assert set(lines) == {str(signed[0]), str(signed[1]), str(signed[3])}
    assert (lines[str(signed[0])]["act"], lines[str(signed[0])]["amount"]) == ("TRD", "10,00")
    assert lines[str(signed[1])]["amount"] == ""
    assert lines[str(signed[1])]["amounts_possible"].startswith("10,00 (")
    assert (lines[str(signed[3])]["act"], lines[str(signed[3])]["paid_by"]) == ("", "patient")
    kinds = [look.event.kind for look in list_looks(by=house.owner, record_id=signed[0]).looks]
    assert EventKind.RESULTS_READ in kinds
    with tenant_scope(house.here.id):
        assert Event.objects.filter(kind=EventKind.BILLING_EXPORTED).count() == 1


def test_who_bills(house: House, owner: Client):
    assert read_bill(by=house.colleague, wanted=wanted()).groups == []
    for denied in (house.student, house.administrator):
        with pytest.raises(DeniedError):
            read_bill(by=denied, wanted=wanted())
        with pytest.raises(DeniedError):
            export_bill(by=denied, wanted=wanted())
    with pytest.raises(InvalidError):
        read_bill(by=house.owner, wanted=wanted(100))
    assert owner.get(reverse("billing"), {"since": "x"}).status_code == 400
    assert owner.get(reverse("billing_file"), {"since": "x"}).status_code == 400
