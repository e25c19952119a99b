"""What has not arrived: who may see it, who may send it again or withdraw it, and that nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from people import House, at_once, make_lot, make_patient, make_signed, open_house, seen_parcel
from planning import plan_if_large

from temoin.journal.models import Event
from temoin.lib.clock import now, shifted_by
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE
from temoin.outbox import actions
from temoin.outbox.actions import release_alike, release_parcel, withdraw_parcel
from temoin.outbox.courier import Answer, Load, Verdict
from temoin.outbox.models import Parcel
from temoin.outbox.open_parcels import PAGE, OpenFilter, Portion
from temoin.outbox.queue import claim_parcels
from temoin.outbox.settling import settle_parcels
from temoin.outbox.states import ParcelState, Withdrawal
from temoin.oversight.work_list import WorkList, read_answers, read_sending, read_work_list
from temoin.pharmacies.seat import Seat
from temoin.testing.sample import Reading
from temoin.testing.signing import correct_result

AUTHORITY = "fhir"
Settle = Callable[..., list[Load]]


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001
    return open_house()


@pytest.fixture
def settle(as_role) -> Settle:
    """Answer what is due at the authority, in the worker's role."""

    def answer(verdict: Verdict, code: str = "http_422", **more: object) -> list[Load]:
        with as_role("temoin_worker"):
            loads = claim_parcels(AUTHORITY, 300)
            settle_parcels([(load, Answer(verdict, code, **more)) for load in loads])
        return loads

    return answer


@pytest.fixture
def refused(house: House, settle: Settle) -> UUID:
    """A parcel that the authority refused."""
    sign(house.owner)
    return settle(Verdict.REFUSED, detail="unknown code")[0].id


def sign(by: Seat, count: int = 1) -> list[UUID]:
    patient_id, lot_id = make_patient(by, email=""), make_lot(by, number=uuid4().hex[:8])
    return [make_signed(by, patient_id, lot_id) for _ in range(count)]


def correct(by: Seat, record_id: UUID) -> None:
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())
    correct_result(by=by, record_id=record_id, expected_version=1, reading=reading, reason="Lecture inversée")


def listed(by: Seat, portion: Portion = Portion.TO_HANDLE, **more: object) -> WorkList:
    late_before = now() - timedelta(minutes=30)
    return read_work_list(by=by, wanted=OpenFilter(late_before=late_before, zone=HOUSE, portion=portion, **more))


def states(by: Seat) -> list[tuple[int, str]]:
    with tenant_scope(by.pharmacy_id):
        return list(Parcel.objects.order_by("sequence").values_list("sequence", "state"))


def events(by: Seat, kind: str) -> list[str]:
    with tenant_scope(by.pharmacy_id):
        return list(Event.objects.filter(kind=kind).values_list("detail", flat=True))


def test_a_fresh_sending_is_on_its_way_and_asks_nobody_to_act(house):
    sign(house.owner)

    assert (listed(house.owner).parcels, listed(house.owner).to_handle, listed(house.owner).on_the_way) == ([], 0, 1)


def test_half_an_hour_later_it_is_late(house):
    sign(house.owner)

    with shifted_by(timedelta(minutes=31)):
        found = listed(house.colleague)

    assert [one.is_late for one in found.parcels] == [True]
    assert found.to_handle == 1


@pytest.mark.usefixtures("refused")
def test_what_is_refused_is_listed_at_once_with_its_heap(house):
    found = listed(house.owner)

    assert [(one.view.state, one.view.answer_code) for one in found.parcels] == [(ParcelState.REFUSED, "http_422")]
    assert [(heap.destination, heap.code, heap.count) for heap in found.heaps] == [(AUTHORITY, "http_422", 1)]


def test_what_arrived_is_not_listed(house, settle):
    sign(house.owner)
    settle(Verdict.ACCEPTED, "acknowledged")

    assert listed(house.owner, Portion.ON_THE_WAY).parcels == []
    assert listed(house.owner).heaps == []


@pytest.mark.usefixtures("refused")
def test_the_stranger_and_the_administrator_see_nothing_of_it(house):
    assert listed(house.stranger).heaps == []
    with pytest.raises(DeniedError):
        listed(house.administrator)


@pytest.mark.parametrize(
    ("verdict", "minutes", "portions"),
    [
        (Verdict.REFUSED, 0, {Portion.TO_HANDLE, Portion.REFUSED}),
        (Verdict.REFUSED, 60, {Portion.TO_HANDLE, Portion.REFUSED}),
        (Verdict.DOUBTFUL, 0, {Portion.IN_DOUBT, Portion.ON_THE_WAY}),
        (Verdict.DOUBTFUL, 60, {Portion.IN_DOUBT, Portion.LATE, Portion.TO_HANDLE}),
        (Verdict.POSTPONED, 0, {Portion.ON_THE_WAY}),
        (Verdict.POSTPONED, 60, {Portion.LATE, Portion.TO_HANDLE}),
        (Verdict.ACCEPTED, 60, set()),
    ],
)
def test_each_portion_holds_its_own(house, settle, verdict, minutes, portions):
    sign(house.owner)
    settle(verdict)

    with shifted_by(timedelta(minutes=minutes)):
        found = {portion for portion in Portion if listed(house.owner, portion).parcels}

    assert found == portions


def test_the_list_is_narrowed_by_destination_and_day(house, settle):
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    settle(Verdict.REFUSED)
    today = now().astimezone().date()

    assert len(listed(house.owner, Portion.REFUSED, destination=AUTHORITY).parcels) == 1
    assert listed(house.owner, Portion.REFUSED, destination="email").parcels == []
    assert listed(house.owner, Portion.REFUSED, day=today - timedelta(days=2)).parcels == []


def test_a_long_list_has_pages(house, monkeypatch):
    monkeypatch.setattr("temoin.outbox.open_parcels.PAGE", 2)
    sign(house.owner, 3)
    wanted = OpenFilter(late_before=now(), zone=HOUSE, portion=Portion.TO_HANDLE)

    pages = [read_work_list(by=house.owner, wanted=wanted, page=number) for number in (0, 1)]

    assert PAGE == 50
    assert [(len(page.parcels), page.has_more) for page in pages] == [(2, True), (1, False)]


def test_the_list_reads_only_the_index_of_what_is_open(house, embedded_server):
    sign(house.owner, 1)  # a table without a page has no size
    with CaptureQueriesContext(connection) as asked:
        listed(house.owner, Portion.TO_HANDLE)
    (page,) = [one["sql"] for one in asked if one["sql"].startswith("SELECT") and "LIMIT" in one["sql"]]

    plan = plan_if_large(embedded_server, ["outbox_parcel"], page)

    assert "outbox_parcel_open" in plan
    assert "Seq Scan" not in plan


def test_a_refused_parcel_is_sent_again_once(house, refused):
    release_parcel(by=house.owner, parcel_id=refused, expected_version=seen_parcel(house.owner, refused))

    with pytest.raises(ConflictError):
        release_parcel(by=house.owner, parcel_id=refused, expected_version=seen_parcel(house.owner, refused))
    assert states(house.owner) == [(1, "waiting")]
    assert len(events(house.owner, "parcel.released")) == 1


def test_what_was_released_and_refused_again_is_not_the_refusal_that_was_seen(house, refused, settle):
    seen = seen_parcel(house.owner, refused)
    release_parcel(by=house.owner, parcel_id=refused, expected_version=seen)
    settle(Verdict.REFUSED, "http_400")

    with pytest.raises(ConflictError, match="another end"):
        release_parcel(by=house.owner, parcel_id=refused, expected_version=seen)
    with pytest.raises(ConflictError, match="another end"):
        withdraw_parcel(by=house.owner, parcel_id=refused, expected_version=seen, reason=Withdrawal.NOT_DUE)

    assert states(house.owner) == [(1, "refused")]


def test_all_that_were_refused_alike_are_sent_again_at_once(house, settle):
    sign(house.owner, 2)
    settle(Verdict.REFUSED)
    sign(house.owner)
    settle(Verdict.REFUSED, "http_400")

    counts = [release_alike(by=house.owner, destination=AUTHORITY, code="http_422") for _ in range(2)]

    assert counts == [2, 0]
    assert sorted(state for _, state in states(house.owner)) == ["refused", "waiting", "waiting"]
    assert len(events(house.owner, "parcel.released")) == 2


def test_many_are_sent_again_a_portion_at_a_time(house, settle, monkeypatch):
    monkeypatch.setattr(actions, "MOST_AT_ONCE", 2)
    sign(house.owner, 3)
    settle(Verdict.REFUSED)

    counts = [release_alike(by=house.owner, destination=AUTHORITY, code="http_422") for _ in range(3)]

    assert counts == [2, 1, 0]


@pytest.mark.django_db(transaction=True)
def test_two_who_send_all_again_at_the_same_moment_do_it_once(as_role):
    house = open_house()
    sign(house.owner, 3)
    with as_role("temoin_worker"):
        settle_parcels([(load, Answer(Verdict.REFUSED, "http_422")) for load in claim_parcels(AUTHORITY, 10)])

    counts = at_once(*[lambda: release_alike(by=house.owner, destination=AUTHORITY, code="http_422")] * 2)

    assert sum(counts) == 3
    assert len(events(house.owner, "parcel.released")) == 3


def test_a_refused_parcel_is_withdrawn_with_a_reason_once(house, refused):
    withdraw_parcel(
        by=house.owner,
        parcel_id=refused,
        expected_version=seen_parcel(house.owner, refused),
        reason=Withdrawal.TOLD_OTHERWISE,
    )

    with pytest.raises(ConflictError):
        withdraw_parcel(
            by=house.owner,
            parcel_id=refused,
            expected_version=seen_parcel(house.owner, refused),
            reason=Withdrawal.TOLD_OTHERWISE,
        )
    assert states(house.owner) == [(1, "withdrawn")]
    assert events(house.owner, "parcel.withdrawn") == ["told_otherwise"]
    assert listed(house.owner).heaps == []


@pytest.mark.parametrize("reason", ["", "parce que Mme Martin"])
def test_a_withdrawal_says_why_from_the_list(house, refused, reason):
    with pytest.raises(InvalidError):
        withdraw_parcel(
            by=house.owner, parcel_id=refused, expected_version=seen_parcel(house.owner, refused), reason=reason
        )
    assert states(house.owner) == [(1, "refused")]


def test_what_is_on_its_way_is_not_withdrawn(house):
    sign(house.owner)
    with tenant_scope(house.here.id):
        parcel_id = Parcel.objects.get().id

    with pytest.raises(ConflictError):
        withdraw_parcel(
            by=house.owner,
            parcel_id=parcel_id,
            expected_version=seen_parcel(house.owner, parcel_id),
            reason=Withdrawal.NOT_DUE,
        )


def test_a_technician_neither_sends_again_nor_withdraws_nor_reads_answers(house, refused):
    with pytest.raises(DeniedError):
        release_alike(by=house.colleague, destination=AUTHORITY, code="http_422")
    with pytest.raises(DeniedError):
        withdraw_parcel(
            by=house.colleague,
            parcel_id=refused,
            expected_version=seen_parcel(house.colleague, refused),
            reason=Withdrawal.NOT_DUE,
        )
    with pytest.raises(DeniedError):
        read_answers(by=house.colleague, parcel_id=refused)


def test_the_stranger_touches_no_parcel_of_ours(house, refused):
    for do in (
        lambda: withdraw_parcel(
            by=house.stranger,
            parcel_id=refused,
            expected_version=seen_parcel(house.stranger, refused),
            reason=Withdrawal.NOT_DUE,
        ),
        lambda: read_sending(by=house.stranger, parcel_id=refused),
        lambda: read_answers(by=house.stranger, parcel_id=refused),
    ):
        with pytest.raises(NotFoundError):
            do()
    assert release_alike(by=house.stranger, destination=AUTHORITY, code="http_422") == 0
    assert states(house.owner) == [(1, "refused")]


def test_a_history_tells_each_try_and_each_decision(house, refused, settle):
    release_parcel(by=house.owner, parcel_id=refused, expected_version=seen_parcel(house.owner, refused))
    settle(Verdict.ACCEPTED, "acknowledged", receipt={"id": "accuse-7"})

    found = read_sending(by=house.colleague, parcel_id=refused)

    assert [(one.number, one.verdict, one.code) for one in found.attempts] == [
        (1, "refused", "http_422"),
        (2, "accepted", "acknowledged"),
    ]
    assert [event.kind for event in found.decisions] == ["parcel.released"]
    assert found.view.receipt == {"id": "accuse-7"}


def test_reading_a_history_is_no_look_and_reading_the_answers_is_one(house, refused):
    sending = read_sending(by=house.owner, parcel_id=refused)
    assert events(house.owner, "answers.read") == []

    contents = read_answers(by=house.owner, parcel_id=refused)

    assert [one.detail for one in contents] == ["unknown code"]
    with tenant_scope(house.here.id):
        assert Event.objects.get(kind="answers.read").subject_id == sending.record_id


def test_a_correction_replaces_the_refused_version_and_travels_in_its_place(house, settle):
    (record_id,) = sign(house.owner)
    settle(Verdict.REFUSED)

    correct(house.owner, record_id)

    assert states(house.owner) == [(1, "replaced"), (2, "waiting")]
    assert [load.sequence for load in settle(Verdict.ACCEPTED, "acknowledged")] == [2]
    assert listed(house.owner).heaps == []


def test_a_correction_leaves_a_version_that_is_on_its_way(house, settle):
    (record_id,) = sign(house.owner)

    correct(house.owner, record_id)

    assert states(house.owner) == [(1, "waiting"), (2, "waiting")]
    assert [load.sequence for load in settle(Verdict.ACCEPTED, "acknowledged")] == [1]


def test_a_refusal_that_a_newer_version_answers_already_asks_nobody_to_act(house, settle):
    (record_id,) = sign(house.owner)
    correct(house.owner, record_id)

    (first,) = settle(Verdict.REFUSED)

    assert states(house.owner) == [(1, "replaced"), (2, "waiting")]
    assert [one.verdict for one in read_sending(by=house.owner, parcel_id=first.id).attempts] == ["refused"]


def test_an_older_version_never_follows_a_newer_one(house, settle):
    (record_id,) = sign(house.owner)
    correct(house.owner, record_id)
    (first,) = settle(Verdict.REFUSED)
    with tenant_scope(house.here.id), connection.cursor() as cursor:  # as when refusal and correction cross
        cursor.execute("UPDATE outbox_parcel SET state = 'refused' WHERE id = %s", [first.id])

    with pytest.raises(ConflictError):
        release_parcel(by=house.owner, parcel_id=first.id, expected_version=seen_parcel(house.owner, first.id))
    assert release_alike(by=house.owner, destination=AUTHORITY, code="http_422") == 0
    assert [one.is_overtaken for one in listed(house.owner).parcels] == [True]
    withdraw_parcel(
        by=house.owner,
        parcel_id=first.id,
        expected_version=seen_parcel(house.owner, first.id),
        reason=Withdrawal.NOT_DUE,
    )
    assert states(house.owner) == [(1, "withdrawn"), (2, "waiting")]
