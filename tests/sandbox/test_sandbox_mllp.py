"""The authority over MLLP, spoken to by a bare client: what it takes, what it refuses, and how it breaks."""

import socket

import pytest
from mllp_client import END, START, exchange, send
from patience import PATIENCE
from sandbox_server import running_sandbox

MESSAGE = r"""MSH|^~\&|LIS|LAB|||20261124120000+0100||ORU^R01^ORU_R01|K1|T|2.5.1|||||FRA|UNICODE UTF-8
SFT|Maker|1|Product|1
PID|1||42^^^LAB^PI||DOE^Zoë||19790328|F
ORC|RE||R1
OBR|1||R1|18725-2^Microbiology^LN|||20261124114100+0100|||||||||||||||20261124115900+0100|||F
OBX|1|CWE|94558-4^SARS-CoV-2 Ag^LN||10828004^Positive^SCT||||||F|||20261124114100+0100|||||20261124115800+0100
SPM|1|||258500001^Nasopharyngeal swab^SCT
""".replace("\n", "\r")


def changed(old: str, new: str) -> bytes:
    assert old in MESSAGE
    return MESSAGE.replace(old, new).encode()


def told(sandbox, message: bytes) -> list[str]:
    """MSA and ERR of the answer."""
    return send(sandbox.mllp_port, message).rstrip("\r").split("\r")[1:]


def counts(sandbox) -> dict[str, int]:
    return sandbox.stats["hl7"]


def test_a_message_is_kept_and_acknowledged(sandbox):
    assert told(sandbox, MESSAGE.encode()) == ["MSA|AA|K1"]

    (held,) = sandbox.get("/hl7.json").json
    assert (held["control_id"], held["order"], held["status"], held["copies"]) == ("K1", "R1", "F", 1)


def test_a_commit_answer_is_given_to_who_asks_for_one(sandbox):
    assert told(sandbox, changed("|2.5.1|||||FRA", "|2.5.1|||AL|NE|FRA")) == ["MSA|CA|K1"]


def test_the_same_message_again_is_acknowledged_and_kept_once(sandbox):
    for message in (MESSAGE.encode(), MESSAGE.encode(), changed("DOE", "ROE")):
        assert told(sandbox, message) == ["MSA|AA|K1"]

    (held,) = sandbox.get("/hl7.json").json
    assert (held["copies"], held["differing"]) == (3, 1)
    assert [counts(sandbox)[name] for name in ("received", "stored", "duplicates", "differing")] == [3, 1, 2, 1]


def test_nothing_kept_tells_who_it_is_about(sandbox):
    told(sandbox, MESSAGE.encode())

    assert "DOE" not in sandbox.get("/hl7.json").text


def test_one_connection_carries_many_messages(sandbox):
    with socket.create_connection(("127.0.0.1", sandbox.mllp_port), timeout=PATIENCE) as line:
        for key in ("K1", "K2", "K3"):
            assert f"MSA|AA|{key}" in exchange(line, START + changed("|K1|", f"|{key}|") + END)

    assert (counts(sandbox)["connections"], counts(sandbox)["stored"]) == (1, 3)


def test_the_senders_separators_are_read_and_used(sandbox):
    other = str.maketrans("|^~\\&", "#*!%@")

    assert told(sandbox, MESSAGE.translate(other).encode()) == ["MSA#AA#K1"]


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        ("ORU^R01^ORU_R01", "ORM^O01^ORM_O01", "MSA|AR|K1 MSH^1^9 200"),
        ("|T|2.5.1", "|X|2.5.1", "MSA|AR|K1 MSH^1^11 202"),
        ("|2.5.1|", "|2.6|", "MSA|AR|K1 MSH^1^12 203"),
        ("|K1|", "||", "MSA|AE| MSH^1^10 101"),
        ("UNICODE UTF-8", "8859/1", "MSA|AE|K1 MSH^1^18 103"),
        ("|20261124120000+0100", "|today", "MSA|AE|K1 MSH^1^7 102"),
        ("ORC|RE||R1\r", "", "MSA|AE|K1 MSH^1 100"),
        ("\rOBX|", "\ro1|", "MSA|AE|K1 MSH^1 100"),
        ("|42^^^LAB^PI", "|", "MSA|AE|K1 PID^1^3 101"),
        ("|42^^^LAB^PI", "|279035121518980^^^X^INS", "MSA|AE|K1 PID^1^3 102"),
        ("||DOE^Zoë|", "|||", "MSA|AE|K1 PID^1^5 101"),
        ("19790328|F", "|F", "MSA|AE|K1 PID^1^7 102"),
        ("19790328|F", "19790328|X", "MSA|AE|K1 PID^1^8 103"),
        ("OBR|1||R1", "OBR|1||", "MSA|AE|K1 OBR^1^3 101"),
        ("|20261124114100+0100|||||||||||||||20", "||||||||||||||||20", "MSA|AE|K1 OBR^1^7 102"),
        ("|||F\rOBX", "|||W\rOBX", "MSA|AE|K1 OBR^1^25 103"),
        ("|CWE|", "|ST|", "MSA|AE|K1 OBX^1^2 103"),
        ("94558-4", "94558-5", "MSA|AE|K1 OBX^1^3 103"),
        ("10828004", "10828005", "MSA|AE|K1 OBX^1^5 103"),
        ("||||||F|||", "||||||C|||", "MSA|AE|K1 OBX^1^11 103"),
        ("F|||20261124114100", "F|||20261124", "MSA|AE|K1 OBX^1^14 102"),
        ("258500001", "", "MSA|AE|K1 SPM^1^4 101"),
    ],
)
def test_a_message_that_is_not_right_is_refused_by_its_place(sandbox, old, new, answer):
    msa, err, *_ = told(sandbox, changed(old, new))

    fields = err.split("|")
    assert f"{msa} {fields[2]} {fields[3].split('^')[0]}" == answer
    assert counts(sandbox)["refused"] == 1
    assert counts(sandbox)["stored"] == 0


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"MSH|^~\\&", b"MSH|^^\\&|LIS|LAB|X\r", b"\xff", MESSAGE.encode()[:-1]]
)
def test_what_is_no_message_is_refused(sandbox, data):
    assert told(sandbox, data)[0] == "MSA|AE|"


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\x1c\r", b"\x1c\r", MESSAGE.encode() + END])
def test_what_is_no_frame_ends_the_connection(sandbox, data):
    assert send(sandbox.mllp_port, data, raw=True) == ""


def test_a_frame_without_end_is_cut_off(sandbox):
    with socket.create_connection(("127.0.0.1", sandbox.mllp_port), timeout=PATIENCE) as line:
        line.sendall(START + MESSAGE.encode())
        line.shutdown(socket.SHUT_WR)
        assert line.recv(10) == b""

    assert counts(sandbox)["received"] == 0


@pytest.mark.parametrize(
    ("fault", "answer", "stored"),
    [
        ({"down": "503"}, "MSA|AR|K1", 0),
        ({"down": "close"}, "", 0),
        ({"throttle": 1}, "MSA|AR|K1", 0),
        ({"reject": 1}, "MSA|AE|K1", 0),
        ({"error_after_store": 1}, "MSA|AR|K1", 1),
        ({"drop_answer": 1}, "", 1),
        ({"other_answer": 1}, "MSA|AA|not-K1", 1),
        ({"slow": 0.1}, "MSA|AA|K1", 1),
        ({"trickle": 0.0001}, "MSA|AA|K1", 1),
        ({"inner_error": 1}, "MSA|AA|K1", 0),
        ({"error_before_store": 1}, "MSA|AR|K1", 0),
    ],
)
def test_each_fault_shows_as_named(sandbox, fault, answer, stored):
    sandbox.set_faults(**fault)

    assert (told(sandbox, MESSAGE.encode()) or [""])[0] == answer

    assert counts(sandbox)["stored"] == stored
    assert sandbox.stats["fired"] == dict.fromkeys(fault, 1)


def test_half_an_answer_is_half_an_answer(sandbox):
    whole = send(sandbox.mllp_port, MESSAGE.encode())
    sandbox.set_faults(half_answer=1)

    half = send(sandbox.mllp_port, MESSAGE.encode())

    assert half
    assert len(half) < len(whole)
    assert "MSA" not in half


def test_an_answer_can_come_twice(sandbox):
    sandbox.set_faults(double_answer=1)
    with socket.create_connection(("127.0.0.1", sandbox.mllp_port), timeout=PATIENCE) as line:
        line.sendall(START + MESSAGE.encode() + END)
        got = b""
        while got.count(END) < 2:
            got += line.recv(65_536)

    first, second, _ = got.split(END)
    assert first == second


def test_an_open_connection_does_not_keep_the_sandbox_from_stopping():
    with running_sandbox() as sandbox:
        line = socket.create_connection(("127.0.0.1", sandbox.mllp_port), timeout=PATIENCE)
        assert "MSA|AA|K1" in exchange(line, START + MESSAGE.encode() + END)

    with line:
        assert line.recv(10) == b""
