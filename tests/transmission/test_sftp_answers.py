"""What a receiver of files may do, or be, that the sandbox never is: only a whole line about the key settles it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncssh
import pytest
from sftp_peer import HEADER, Desk, Disk, PlainDisk, box_of, peer

from temoin.lib.clock import now
from temoin.outbox.courier import Answer, Consignment, Holding, Reconcilable, Verdict
from temoin.transmission.channels.sftp import courier as sftp
from temoin.transmission.channels.sftp import folders as sftp_folders
from temoin.transmission.channels.sftp.courier import SftpCourier
from temoin.transmission.channels.sftp.settings import SftpSettings
from temoin_sandbox.sftp_keys import KeyFiles, make_key, make_key_files

KEY = "11111111-2222-4333-8444-555555555555"
NAME = f"{KEY}.csv"
PARCEL = Consignment(key=KEY, body=b"columns\r\nrow\r\n")
AWAITED = (Verdict.DOUBTFUL, "awaiting_acknowledgement")
Ask = Callable[[SftpCourier], Awaitable[Answer]]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyFiles:
    return make_key_files(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path).make()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sftp, "PATIENCE", 0.05)


@pytest.fixture
def ask(desk: Desk, keys: KeyFiles) -> Callable[..., list[Answer]]:
    """Return what asks a courier several things, one after the other, over one courier's life."""

    def live(*questions: Ask, kind: type[Disk] = Disk) -> list[Answer]:
        async def run() -> list[Answer]:
            async with peer(desk, keys, kind=kind) as courier:
                return [await question(courier) for question in questions]

        return asyncio.run(run())

    return live


def carry(courier: SftpCourier) -> Awaitable[Answer]:
    return courier.carry(PARCEL)


def enquire(courier: SftpCourier) -> Awaitable[Answer]:
    return courier.enquire(PARCEL)


def told(answers: list[Answer]) -> list[tuple[Verdict, str]]:
    return [(each.verdict, each.code) for each in answers]


@pytest.mark.parametrize("kind", [Disk, PlainDisk])
def test_a_file_lies_there_whole_under_its_key_until_it_is_answered(desk, ask, kind):
    assert told(ask(carry, enquire, carry, kind=kind)) == [AWAITED] * 3

    assert desk.lying() == [NAME]
    assert (desk.results / NAME).read_bytes() == PARCEL.body


@pytest.mark.parametrize(
    ("lines", "verdict", "code"),
    [
        ([f"{KEY},accepted,7,"], Verdict.ACCEPTED, "acknowledged"),
        ([f"{KEY},accepted,7,", f"{KEY},accepted,7,", "unknown,refused,,"], Verdict.ACCEPTED, "acknowledged"),
        ([f"{KEY},refused,,unknown LOINC code"], Verdict.REFUSED, "row_refused"),
        (["*,refused,,not CSV"], Verdict.REFUSED, "row_refused"),
        ([f"{KEY},accepted,,", f"{KEY},refused,,"], Verdict.UNKNOWN, "unreadable_acknowledgement"),
        (["unknown,accepted,,"], Verdict.UNKNOWN, "unreadable_acknowledgement"),
        ([], Verdict.UNKNOWN, "unreadable_acknowledgement"),
    ],
)
def test_only_a_line_about_the_key_is_an_acknowledgement(desk, ask, lines, verdict, code):
    desk.answer(NAME, *lines)

    assert told(ask(enquire)) == [(verdict, code)]


def test_an_acknowledgement_keeps_its_line_and_a_refusal_its_reason(desk, ask):
    desk.answer(NAME, f"{KEY},accepted,2026-7,")
    (accepted,) = ask(enquire)
    desk.answer(NAME, f"{KEY},refused,,unknown LOINC code")
    (refused,) = ask(enquire)

    assert (accepted.receipt, accepted.came.rstrip()) == ({"id": "2026-7"}, f"{KEY},accepted,2026-7,".encode())
    assert (refused.detail, refused.came.rstrip()[-4:]) == ("unknown LOINC code", b"code")


def test_a_spoilt_acknowledgement_is_none_and_the_same_file_is_sent_again(desk, ask):
    (desk.answers / NAME).write_bytes((HEADER + f"{KEY},acc\r\n").encode())

    assert told(ask(enquire, carry)) == [(Verdict.UNKNOWN, "unreadable_acknowledgement"), AWAITED]

    assert desk.lying() == [NAME]
    assert list(desk.answers.iterdir()) == []  # what was spoilt is to be written anew


def test_a_last_line_without_its_end_counts_once_the_file_lies_still(desk, ask, monkeypatch):
    (desk.answers / NAME).write_bytes((HEADER + f"{KEY},accepted,7,").encode())

    async def enquire_later(courier: SftpCourier) -> Answer:
        monkeypatch.setattr(sftp, "STILL", 0.0)
        return await courier.enquire(PARCEL)

    assert told(ask(enquire, enquire_later)) == [AWAITED, (Verdict.ACCEPTED, "acknowledged")]


@pytest.mark.parametrize("lost", ["answers", "results"])
@pytest.mark.parametrize("kind", ["missing", "a file"])
def test_a_wrong_folder_is_told_at_once(desk, ask, lost, kind):
    (desk.root / lost).rmdir()
    if kind == "a file":
        (desk.root / lost).touch()

    assert told(ask(carry, enquire)) == [
        (Verdict.POSTPONED, "folder_refused"),
        (Verdict.DOUBTFUL, "folder_refused"),
    ]


def test_a_folder_that_goes_away_on_an_open_line_is_told(desk, ask, monkeypatch):
    async def enquire_without(courier: SftpCourier) -> Answer:
        monkeypatch.setattr(sftp_folders, "LOOK_AGAIN", -1.0)
        desk.answers.rmdir()
        return await courier.enquire(PARCEL)

    assert told(ask(carry, enquire_without)) == [AWAITED, (Verdict.DOUBTFUL, "folder_refused")]


def test_an_acknowledgement_still_being_written_is_waited_for(desk, ask, monkeypatch):
    monkeypatch.setattr(sftp, "PATIENCE", 5.0)
    (desk.answers / NAME).write_bytes(HEADER.encode())

    async def enquire_while_written(courier: SftpCourier) -> Answer:
        asyncio.get_running_loop().call_later(0.2, desk.answer, NAME, f"{KEY},accepted,7,")
        return await courier.enquire(PARCEL)

    assert told(ask(enquire_while_written)) == [(Verdict.ACCEPTED, "acknowledged")]


def test_a_file_that_was_taken_and_answered_is_not_sent_again(desk, ask):
    ask(carry)
    (desk.results / NAME).unlink()
    desk.answer(NAME, f"{KEY},accepted,7,")

    assert told(ask(enquire)) == [(Verdict.ACCEPTED, "acknowledged")]


def test_death_before_the_file_has_its_name_leaves_nothing_that_is_read(desk, ask):
    (desk.results / f".{NAME}.0a1b.part").write_bytes(PARCEL.body[:5])

    assert told(ask(enquire, carry)) == [(Verdict.UNKNOWN, "unknown_there"), AWAITED]
    assert (desk.results / NAME).read_bytes() == PARCEL.body


def test_an_answer_that_does_not_come_for_a_day_was_lost(desk, ask):
    ask(carry)
    long_ago = now().timestamp() - timedelta(hours=25).total_seconds()
    os.utime(desk.results / NAME, (long_ago, long_ago))

    assert told(ask(enquire, carry, enquire)) == [(Verdict.UNKNOWN, "acknowledgement_overdue"), AWAITED, AWAITED]
    assert desk.lying() == [NAME]


def test_a_refusal_is_forgotten_when_a_person_sends_again(desk, ask):
    desk.answer(NAME, f"{KEY},refused,,unknown pharmacy")

    assert told(ask(carry, enquire)) == [AWAITED, AWAITED]


def test_a_name_that_cannot_be_given_is_a_doubt(desk, ask):
    (desk.results / NAME).mkdir()

    assert told(ask(carry)) == [(Verdict.DOUBTFUL, "unreachable")]
    assert desk.lying() == [NAME]  # the draft is not left behind


class Slow(Disk):
    """Takes longer than anybody waits, with what its name says."""

    async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        await asyncio.sleep(0.5)
        return super().open(path, pflags, attrs)


class SlowToRename(Disk):
    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        await asyncio.sleep(0.5)


@pytest.mark.parametrize(
    ("kind", "question", "expected"),
    [
        (Slow, carry, (Verdict.POSTPONED, "unreachable")),
        (SlowToRename, carry, (Verdict.DOUBTFUL, "no_answer")),
        (Slow, enquire, (Verdict.DOUBTFUL, "unreachable")),
    ],
)
def test_nobody_waits_longer_than_the_lease_allows(ask, monkeypatch, kind, question, expected):
    monkeypatch.setattr(sftp, "CARRIAGE", 0.3)
    monkeypatch.setattr(sftp, "ENQUIRY", 0.3)

    assert told(ask(question, kind=kind)) == [expected]


def test_a_question_without_an_end_of_its_own_has_one(desk, keys, monkeypatch):
    monkeypatch.setattr(sftp_folders, "QUESTION", 0.3)
    desk.answer("a.csv", "a,accepted,,")

    async def run() -> None:
        async with peer(desk, keys, kind=Slow) as courier:
            async for _ in courier.held(["a"]):
                pass

    with pytest.raises(ConnectionError, match="unreachable"):
        asyncio.run(run())


def test_all_waits_together_are_shorter_than_the_lease():
    assert timedelta(seconds=sftp.ENQUIRY + sftp.CARRIAGE) < timedelta(seconds=25)


# Who the other side is.


def ask_box(
    desk: Desk, keys: KeyFiles, change: Callable[[SftpSettings], SftpSettings], question: Ask = carry
) -> Answer:
    """Ask the peer by other settings than the right ones."""

    async def run() -> Answer:
        async with peer(desk, keys) as right:
            courier = SftpCourier(change(right._box), demo=True)
            try:
                return await question(courier)
            finally:
                await courier.close()

    return asyncio.run(run())


def public_key(path: Path, kind: str = "ssh-ed25519") -> Path:
    path.write_bytes(asyncssh.generate_private_key(kind).export_public_key())
    return path


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256"])
def test_a_host_that_is_not_the_known_one_gets_nothing(desk, keys, tmp_path, kind):
    other = public_key(tmp_path / "other.pub", kind)

    refused = ask_box(desk, keys, lambda box: replace(box, host_keys=other))

    assert told([refused]) == [(Verdict.POSTPONED, "host_key_refused")]
    assert desk.lying() == []


def test_no_host_is_known_by_what_the_account_remembers(desk, keys, tmp_path, monkeypatch):
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "known_hosts").write_bytes(b"* " + keys.host_public.read_bytes())
    (tmp_path / "none.pub").touch()
    monkeypatch.setenv("HOME", str(tmp_path))

    refused = ask_box(desk, keys, lambda box: replace(box, host_keys=tmp_path / "none.pub"))

    assert refused.code == "host_key_refused"


def test_a_second_host_key_may_be_known_before_it_is_used(desk, keys, tmp_path):
    both = public_key(tmp_path / "both.pub")
    both.write_bytes(both.read_bytes() + keys.host_public.read_bytes())

    assert told([ask_box(desk, keys, lambda box: replace(box, host_keys=both))]) == [AWAITED]


@pytest.mark.parametrize("question", [carry, enquire])
def test_an_account_that_is_not_let_in_has_sent_nothing(desk, keys, tmp_path, question):
    stranger = tmp_path / "stranger.key"
    stranger.write_bytes(make_key().export_private_key())

    refused = ask_box(desk, keys, lambda box: replace(box, key=stranger), question)

    assert refused.code == "account_refused"
    assert refused.verdict is (Verdict.POSTPONED if question is carry else Verdict.DOUBTFUL)


def test_nobody_there_means_nothing_was_sent(desk, keys):
    async def closed_port() -> int:
        async with peer(desk, keys) as gone:
            return gone._box.port

    port = asyncio.run(closed_port())

    assert told([ask_box(desk, keys, lambda box: replace(box, port=port))]) == [(Verdict.POSTPONED, "unreachable")]


def test_a_host_that_never_speaks_means_nothing_was_sent(keys, monkeypatch):
    monkeypatch.setattr(sftp_folders, "CONNECT", 0.2)

    async def run() -> Answer:
        async with await asyncio.start_server(_silent, "127.0.0.1", 0) as server:
            courier = SftpCourier(box_of(keys, server.sockets[0].getsockname()[1]), demo=True)
            answer = await courier.carry(PARCEL)
            await asyncio.sleep(0.2)  # the host sees the end of the connection
            return answer

    assert told([asyncio.run(run())]) == [(Verdict.POSTPONED, "unreachable")]


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


# The connection.


@pytest.mark.parametrize(("idle", "connections"), [(20.0, 1), (-1.0, 3)])
def test_one_connection_serves_many_questions_unless_it_was_long_silent(ask, monkeypatch, idle, connections):
    monkeypatch.setattr(sftp_folders, "IDLE", idle)
    opened = []
    connect = sftp_folders._connect

    async def counted(box: SftpSettings) -> asyncssh.SSHClientConnection:
        opened.append(box)
        return await connect(box)

    monkeypatch.setattr(sftp_folders, "_connect", counted)
    monkeypatch.setattr(sftp, "PATIENCE", 0)

    async def sent_at(courier: SftpCourier) -> Answer:
        await courier._folders.sent_at(NAME)
        return Answer(Verdict.UNKNOWN, "")

    ask(sent_at, sent_at, sent_at)

    assert len(opened) == connections


def test_many_parcels_at_once_share_a_connection_and_fail_alone(desk, keys):
    desk.results.joinpath("k3.csv").mkdir()

    async def run() -> list[Answer]:
        async with peer(desk, keys) as courier:
            parcels = [Consignment(key=f"k{number}", body=b"x" * 100_000) for number in range(3)]
            return list(await asyncio.gather(*(courier.carry(parcel) for parcel in parcels)))

    assert told(asyncio.run(run())) == [AWAITED] * 3
    assert [len((desk.results / f"k{number}.csv").read_bytes()) for number in range(3)] == [100_000] * 3


class Full(Disk):
    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        raise asyncssh.SFTPFailure("no space left")


def test_two_that_fail_on_one_connection_both_wait_and_leave_nothing(desk, keys):
    async def run() -> list[Answer]:
        async with peer(desk, keys, kind=Full) as courier:
            return list(await asyncio.gather(courier.carry(PARCEL), courier.carry(PARCEL)))

    assert told(asyncio.run(run())) == [(Verdict.POSTPONED, "unreachable")] * 2
    assert desk.lying() == []


# What the receiver says it holds.


def test_holdings_are_the_accepted_keys_of_that_time(desk, keys):
    for number, (key, verdict) in enumerate(
        [("a", "accepted"), ("b", "refused"), ("c", "accepted"), ("d", "accepted")]
    ):
        desk.answer(f"{key}.csv", f"{key},{verdict},id-{key},")
        os.utime(desk.answers / f"{key}.csv", (number * 100, number * 100))
    (desk.answers / "half.csv").write_bytes(HEADER.encode() + b"e,accepted")

    async def run() -> list[Holding]:
        async with peer(desk, keys) as courier:
            assert isinstance(courier, Reconcilable)
            since, until = datetime.fromtimestamp(0, UTC), datetime.fromtimestamp(300, UTC)
            return [held async for held in courier.holdings(since, until)]

    held = asyncio.run(run())

    assert sorted((each.key, each.id) for each in held) == [("a", "id-a"), ("c", "id-c")]


def test_a_key_is_held_when_its_acknowledgement_says_so(desk, keys):
    desk.answer("a.csv", "a,accepted,id-a,", "x,accepted,,")
    desk.answer("b.csv", "b,refused,,")

    async def run() -> list[Holding]:
        async with peer(desk, keys) as courier:
            return [held async for held in courier.held(["a", "b", "c"])]

    assert asyncio.run(run()) == [Holding("a", "id-a")]


def test_a_receiver_that_does_not_answer_holds_nobody_knows_what(desk, keys):
    desk.answers.rmdir()

    async def run() -> None:
        async with peer(desk, keys) as courier:
            async for _ in courier.holdings(datetime.fromtimestamp(0, UTC), now()):
                pass

    with pytest.raises(ConnectionError, match="folder_refused"):
        asyncio.run(run())
