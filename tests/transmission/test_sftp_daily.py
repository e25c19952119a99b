"""Files once a day: results wait for the hour, go many to a file, and each still finds its own line."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from people import make_lot, make_patient, make_pharmacy, make_signed, open_house, seen_parcel
from sftp_peer import HEADER, Desk, peer, running_peer
from strategies import covid_positive

from temoin.formats.csv.report_file import report_file
from temoin.lib.clock import frozen_at, now, shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE
from temoin.outbox import courier as register
from temoin.outbox.actions import release_parcel
from temoin.outbox.courier import Answer, Consignment, Holding, Load, Verdict, couriers
from temoin.outbox.models import Parcel
from temoin.outbox.states import ParcelState
from temoin.outbox.worker import Lane
from temoin.transmission.channels.sftp import daily as sftp_daily
from temoin.transmission.channels.sftp.courier import SftpCourier
from temoin.transmission.channels.sftp.daily import DailySftpCourier, courier_of, hour_after
from temoin.transmission.channels.sftp.settings import SftpSettings
from temoin_sandbox.sftp_keys import KeyFiles, make_key_files

KEYS = ["a", "b", "c"]
AWAITED = (Verdict.DOUBTFUL, "awaiting_acknowledgement")
ONE = UUID(int=1)
LOAD = Load(
    pharmacy_id=ONE,
    id=ONE,
    destination="sftp",
    subject_id=ONE,
    chain_id=ONE,
    sequence=1,
    key="a",
    state="sending",
    attempts=1,
    sealed=None,
)
Ask = Callable[[SftpCourier], Awaitable[list[Answer]]]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyFiles:
    return make_key_files(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path).make()


@pytest.fixture
def ask(desk: Desk, keys: KeyFiles, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[list[Answer]]]:
    """Return what asks a new daily courier several things, one after the other."""
    monkeypatch.setattr(sftp_daily, "GATHER", 0.01)
    monkeypatch.setattr(sftp_daily, "FRESH", 0.0)

    def live(*questions: Ask) -> list[list[Answer]]:
        async def run() -> list[list[Answer]]:
            async with peer(desk, keys) as right:
                courier = courier_of(replace(right._box, daily_at=22), demo=True)
                try:
                    return [await question(courier) for question in questions]
                finally:
                    await courier.close()

        return asyncio.run(run())

    return live


def parcel(key: str) -> Consignment:
    return Consignment(key=key, body=report_file(covid_positive(key=key)))


def carry(*keys: str) -> Ask:
    return lambda courier: asyncio.gather(*(courier.carry(parcel(key)) for key in keys))


def enquire(*keys: str) -> Ask:
    return lambda courier: asyncio.gather(*(courier.enquire(parcel(key)) for key in keys))


def told(answers: list[Answer]) -> list[tuple[Verdict, str]]:
    return [(each.verdict, each.code) for each in answers]


def test_results_carried_together_are_one_file_with_one_header(desk, ask):
    (carried,) = ask(carry(*KEYS))

    assert told(carried) == [AWAITED] * 3
    (name,) = desk.lying()
    rows = (desk.results / name).read_bytes().split(b"\r\n")
    assert [row.split(b",")[1] for row in rows[:-1]] == [b"key", b"a", b"b", b"c"]


def test_a_batch_refused_wholly_refuses_each_of_its_results(desk, ask):
    ask(carry("other"))

    async def refuse_all(courier: SftpCourier) -> list[Answer]:
        await carry(*KEYS)(courier)
        for name in desk.lying():
            desk.answer(name, "*,refused,,not CSV")
        return await enquire(*KEYS, "d")(courier)

    answers = told(ask(refuse_all)[0])

    assert answers == [(Verdict.REFUSED, "row_refused")] * 3 + [(Verdict.UNKNOWN, "unknown_there")]


def test_a_batch_answered_by_half_is_waited_for(desk, ask):
    ask(carry(*KEYS))
    (name,) = desk.lying()
    (desk.answers / name).write_bytes((HEADER + "a,accepted,7,\r\nb,accep").encode())

    assert told(ask(enquire(*KEYS))[0]) == [(Verdict.ACCEPTED, "acknowledged"), AWAITED, AWAITED]


def test_each_result_finds_its_own_line_even_after_a_restart(desk, ask):
    ask(carry(*KEYS))
    (name,) = desk.lying()

    assert told(ask(enquire(*KEYS))[0]) == [AWAITED] * 3

    desk.answer(name, "a,accepted,7,", "b,refused,,unknown LOINC code", "unknown,accepted,,")
    assert told(ask(enquire(*KEYS, "d"))[0]) == [
        (Verdict.ACCEPTED, "acknowledged"),
        (Verdict.REFUSED, "row_refused"),
        (Verdict.UNKNOWN, "unknown_there"),  # half an acknowledgement: it is sent again
        (Verdict.UNKNOWN, "unknown_there"),
    ]


def test_a_key_is_held_in_whatever_file_it_was_acknowledged(desk, ask):
    desk.answer("a.csv", "a,accepted,1,")
    desk.answer("batch-1.csv", "b,accepted,2,", "c,accepted,3,")

    async def held(courier: SftpCourier) -> list[Holding]:
        return [each async for each in courier.held(["a", "b", "d"])]

    assert sorted(ask(held)[0], key=str) == [Holding("a", "1"), Holding("b", "2")]


def test_the_same_results_again_are_the_same_file(desk, ask):
    ask(carry("a", "b"), carry("b", "a"))

    assert len(desk.lying()) == 1


def test_what_was_sent_again_after_a_refusal_waits_for_the_new_answer(desk, ask):
    ask(carry("a", "b"))
    (first,) = desk.lying()
    desk.answer(first, "a,accepted,,", "b,refused,,unknown pharmacy")
    ask(carry("b"))
    (second,) = [name for name in desk.lying() if name != first]

    assert told(ask(enquire("b"))[0]) == [AWAITED]

    desk.answer(second, "b,accepted,,")
    assert told(ask(enquire("a", "b"))[0]) == [(Verdict.ACCEPTED, "acknowledged")] * 2


def test_a_line_for_every_row_does_not_say_of_which_file(desk, ask):
    desk.answer("batch-1.csv", "*,refused,,not CSV")

    assert told(ask(enquire("a"))[0]) == [(Verdict.UNKNOWN, "unknown_there")]


def test_an_acknowledgement_written_anew_is_read_anew(desk, ask):
    (desk.answers / "batch-1.csv").write_bytes((HEADER + "a,acc").encode())

    async def write_whole(_: SftpCourier) -> list[Answer]:
        desk.answer("batch-1.csv", "a,accepted,,")
        os.utime(desk.answers / "batch-1.csv", (1, 1))
        return []

    first, _, second = ask(enquire("a"), write_whole, enquire("a"))

    assert told(first + second) == [(Verdict.UNKNOWN, "unknown_there"), (Verdict.ACCEPTED, "acknowledged")]


def test_one_look_serves_all_who_ask_at_once(desk, ask, monkeypatch):
    monkeypatch.setattr(sftp_daily, "FRESH", 60.0)

    async def answer_now(_: SftpCourier) -> list[Answer]:
        desk.answer("batch-1.csv", "a,accepted,,")
        return []

    first, _, second = ask(enquire("a"), answer_now, enquire("a"))

    assert told(first) == told(second)


def test_an_answer_that_does_not_come_for_a_day_was_lost(desk, ask):
    ask(carry("a"))
    (name,) = desk.lying()
    long_ago = now().timestamp() - timedelta(hours=25).total_seconds()
    os.utime(desk.results / name, (long_ago, long_ago))

    assert told(ask(enquire("a"))[0]) == [(Verdict.UNKNOWN, "acknowledgement_overdue")]


@pytest.mark.parametrize(
    ("signed", "hour", "expected"),
    [
        ("2026-11-24T20:59:59+00:00", 22, "2026-11-24T21:00:00+00:00"),
        ("2026-11-24T21:00:00+00:00", 22, "2026-11-25T21:00:00+00:00"),
        ("2026-07-14T19:00:00+00:00", 22, "2026-07-14T20:00:00+00:00"),
        ("2026-10-24T20:30:00+00:00", 22, "2026-10-25T21:00:00+00:00"),  # winter time began that night
        ("2026-11-24T22:30:00+00:00", 0, "2026-11-24T23:00:00+00:00"),
    ],
)
def test_the_hour_is_that_of_the_pharmacy(signed, hour, expected):
    at = hour_after(datetime.fromisoformat(signed), hour, HOUSE)

    assert at.astimezone(UTC) == datetime.fromisoformat(expected)


@pytest.mark.django_db
def test_a_result_waits_for_the_hour_that_follows_its_signature(keys, desk):
    load = replace(LOAD, pharmacy_id=make_pharmacy("Haute").id)

    async def box() -> DailySftpCourier:
        async with peer(desk, keys) as right:
            return DailySftpCourier(replace(right._box, daily_at=22), demo=True)

    courier = asyncio.run(box())
    report = covid_positive()

    with frozen_at(report.signed_at + timedelta(hours=1)):
        waiting = courier.write(load, report)
    with frozen_at(report.signed_at + timedelta(days=1)):
        due = courier.write(load, report)

    assert isinstance(waiting, Answer)
    assert (waiting.verdict, waiting.code) == (Verdict.POSTPONED, "waiting_for_the_hour")
    assert timedelta(hours=3) < timedelta(seconds=waiting.retry_after or 0) < timedelta(hours=4)
    assert isinstance(due, Consignment)


@pytest.mark.parametrize("odd", ["a folder of that name", "a file that may not be read"])
def test_a_file_that_cannot_be_taken_is_set_aside_and_the_others_are_read(desk, ask, odd):
    if odd == "a folder of that name":
        (desk.answers / "batch-0.csv").mkdir()
    else:
        desk.answer("batch-0.csv", "b,accepted,,")
        desk.denied.add("batch-0.csv")
    desk.answer("batch-1.csv", "a,accepted,,")
    aside: list[tuple[str, str]] = []

    answers = ask(enquire("a"), taken_aside(aside), taken_aside(aside))

    assert told(answers[0]) == [(Verdict.ACCEPTED, "acknowledged")]
    assert aside == [("batch-0.csv", "FileWithheldError")]


def taken_aside(found: list[tuple[str, str]]) -> Ask:
    async def tell(courier: SftpCourier) -> list[Answer]:
        assert isinstance(courier, DailySftpCourier)
        found.extend(courier.taken_aside())
        return []

    return tell


def test_a_file_of_ours_that_says_no_keys_is_set_aside_and_the_others_are_read(desk, ask):
    (desk.results / "batch-0.csv").write_bytes(b"\xff\xfe,key\r\n")
    desk.answer("batch-1.csv", "a,accepted,,")
    aside: list[tuple[str, str]] = []

    answers = ask(enquire("a"), taken_aside(aside))

    assert told(answers[0]) == [(Verdict.ACCEPTED, "acknowledged")]
    assert [name for name, _error in aside] == ["batch-0.csv"]


def test_a_folder_of_which_no_file_may_be_read_says_so(desk, ask):
    desk.answer("batch-0.csv", "a,accepted,,")
    desk.denied.add("batch-0.csv")

    assert told(ask(enquire("a"))[0]) == [(Verdict.DOUBTFUL, "folder_refused")]


@pytest.fixture
def box(desk, keys, as_role, settings, monkeypatch) -> Iterator[SftpSettings]:  # noqa: ARG001 opens the database
    """A real receiver of one file a day, whose courier is announced as Django's start does it."""
    monkeypatch.setattr(sftp_daily, "FRESH", 0.0)
    monkeypatch.setattr(register, "_couriers", couriers())
    with running_peer(desk, keys) as right:
        box = replace(right, daily_at=22)
        settings.TEMOIN = settings.TEMOIN.with_channel("sftp", box)
        yield box


def test_a_day_refused_wholly_is_put_to_a_person_and_goes_again(desk, box, as_role):
    """From the signatures to the work list and back, by the worker's own steps over a real connection."""
    owner = open_house().owner
    for number in ("A1", "B2"):
        make_signed(owner, make_patient(owner), make_lot(owner, number=number))

    def carry(hours: int) -> list[tuple[str, str]]:
        with as_role("temoin_worker"), shifted_by(timedelta(hours=hours)), asyncio.Runner() as runner:
            courier = courier_of(box, demo=True)
            Lane(courier, threading.Event()).carry_batch(runner)
            runner.run(courier.close())
        with tenant_scope(owner.pharmacy_id):
            return list(Parcel.objects.filter(destination="sftp").values_list("state", "answer_code"))

    carried = carry(25)
    (name,) = desk.lying()
    desk.answer(name, "*,refused,,not CSV")
    refused = carry(26)
    with tenant_scope(owner.pharmacy_id):
        waiting = list(Parcel.objects.filter(destination="sftp").values_list("id", flat=True))
    for parcel_id in waiting:
        release_parcel(by=owner, parcel_id=parcel_id, expected_version=seen_parcel(owner, parcel_id))
    desk.answer(name, "*,refused,,not CSV")
    carry(27)
    keys_of_day = [row.split(",")[1] for row in (desk.results / name).read_text().splitlines()[1:]]
    desk.answer(name, *(f"{key},accepted,," for key in keys_of_day))

    assert carried == [(ParcelState.IN_DOUBT, "awaiting_acknowledgement")] * 2
    assert refused == [(ParcelState.REFUSED, "row_refused")] * 2
    assert [state for state, _ in carry(28)] == [ParcelState.ACCEPTED] * 2
