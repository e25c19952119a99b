"""The page of proposed results: who signs, what was seen, what stays with its reason."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client
from people import COVID, House, make_lot, make_patient, make_program, make_sampled, make_test, open_house, sign_in

from temoin.catalogue.lots import recall_lot
from temoin.lib.clock import now
from temoin.patients.actions import CURRENT_NOTICE
from temoin.pharmacies.programs import ProgramSeat
from temoin.pharmacies.scopes import Scope
from temoin.pharmacies.seat import Seat
from temoin.testing import lists, proposals
from temoin.testing.actions import register_test, take_sample
from temoin.testing.lists import list_tests
from temoin.testing.proposals import propose_result, proposed_among, proposed_tests, put_aside_proposal
from temoin.testing.queries import read_test
from temoin.testing.sample import Reading, Sample
from temoin.testing.sent import SentAs

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return open_house()


@pytest.fixture
def client(house: House) -> Client:
    return sign_in(Client(), house.owner)


def proposed(by: Seat, lot_id: UUID, outcome: str = "negative") -> UUID:
    record_id = make_sampled(by, make_patient(by), lot_id)
    program = ProgramSeat(by.pharmacy_id, make_program(by), "LGO", (Scope.RESULTS_PROPOSE,))
    propose_result(by=program, record_id=record_id, reading=Reading({"sars-cov-2": outcome}, now()))
    return record_id


def proposed_angina(house: House) -> UUID:
    by = house.owner
    record_id = make_test(by, make_patient(by), kind="strep-a-ag")
    lot_id = make_lot(by, kit="biosynex-strep-a", number="S1")
    take_sample(by=by, record_id=record_id, sample=Sample("throat-swab", now() - timedelta(minutes=6), lot_id), seen="")
    program = ProgramSeat(by.pharmacy_id, make_program(by), "LGO", (Scope.RESULTS_PROPOSE,))
    propose_result(by=program, record_id=record_id, reading=Reading({"strep-a": "negative"}, now()))
    return record_id


def ticks(by: Seat) -> list[str]:
    return [f"{one.opened.record_id} {one.seen_version}" for one in proposed_tests(by=by).tests]


def state_of(by: Seat, record_id: UUID) -> str:
    return read_test(by=by, record_id=record_id).state.value


def test_the_counter_says_that_something_is_proposed_and_the_page_shows_it(house: House, client: Client):
    proposed(house.owner, make_lot(house.owner), "positive")

    counter, page = client.get("/").content.decode(), client.get("/proposals/").content.decode()

    assert 'href="/proposals/"' in counter
    assert "LGO" in page
    assert "Positif" in page
    assert ticks(house.owner)[0] in page
    assert "A12345" in page  # the lot
    assert page.count("<dt>") >= 2


@pytest.mark.parametrize(("who", "may_sign"), [("owner", True), ("colleague", False)])
def test_a_row_whose_result_is_proposed_waits_for_no_clock_and_no_second_reading(
    house: House, who: str, may_sign: bool
):
    lot = make_lot(house.owner)
    record_id, unread = proposed(house.owner, lot), make_sampled(house.owner, make_patient(house.owner), lot)

    counter = sign_in(Client(), getattr(house, who)).get("/").content.decode()

    row, other = (counter.split(f'id="row-{one}"')[1].split("</tr>")[0] for one in (record_id, unread))
    assert "Proposé par LGO" in row
    assert ('href="/proposals/"' in row) is may_sign
    for part in ("data-opens", "<form", "Chronomètre"):
        assert part not in row
    assert "Proposé" not in other
    assert "data-opens" in other
    assert ("<form" in other) is may_sign


def test_what_is_ticked_is_signed_and_the_rest_stays(house: House, client: Client):
    lot_id = make_lot(house.owner)
    one, other = proposed(house.owner, lot_id), proposed(house.owner, lot_id)
    tick = next(each for each in ticks(house.owner) if each.startswith(str(one)))

    answer = client.post("/proposals/sign/", {"take": [tick]})

    assert answer.status_code == 302
    assert (state_of(house.owner, one), state_of(house.owner, other)) == ("signed", "sampled")


def test_what_was_replaced_meanwhile_is_not_signed(house: House, client: Client):
    record_id = proposed(house.owner, make_lot(house.owner))
    (tick,) = ticks(house.owner)
    program = ProgramSeat(house.here.id, uuid4(), "LGO", (Scope.RESULTS_PROPOSE,))
    propose_result(by=program, record_id=record_id, reading=Reading({"sars-cov-2": "positive"}, now()))

    answer = client.post("/proposals/sign/", {"take": [tick]})

    assert answer.status_code == 400
    assert "regardez-le de nouveau" in answer.content.decode()
    assert state_of(house.owner, record_id) == "sampled"


def test_what_can_no_longer_be_signed_stays_with_its_reason_and_keeps_no_other(house: House, client: Client):
    good, bad = make_lot(house.owner), make_lot(house.owner, number="B1")
    fine, spoilt = proposed(house.owner, good), proposed(house.owner, bad)
    recall_lot(by=house.owner, lot_id=bad, reference="R26-1")

    answer = client.post("/proposals/sign/", {"take": ticks(house.owner)})

    assert answer.status_code == 400
    assert "rappelé" in answer.content.decode()
    assert (state_of(house.owner, fine), state_of(house.owner, spoilt)) == ("signed", "sampled")


def test_twice_signs_once_and_says_so(house: House, client: Client):
    record_id = proposed(house.owner, make_lot(house.owner))
    form = {"take": ticks(house.owner)}

    first, second = (client.post("/proposals/sign/", form) for _ in range(2))

    assert (first.status_code, second.status_code) == (302, 400)
    assert "a changé depuis l’affichage" in second.content.decode()
    assert len(read_test(by=house.owner, record_id=record_id).reports) == 1


def test_what_is_put_aside_waits_for_its_result(house: House, client: Client):
    record_id = proposed(house.owner, make_lot(house.owner))

    client.post("/proposals/aside/", {"take": ticks(house.owner)})

    assert (state_of(house.owner, record_id), proposed_tests(by=house.owner).tests) == ("sampled", [])


@pytest.mark.parametrize("take", [[], ["x"], ["x y"], [f"{uuid4()}"], [f"{uuid4()} {'0' * 16}"]])
def test_what_no_page_sends_does_nothing(client: Client, take: list[str]):
    assert client.post("/proposals/aside/", {"take": take}).status_code in {302, 400}
    assert client.post("/proposals/sign/", {"take": take}).status_code in {302, 400}


def test_a_stranger_signs_nothing_of_ours(house: House):
    record_id = proposed(house.owner, make_lot(house.owner))

    sign_in(Client(), house.stranger).post("/proposals/sign/", {"take": ticks(house.owner)})

    assert state_of(house.owner, record_id) == "sampled"
    assert proposed_tests(by=house.stranger).tests == []


def test_the_times_of_a_proposal_bind_its_signature(house: House, client: Client):
    record_id = proposed(house.owner, make_lot(house.owner))
    before = now()

    client.post("/proposals/sign/", {"take": ticks(house.owner)})

    (report,) = read_test(by=house.owner, record_id=record_id).reports
    assert report.read_at <= before <= report.signed_at + timedelta(seconds=1)


def test_a_kind_with_a_logigram_is_signed_on_its_own_page(house: House, client: Client):
    record_id = proposed_angina(house)

    page = client.get("/proposals/").content.decode()
    review = client.post(
        f"/tests/{record_id}/sign/", {"outcome-strep-a": "negative", "read_at-instant": now().isoformat()}
    )

    assert f'form="check-{record_id}"' in page
    assert 'name="take"' not in page
    assert client.post("/proposals/sign/", {"take": ticks(house.owner)}).status_code == 400
    assert state_of(house.owner, record_id) == "sampled"
    assert review.status_code == 200


def test_thousands_that_a_program_brought_are_looked_through_page_by_page(house: House, client: Client, monkeypatch):
    monkeypatch.setattr(proposals, "PAGE", 2)
    monkeypatch.setattr(proposals, "OPENED", 2)
    lot_id = make_lot(house.owner)
    make_sampled(house.owner, make_patient(house.owner), lot_id)  # nothing is proposed for it
    brought = [proposed(house.owner, lot_id) for _ in range(3)]

    first, second = (client.get("/proposals/", {"page": page}).content.decode() for page in (0, 1))

    assert sorted((str(one) in first, str(one) in second) for one in brought) == [
        *((False, True), (True, False), (True, False))
    ]
    assert ('href="/proposals/?page=1"' in first, 'href="/proposals/?page=0"' in second) == (True, True)
    (last,) = (one for one in brought if str(one) in second)
    again = client.post("/proposals/sign/?page=1", {"take": f"{last} not-this"})
    page = again.content.decode()
    assert (again.status_code, str(last) in page) == (400, True)  # its trouble stands beside it
    assert 'action="/proposals/sign/?page=1"' in page
    assert 'href="/proposals/?page=0"' in page


def ordered(house: House, lot_id: UUID, number: int) -> UUID:
    """A test that a program asked for, and a person sampled."""
    told = {"kind": COVID, "notice_version": CURRENT_NOTICE, "said": SentAs(f"LGO {number}", "", "")}
    record_id = register_test(by=house.owner, patient_id=make_patient(house.owner), **told)
    sample = Sample("nasopharyngeal-swab", now() - timedelta(minutes=16), lot_id)
    take_sample(by=house.owner, record_id=record_id, sample=sample, seen="")
    return record_id


def test_what_programs_brought_buries_no_test_of_the_counter(house: House, client: Client, monkeypatch):
    monkeypatch.setattr(lists, "BROUGHT", 2)
    lot_id, program_id = make_lot(house.owner), make_program(house.owner)
    program = ProgramSeat(house.here.id, program_id, "LGO", (Scope.RESULTS_PROPOSE,))
    own = make_sampled(house.owner, make_patient(house.owner), lot_id)
    first, *others = (ordered(house, lot_id, number) for number in range(6))
    for record_id in others:
        propose_result(by=program, record_id=record_id, reading=Reading({"sars-cov-2": "negative"}, now()))
    (seen,) = proposed_among(by=house.owner, record_ids=others[:1])
    put_aside_proposal(by=house.owner, record_id=others[0], seen_version=seen.seen_version)

    page = client.get("/").content.decode()

    listed = list_tests(by=house.owner)
    assert (len(listed.under_way), listed.unlisted) == (5, 2)
    # The counter's own, one that was ordered, and one whose proposal was put aside wait for somebody at the counter.
    assert {own, first, others[0]} <= {row.id for row in listed.under_way}
    assert "2 autres résultats apportés par des logiciels sont proposés" in page
