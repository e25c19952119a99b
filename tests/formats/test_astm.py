"""An analyser's line and its records: in any pieces the same, nothing answered before it is taken, no crash."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temoin.formats.handed.astm import AstmError, astm_records, told_by_analyser
from temoin.formats.handed.astm_frames import ACK, ENQ, EOT, NAK, AstmReceiver
from temoin.lib.sample_number import all_numbers

CODES = {"HbA1c": "4548-4", "COV2": "94500-6"}
NUMBER = all_numbers()[0]
MESSAGE = (
    "H|\\^&|||Afinion 2 Analyzer^^AF20052397|||||||P|1|20241206141235\r"
    f"P|1||{NUMBER}|||||U\rO|1||5|^^^COV2|||||||N||||^O||||||||^10228413||F\r"
    "R|1|^^^COV2|Negative|||||F||3643||20241206140615\rL|1|N\r"
)
# No record holds the signs of the line: E1381 forbids them.
RECORDS = st.lists(
    st.text(st.characters(codec="ascii", exclude_characters="\r\n\x02\x03\x04\x05\x17"), max_size=30).map(
        lambda one: f"R|{one}"
    ),
    max_size=12,
)


def checked(number: int, text: bytes, end: bytes) -> bytes:
    """A frame as a sender writes it."""
    counted = b"%d" % (number % 8) + text + end
    return b"\x02" + counted + b"%02X" % (sum(counted) % 256) + b"\r\n"


def frames(message: bytes, size: int) -> Iterator[bytes]:
    parts = [message[start : start + size] for start in range(0, len(message), size)]
    for number, part in enumerate(parts, start=1):
        yield checked(number, part, b"\x03" if number == len(parts) else b"\x17")


def said(receiver: AstmReceiver, data: bytes, *, is_taken: bool = True) -> tuple[bytes, list[bytes]]:
    """What is answered to bytes, and the messages that were taken of them."""
    answers, messages = b"", []
    for content, is_message in receiver.came(data):
        messages += [content] if is_message else []
        answers += receiver.answer(is_taken=is_taken) if is_message else content
    return answers, messages


@pytest.mark.parametrize(
    ("said", "place", "code"),
    [
        ("|Negative\\Positive|||||F|", "R-4", "several_values"),
        ("|Negative|||POS||F|", "R-7", "values_differ"),
        ("|Negative|||||F\\P|", "R-9", "several_values"),
    ],
)
def test_a_result_that_says_two_things_is_refused(said: str, place: str, code: str):
    (told,) = told_by_analyser(MESSAGE.replace("|Negative|||||F|", said).encode(), CODES)

    assert told.problems == [(place, code)]


@given(RECORDS, st.integers(1, 240), st.integers(1, 50))
def test_whatever_its_frames_and_pieces_a_message_comes_whole(records: list[str], size: int, piece: int):
    message = "\r".join(["H|\\^&", *records, "L|1|N", ""]).encode()
    data = ENQ + b"".join(frames(message, size)) + EOT
    receiver, came, answers = AstmReceiver(), [], b""

    for start in range(0, len(data), piece):
        told, messages = said(receiver, data[start : start + piece])
        answers, came = answers + told, came + messages

    assert (came, set(answers)) == ([message], {ACK[0]})
    assert not receiver.is_begun


@given(st.integers(0, 400), st.integers(1, 255))
def test_a_frame_of_which_a_byte_changed_is_asked_for_again(place: int, change: int):
    (frame,) = frames(MESSAGE.encode(), 1000)
    place = 1 + place % (len(frame) - 3)
    spoilt = frame[:place] + bytes([frame[place] ^ change]) + frame[place + 1 :]
    receiver = AstmReceiver()
    said(receiver, ENQ)

    answers, came = said(receiver, spoilt)

    assert came == [] or frame[place : place + 1].lower() == spoilt[place : place + 1].lower()
    assert ACK not in answers or came


@given(st.lists(st.binary(max_size=40) | st.sampled_from([ENQ, EOT, b"\x021H\x03", b"\r\n", b"\x02"]), max_size=30))
def test_nothing_that_comes_is_a_crash(pieces: list[bytes]):
    receiver = AstmReceiver()
    for piece in pieces:
        said(receiver, piece, is_taken=False)


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: b"H|\\^&\r" + text.encode() + b"\rL|1"))
def test_records_are_read_or_refused(content: bytes):
    try:
        told_by_analyser(content, CODES)
    except AstmError:
        return


def test_what_is_not_taken_is_refused_and_taken_when_it_comes_again():
    receiver, (frame,) = AstmReceiver(), frames(MESSAGE.encode(), 1000)
    said(receiver, ENQ)

    assert said(receiver, frame, is_taken=False) == (NAK, [MESSAGE.encode()])
    assert said(receiver, frame) == (ACK, [MESSAGE.encode()])
    assert said(receiver, frame) == (ACK, [])  # our answer was lost


def test_what_was_cut_before_its_terminator_is_nothing():
    receiver = AstmReceiver()
    first, *_rest = frames(MESSAGE.encode(), 50)

    assert said(receiver, ENQ + first + EOT) == (ACK + ACK, [])
    assert said(receiver, b"noise\x02" + first) == (b"", [])
    assert said(receiver, ENQ + ENQ + first) == (ACK * 3, [])
    assert said(receiver, checked(5, b"x", b"\x17")) == (NAK, [])


@pytest.mark.parametrize(
    ("again", "answers"),
    [
        (b"", b""),
        (ENQ, NAK),  # it waits, and asks again: then it is let in
        (EOT, b""),
        (EOT + ENQ, ACK),
    ],
)
@pytest.mark.parametrize("place", range(1, 12, 5))
def test_who_stopped_in_the_midst_of_a_frame_begins_again(place: int, again: bytes, answers: bytes):
    receiver, (frame,) = AstmReceiver(), frames(MESSAGE.encode(), 1000)
    said(receiver, ENQ + frame[:place])

    told = b"".join(said(receiver, again[at : at + 1])[0] for at in range(len(again)))

    opened = b"" if again in {b"", EOT + ENQ} else said(receiver, ENQ)[0]
    assert (told, opened) == (answers, ACK if opened else b"")
    assert said(receiver, frame) == (ACK, [MESSAGE.encode()])


@pytest.mark.parametrize("sign", [ENQ, EOT, b"\x02"])
@pytest.mark.parametrize("place", [2, 60, -8])
def test_a_byte_that_turned_into_a_sign_is_never_taken_for_an_acknowledged_frame(sign: bytes, place: int):
    receiver, (frame,) = AstmReceiver(), frames(MESSAGE.encode(), 1000)
    said(receiver, ENQ)

    answers, came = said(receiver, frame[:place] + sign + frame[place:][1:])

    assert (came, ACK in answers) == ([], False)
    assert said(receiver, ENQ + frame) == (ACK + ACK, [MESSAGE.encode()])


def test_a_message_whose_frames_were_acknowledged_and_that_never_ended_is_counted():
    receiver, (first, *rest) = AstmReceiver(), frames(MESSAGE.encode(), 50)

    for end in (EOT, ENQ):
        said(receiver, ENQ + first + end)
    assert receiver.dropped == 2
    said(receiver, EOT + ENQ + first + b"".join(rest) + EOT)
    said(receiver, ENQ + first + b"".join(rest) + EOT, is_taken=False)  # it was told
    assert receiver.dropped == 2


@pytest.mark.parametrize("end", ["\r", ""])
def test_a_record_to_a_frame_is_a_record_whether_its_end_is_said_or_not(end: str):
    lines = MESSAGE.rstrip("\r").split("\r")
    sent = b"".join(checked(number, (line + end).encode(), b"\x03") for number, line in enumerate(lines, start=1))

    _answers, (came,) = said(AstmReceiver(), ENQ + sent)

    assert told_by_analyser(came, CODES)[0].cells == told_by_analyser(MESSAGE.encode(), CODES)[0].cells


def test_what_begins_like_a_record_and_is_none_is_refused():
    with pytest.raises(AstmError):
        astm_records(MESSAGE.replace("L|1|N", "Positive|||||F\rL|1|N").encode())


@pytest.mark.parametrize("noise", [b"x", EOT, b"\x02"])
def test_noise_costs_no_more_than_its_length(noise: bytes):
    receiver, began = AstmReceiver(), perf_counter()

    assert said(receiver, noise * 1_000_000 + ENQ) == (ACK, [])
    if noise == b"\x02":
        assert said(receiver, noise * 1_000_000 + ENQ) == (NAK, [])  # in a transfer too
    assert perf_counter() - began < 20  # a minute and more, where each byte moves all that follow


@pytest.mark.parametrize("endless", [b"\x021" + b"x" * 70_000, None, b"tiny"])
def test_no_frame_and_no_message_is_endless(endless: bytes | None):
    receiver = AstmReceiver()
    said(receiver, ENQ)
    large = b"".join(checked(n, b"x" * 60_000, b"\x17") for n in range(1, 20))
    tiny = b"".join(checked(n, b"x", b"\x03") for n in range(1, 5_010))
    with pytest.raises(ValueError, match="too long"):
        said(receiver, {None: large, b"tiny": tiny}.get(endless, endless))


def test_the_analyser_of_the_shared_example_is_read():
    (told,) = told_by_analyser(MESSAGE.encode(), CODES)

    assert told.cells == {
        "accession_number": NUMBER,
        "test_performed_code": "94500-6",
        "test_result": "Negative",
        "test_result_status": "F",
        "test_result_date": "20241206140615",
    }
    assert told.places["accession_number"] == "P-4"


@pytest.mark.parametrize(
    ("change", "problems"),
    [
        (("|P|1|2024", "|T|1|2024"), [("H-12", "not_production")]),
        (("O|1||5", f"O|1|{all_numbers()[7]}|5"), [("O-3", "several_samples")]),
        (("COV2", "unknown"), []),
    ],
)
def test_what_is_wrong_is_told_by_its_place(change: tuple[str, str], problems: list[tuple[str, str]]):
    (told,) = told_by_analyser(MESSAGE.replace(*change).encode(), CODES)

    assert told.problems == problems


@pytest.mark.parametrize(
    "content", [b"", b"P|1", b"H|||", b"H|\\^&\rR|1", b"H|\\^&\r1|1\rL|1", b"H|\\^&\r" * 2001 + b"L|1"]
)
def test_what_is_no_message_is_refused(content: bytes):
    with pytest.raises(AstmError):
        astm_records(content)


def test_escapes_and_other_signs_and_latin_1_are_read():
    head, _patient, last = astm_records(b"H!\\^&!!!M\xe9t&F&re&S&x\rP!1!!7\rL!1")

    assert (head.text(5), last.name) == ("Mét!re^x", "L")
