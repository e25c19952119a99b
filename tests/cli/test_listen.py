"""`temoin listen hl7` with real sockets, real TLS and programs that are none of ours."""

from __future__ import annotations

import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import hl7
import pytest
from handed_messages import changed
from hl7.client import MLLPClient
from joserfc.jwk import ECKey
from lines import LineClient, Listening, make_client, own_message
from mllp_client import END, START, exchange
from patience import PATIENCE, wait_until
from people import House, make_lot, make_patient, make_sampled, open_house
from ports import free_port

from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.programs import add_program
from temoin.pharmacies.scopes import Scope
from temoin.pharmacies.seat import Seat
from temoin.testing.models import Record
from temoin.testing.proposals import proposed_tests, sign_proposal
from temoin.testing.queries import read_test
from temoin_demo.postgresql.server import EmbeddedServer

Start = Callable[..., Listening]


@pytest.fixture
def house(transactional_db: None) -> House:  # noqa: ARG001
    return open_house()


@pytest.fixture
def client(house: House, tmp_path: Path) -> LineClient:
    return make_client(tmp_path / "program", house.owner)


@pytest.fixture
def start(embedded_server: EmbeddedServer, tmp_path: Path) -> Iterator[Start]:
    """Return what starts a listener that believes these programs' certificates."""
    started: list[Listening] = []

    def begin(*clients: LineClient, more: str = "", begins: bool = False) -> Listening:
        folder = tmp_path / f"listener-{len(started)}"
        started.append(Listening(embedded_server.folder, folder, list(clients), more, begins=begins))
        return started[-1]

    yield begin
    for one in started:
        one.end()


def stored(seat: Seat) -> int:
    with tenant_scope(seat.pharmacy_id):
        return Record.objects.count()


def frame(message: str, charset: str = "utf-8") -> bytes:
    return START + message.replace("\n", "\r").encode(charset) + END


def msa(answer: str) -> list[str]:
    """The code and the number of each message that an answer speaks of."""
    return ["|".join(line.split("|")[1:3]) for line in answer.split("\r") if line.startswith("MSA|")]


def test_a_program_by_another_hand_sends_a_result_that_a_pharmacist_signs(
    house: House, client: LineClient, start: Start
):
    listening, message = start(client, begins=True), own_message(house)

    with ssl_client(listening, client) as peer:
        answer = hl7.parse(peer.send_message(message.replace("\n", "\r")).strip(START + END).decode())

    assert [str(answer["MSA"][0][field]) for field in (1, 2)] == ["AA", "77"]
    (waiting,) = proposed_tests(by=house.owner).tests
    seen = {"record_id": waiting.opened.record_id, "seen_version": waiting.seen_version}
    assert sign_proposal(by=house.owner, **seen).patient.birth_family_name == "Doe"


def ssl_client(listening: Listening, client: LineClient) -> MLLPClient:
    """python-hl7's client, whose socket is put into TLS before it says anything."""
    peer = MLLPClient("127.0.0.1", listening.port)
    peer.socket.settimeout(PATIENCE)
    peer.socket = client.context(listening.certificate).wrap_socket(peer.socket, server_hostname="localhost")
    return peer


def test_a_message_in_latin_1_is_read_by_its_msh_18_and_sent_again_is_answered_the_same(
    house: House, client: LineClient, start: Start
):
    listening = start(client)
    message = changed(("|P|2.5.1\n", "|P|2.5.1||||||8859/1\n"), ("Doe^", "Doé^"), message=own_message(house))

    with listening.line(client) as line:
        first, again = (exchange(line, frame(message, "latin-1")) for _ in range(2))
        other = exchange(line, frame(message.replace("260373001^Detected", "260415000^Not detected"), "latin-1"))

    assert (msa(first), first) == (["AA|77"], again)
    assert (msa(other), "205" in other) == (["AR|77"], True)
    assert stored(house.owner) == 1


def test_a_batch_is_answered_by_a_batch(house: House, client: LineClient, start: Start):
    listening, message = start(client), own_message(house)
    bad = changed(("|77|", "|78|"), ("|19800229|", "|1980|"), message=message)
    batch = f"BHS|^~\\&|A|B|C|D|20261124||||9\n{message}{bad}BTS|2\n"

    with listening.line(client) as line:
        answer = exchange(line, frame(batch))
        cut = exchange(line, frame(batch.replace("BTS|2", "BTS|3")))

    assert (answer.startswith("BHS|"), answer.endswith("BTS|2\r"), msa(answer)) == (True, True, ["AA|77", "AE|78"])
    assert msa(cut) == ["AR|77", "AR|78"]


def test_who_shows_no_certificate_or_anothers_is_never_heard(house: House, client: LineClient, start: Start):
    stranger = make_client(client.key.parent / "unknown", house.stranger)
    listening = start(client)

    with pytest.raises((ssl.SSLError, ConnectionError)):
        heard(listening, stranger)
    with socket.create_connection(("127.0.0.1", listening.port), timeout=PATIENCE) as bare:
        bare.sendall(frame("MSH|^~\\&|"))
        assert b"MSA" not in bare.recv(1024)


def heard(listening: Listening, client: LineClient) -> None:
    with listening.line(client) as line:
        line.sendall(frame("MSH|^~\\&|"))
        if not line.recv(1):
            raise ConnectionResetError


def test_a_certificate_of_another_key_than_the_programs_is_turned_away(house: House, client: LineClient, start: Start):
    """The operator trusts the certificate, and it names the program; its key is not the one that the owner knows."""
    pharmacy, program = client.client_id.split(".")
    thief = make_client(client.key.parent / "thief", house.stranger, name=f"/O={pharmacy}/CN={program}")
    listening, message = start(client, thief), own_message(house)

    with listening.line(thief) as line:
        assert exchange(line, frame(message)) == ""
    assert stored(house.owner) == 0


def test_a_certificate_that_names_nobody_is_known_by_its_fingerprint(house: House, tmp_path: Path, start: Start):
    foreign = make_client(tmp_path / "foreign", house.owner, name="/C=FR/O=GIP/CN=analyseur.example")
    der = ssl.PEM_cert_to_DER_cert(foreign.certificate.read_text())
    listening = start(foreign, more=f'[hl7.programs]\n{sha256(der).hexdigest()} = "{foreign.client_id}"\n')

    with listening.line(foreign) as line:
        assert msa(exchange(line, frame(own_message(house)))) == ["AA|77"]


def test_a_program_without_the_scopes_is_told_in_its_answer(house: House, tmp_path: Path, start: Start):
    few = make_client(tmp_path / "few", house.owner, scopes=(Scope.RESULTS_PROPOSE,))
    listening = start(few)

    with listening.line(few) as line:
        assert msa(exchange(line, frame(own_message(house)))) == ["AR|77"]


def test_broken_frames_of_one_program_harm_no_message_of_another(
    house: House, client: LineClient, tmp_path: Path, start: Start
):
    other = make_client(tmp_path / "other", house.stranger)
    listening, message = start(client, other), own_message(house)

    with listening.line(other) as broken, listening.line(client) as good:
        broken.sendall(b"garbage without end" + START + b"half a message" + START)
        assert msa(exchange(good, b"\r\n" + frame(message))) == ["AA|77"]
        assert "MSA|AR" in exchange(broken, b"junk\x1c")
        assert msa(exchange(good, message.replace("\n", "\r").encode() + b"\x1c")) == ["AA|77"]
        with listening.line(other) as endless:
            endless.sendall(START + b"x" * 1_200_000)
            assert "MSA|AR" in exchange(endless, b"")
            assert endless.recv(1) == b""
        assert msa(exchange(good, frame(changed(("|77|", "|80|"), ("|F1|", "|F9|"), message=message)))) == ["AA|80"]


def test_two_programs_at_once_get_their_own_answers(house: House, client: LineClient, tmp_path: Path, start: Start):
    second = make_client(tmp_path / "second", house.owner)
    listening, message = start(client, second), own_message(house)

    def send(who: LineClient, first: int) -> list[str]:
        told = []
        with listening.line(who) as line:
            for number in range(first, first + 5):
                one = changed(("|77|", f"|{number}|"), ("|F1|", f"|F{number}|"), message=message)
                told += msa(exchange(line, frame(one)))
        return told

    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(send, (client, second), (100, 200)))

    assert answers[0] == [f"AA|{number}" for number in range(100, 105)]
    assert answers[1] == [f"AA|{number}" for number in range(200, 205)]
    assert stored(house.owner) == 10


def test_killed_at_any_moment_nothing_is_lost_and_nothing_is_double(house: House, client: LineClient, start: Start):
    listening, message = start(client), own_message(house)
    numbers = range(300, 306)
    for number in numbers:
        one = frame(changed(("|77|", f"|{number}|"), ("|F1|", f"|F{number}|"), message=message))
        with listening.line(client) as line:
            line.sendall(one[: len(one) if number % 2 else len(one) // 2])
            if number % 3:
                wait_until(lambda before=number - 300: stored(house.owner) >= before)
            listening.process.kill()
            listening.process.wait()
        listening.start()
        with listening.line(client) as line:
            assert msa(exchange(line, one)) == [f"AA|{number}"]

    assert stored(house.owner) == len(numbers)


def checked(number: int, text: bytes, end: bytes = b"\x03") -> bytes:
    """A frame as an analyser writes it."""
    counted = b"%d" % number + text + end
    return b"\x02" + counted + b"%02X\r\n" % (sum(counted) % 256)


def analysers(house: House, ports: list[int]) -> str:
    key = ECKey.generate_key("P-256").as_pem(private=False).decode()
    scopes = (Scope.RESULTS_PROPOSE, Scope.TESTS_READ)
    program_id = add_program(by=house.owner, name="Automate", public_key=key, scopes=scopes)
    own = 'host = "127.0.0.1"\nnetwork = "127.0.0.0/8"\nreason = "a test"\ncodes = { COV2 = "94558-4" }\n'
    named = f'program = "{house.owner.pharmacy_id}.{program_id}"\n{own}'
    return "".join(f"[astm.analysers.a{port}]\nport = {port}\n{named}" for port in ports)


def test_an_analyser_sends_again_what_was_cut_and_it_is_proposed_once(house: House, client: LineClient, start: Start):
    record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))
    number = read_test(by=house.owner, record_id=record_id).number.encode()
    ports = [free_port(), free_port()]
    listening = start(client, more=analysers(house, ports))
    head, rest = b"H|\\^&|||Nat\rP|1\rO|1|" + number + b"\r", b"R|1|^^^COV2|Negative|||||F\rL|1|N\r"
    frames = [checked(1, head, b"\x17"), checked(2, rest)]

    def line(port: int) -> socket.socket:
        return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)

    with line(ports[0]) as one, line(ports[1]) as other:
        other.sendall(b"\x05garbage\x02\x02\r\n")  # of another analyser, all the while
        assert said(one, b"\x05") == said(one, frames[0]) == b"\x06"
        listening.process.kill()
        listening.process.wait()
    listening.start()
    for _again in range(2):
        with line(ports[0]) as one:
            assert [said(one, part) for part in (b"\x05", *frames)] == [b"\x06"] * 3
            one.sendall(b"\x04")

    (waiting,) = proposed_tests(by=house.owner).tests
    assert waiting.opened.record_id == record_id


def said(line: socket.socket, part: bytes) -> bytes:
    line.sendall(part)
    return line.recv(1)


def test_told_to_stop_it_answers_what_it_took(house: House, client: LineClient, start: Start):
    listening, message = start(client), own_message(house)

    with listening.line(client) as line, listening.line(client) as idle:
        line.sendall(frame(message))
        wait_until(lambda: stored(house.owner) == 1)
        listening.process.send_signal(signal.SIGTERM)
        assert msa(exchange(line, b"")) == ["AA|77"]
        assert idle.recv(1) == b""
    assert listening.process.wait(timeout=PATIENCE) == 0
