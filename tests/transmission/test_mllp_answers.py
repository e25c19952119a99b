"""What a receiver may answer, or be, that the sandbox never is: none of it is taken for more than it says."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from certificates import Identity, make_identity
from hypothesis import given
from hypothesis import strategies as st
from strategies import examples

from temoin.outbox.courier import Answer, Consignment, Verdict
from temoin.transmission.channels.mllp import lines as mllp_lines
from temoin.transmission.channels.mllp.courier import MllpCourier
from temoin.transmission.channels.mllp.settings import MessageProfile, MllpSettings
from temoin.transmission.rules.loading import load_rule_sets

KEY = "11111111-2222-4333-8444-555555555555"
PARCEL = Consignment(key=KEY, body=b"MSH|^~\\&|A\r")
RULES = load_rule_sets()["demonstration"]
RECEIVER = MllpSettings(host="127.0.0.1", port=1, enabled=True, profile=MessageProfile.ELR, tls=False, rules=RULES)


def answer(code: str, *errors: str, key: str = KEY) -> bytes:
    lines = ["MSH|^~\\&|R|R|S|S|20261124||ACK^R01^ACK|A1|P|2.5.1", f"MSA|{code}|{key}", *errors, ""]
    return framed("\r".join(lines).encode())


def framed(message: bytes) -> bytes:
    return b"\x0b" + message + b"\x1c\r"


@dataclass
class Scripted:
    """A receiver that says what it is told to, one answer per message, and counts connections and messages."""

    answers: list[bytes]
    stays: bool = True
    context: ssl.SSLContext | None = None
    connections: int = 0
    got: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while self.answers:
                self.got.append(await reader.readuntil(b"\x1c\r"))
                writer.write(self.answers.pop(0))
                await writer.drain()
                if not self.stays:
                    break
            if self.stays:
                await reader.read()
        except (OSError, EOFError):
            pass
        writer.close()

    @asynccontextmanager
    async def listening(self, receiver: MllpSettings = RECEIVER) -> AsyncIterator[MllpCourier]:
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=self.context)
        courier = MllpCourier(replace(receiver, port=server.sockets[0].getsockname()[1]), demo=True)
        try:
            yield courier
        finally:
            await courier.close()
            server.close()
            await asyncio.sleep(0.01)  # lets the other side see the end of its connections


def carry(receiver: Scripted, *, times: int = 1, known: MllpSettings = RECEIVER) -> list[Answer]:
    async def live() -> list[Answer]:
        async with receiver.listening(known) as courier:
            return [await courier.carry(PARCEL) for _ in range(times)]

    return asyncio.run(live())


def told(answers: list[Answer]) -> list[tuple[Verdict, str]]:
    return [(each.verdict, each.code) for each in answers]


@pytest.mark.parametrize(
    ("said", "verdict", "code"),
    [
        (answer("AA"), Verdict.ACCEPTED, "acknowledged"),
        (answer("CA"), Verdict.ACCEPTED, "acknowledged"),
        (answer("AE", "ERR||PID^1^5|101|E"), Verdict.REFUSED, "hl7_ae"),
        (answer("CE"), Verdict.REFUSED, "hl7_ce"),
        (framed(answer("CA")[1:-2] + answer("AE", "ERR||PID^1^5|101|E")[1:-2]), Verdict.REFUSED, "hl7_ae"),
        (answer("AR", "ERR||MSH^1^9|103|E"), Verdict.REFUSED, "hl7_ar"),
        (answer("AR", "ERR||MSH^1^12|203|E"), Verdict.POSTPONED, "not_agreed"),
        (answer("AE", "ERR|||207^Application internal error^HL70357|E|||not wanted"), Verdict.POSTPONED, "hl7_ae"),
        (answer("CR"), Verdict.REFUSED, "hl7_cr"),
        (answer("AR", "ERR|||207|E"), Verdict.POSTPONED, "hl7_ar"),
        (answer("AA", key="another"), Verdict.DOUBTFUL, "answer_for_another_key"),
        (answer("AE", key="another"), Verdict.DOUBTFUL, "answer_for_another_key"),
        (answer("AA", "ERR||PID^1^5|101|E"), Verdict.DOUBTFUL, "contradictory_acknowledgement"),
        (answer("AA", "ERR|^^^0&Message accepted"), Verdict.ACCEPTED, "acknowledged"),
        (answer("AA", key=f"{KEY} "), Verdict.ACCEPTED, "acknowledged"),
        (answer("AA", key=KEY[:20]), Verdict.ACCEPTED, "acknowledged"),
        (answer("AA", key=KEY[:19]), Verdict.DOUBTFUL, "answer_for_another_key"),
        (answer("aa", key=KEY.upper()), Verdict.ACCEPTED, "acknowledged"),
        (answer("AA").replace(b"|R|R|", b"|R|March\xe9|"), Verdict.ACCEPTED, "acknowledged"),
        (answer("AA").removesuffix(b"\r"), Verdict.ACCEPTED, "acknowledged"),
        (answer("AA").removeprefix(b"\x0b"), Verdict.ACCEPTED, "acknowledged"),
        (b"\x0b\x06\x1c\r" + answer("AA"), Verdict.ACCEPTED, "acknowledged"),
        (b"welcome\r\n" + answer("AA"), Verdict.ACCEPTED, "acknowledged"),
        (answer("OK"), Verdict.DOUBTFUL, "unreadable_acknowledgement"),
        (framed(b""), Verdict.DOUBTFUL, "no_acknowledgement"),
        (framed(b"\xff\xfe"), Verdict.DOUBTFUL, "unreadable_acknowledgement"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Verdict.DOUBTFUL, "unreadable_acknowledgement"),
        (b"\x06", Verdict.DOUBTFUL, "unreadable_acknowledgement"),
        (b"\x0b" + b"x" * 200_000, Verdict.DOUBTFUL, "unreadable_acknowledgement"),
        (framed(b"") * 60_000, Verdict.DOUBTFUL, "unreadable_acknowledgement"),
    ],
)
def test_only_a_positive_answer_to_our_own_message_is_an_acknowledgement(said, verdict, code, monkeypatch):
    monkeypatch.setattr(mllp_lines, "ANSWER", 1.0)

    assert told(carry(Scripted([said]))) == [(verdict, code)]


@pytest.mark.parametrize("said", [b"", b"\x0b", answer("AA")[:20], answer("AA")[:-2]])
def test_an_answer_that_stops_early_is_a_doubt(said):
    assert told(carry(Scripted([said], stays=False))) == [(Verdict.DOUBTFUL, "no_acknowledgement")]


@examples(40)
@given(st.binary(max_size=60))
def test_nothing_but_an_acknowledgement_settles(said):
    (read,) = carry(Scripted([framed(said)], stays=False))

    assert read.verdict is Verdict.DOUBTFUL


def test_the_reasons_of_a_refusal_are_kept():
    (refused,) = carry(Scripted([answer("AE", "ERR||PID^1^5|101|E||||Name")]))

    assert refused.detail == "PID-1-5 101 Name"


def test_one_connection_is_used_again():
    receiver = Scripted([answer("AA") + b"\n", answer("AA") + b"\r\n", answer("AA")[:-1], answer("AA")])

    answers = carry(receiver, times=4)

    assert [each.verdict for each in answers] == [Verdict.ACCEPTED] * 4
    assert receiver.connections == 1


def test_a_second_answer_to_a_message_is_not_taken_for_that_of_the_next(caplog):
    others = [f"{number}{KEY[1:]}" for number in range(3)]
    said = [answer("CA", key=key) + answer(code, key=key) for key, code in zip(others, ("AA", "AE", "AA"), strict=True)]

    async def live() -> list[Answer]:
        async with Scripted(said).listening() as courier:
            return [await courier.carry(Consignment(key=key, body=PARCEL.body)) for key in others]

    assert told(asyncio.run(live())) == [(Verdict.ACCEPTED, "acknowledged")] * 3
    assert caplog.messages == [f"parcel {others[1]}: the receiver answered AE after it had taken it"]


def test_after_a_doubt_the_same_message_goes_out_on_a_new_connection():
    receiver = Scripted([answer("AA", key="another"), answer("AA")])

    answers = carry(receiver, times=2)

    assert [each.verdict for each in answers] == [Verdict.DOUBTFUL, Verdict.ACCEPTED]
    assert receiver.connections == 2
    assert receiver.got == [framed(PARCEL.body)] * 2


@pytest.mark.parametrize("idle", [60.0, 0.0])
def test_a_connection_that_ended_or_was_long_silent_is_not_used_again(idle, monkeypatch):
    monkeypatch.setattr(mllp_lines, "IDLE", idle)
    receiver = Scripted([answer("AA"), answer("AA")], stays=idle == 0.0)

    async def live() -> list[Answer]:
        async with receiver.listening() as courier:
            first = await courier.carry(PARCEL)
            await asyncio.sleep(0.05)
            return [first, await courier.carry(PARCEL)]

    assert [each.verdict for each in asyncio.run(live())] == [Verdict.ACCEPTED] * 2
    assert receiver.connections == 2


def test_who_waits_too_long_for_a_connection_has_sent_nothing(monkeypatch):
    monkeypatch.setattr(mllp_lines, "CONNECTIONS", 1)
    monkeypatch.setattr(mllp_lines, "TURN", 0.05)
    monkeypatch.setattr(mllp_lines, "ANSWER", 0.3)
    receiver = Scripted([b""])

    async def live() -> list[Answer]:
        async with receiver.listening() as courier:
            return list(await asyncio.gather(courier.carry(PARCEL), courier.carry(PARCEL)))

    answers = asyncio.run(live())

    assert told(answers) == [(Verdict.DOUBTFUL, "no_acknowledgement"), (Verdict.POSTPONED, "busy")]
    assert len(receiver.got) == 1


def test_the_receiver_is_never_asked_what_it_holds():
    assert asyncio.run(MllpCourier(RECEIVER, demo=True).enquire(PARCEL)).verdict is Verdict.UNKNOWN


def test_all_waits_together_are_shorter_than_the_lease():
    waits = mllp_lines.TURN + mllp_lines.CONNECT + mllp_lines.ANSWER + (mllp_lines.CONNECTIONS + 1) * mllp_lines.GOODBYE

    assert timedelta(seconds=waits) < timedelta(seconds=25)


# Certificates.


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return make_identity(tmp_path_factory.mktemp("theirs"), "receiver")


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return make_identity(tmp_path_factory.mktemp("ours"), "sender")


@pytest.fixture
def known(theirs: Identity) -> MllpSettings:
    return replace(RECEIVER, tls=True, authorities=theirs.certificate)


def test_an_encrypted_line_to_the_pinned_receiver_carries(theirs, known):
    receiver = Scripted([answer("AA")], context=theirs.server())

    assert told(carry(receiver, known=replace(known, pin=theirs.pin))) == [(Verdict.ACCEPTED, "acknowledged")]


Change = Callable[[MllpSettings], MllpSettings]


@pytest.mark.parametrize(
    "change",
    [
        lambda known: replace(known, authorities=None),
        lambda known: replace(known, authorities=Path(__file__)),
        lambda known: replace(known, pin="0" * 64),
        lambda known: replace(known, host="localhost"),
    ],
    ids=["signed by nobody we trust", "nobody to trust", "not the pinned one", "another name"],
)
def test_a_receiver_that_is_not_the_right_one_gets_nothing(theirs, known, change: Change):
    receiver = Scripted([answer("AA")], context=theirs.server())

    assert told(carry(receiver, known=change(known))) == [(Verdict.POSTPONED, "certificate_refused")]
    assert receiver.got == []


def test_a_receiver_that_asks_who_we_are_is_shown_our_certificate(theirs, ours, known):
    receiver = Scripted([answer("AA")], context=theirs.server(clients=ours.certificate))
    named = replace(known, certificate=ours.certificate, key=ours.key)

    assert told(carry(receiver, known=named)) == [(Verdict.ACCEPTED, "acknowledged")]


def test_a_receiver_that_asks_in_vain_who_we_are_leaves_no_doubtful_receipt(theirs, ours, known):
    receiver = Scripted([answer("AA")], context=theirs.server(clients=ours.certificate))

    ((verdict, _),) = told(carry(receiver, known=known))

    assert verdict in {Verdict.DOUBTFUL, Verdict.POSTPONED}  # TLS 1.3 tells it after the first bytes
    assert receiver.got == []


def test_a_receiver_that_speaks_no_tls_gets_nothing(known):
    receiver = Scripted([answer("AA")])

    assert told(carry(receiver, known=known))[0][0] is Verdict.POSTPONED
    assert receiver.got == []


def test_a_receiver_that_never_accepts_means_nothing_was_sent(monkeypatch, known):
    monkeypatch.setattr(mllp_lines, "CONNECT", 0.2)

    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.4)
        writer.close()

    assert told([asyncio.run(_carry_to(silent, known))]) == [(Verdict.POSTPONED, "unreachable")]


async def _carry_to(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], known: MllpSettings
) -> Answer:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    courier = MllpCourier(replace(known, port=server.sockets[0].getsockname()[1]), demo=True)
    try:
        return await courier.carry(PARCEL)
    finally:
        server.close()
        await asyncio.sleep(0.5)
