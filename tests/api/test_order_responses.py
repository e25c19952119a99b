"""What is answered to an order whose sender asks for more than an ACK: ORR^O02, ORL^O22."""

from __future__ import annotations

import pytest
from handed_messages import changed, order_message, own_message
from people import House, make_lot
from test_hl7_orders import practice, send, states

from temoin.formats.hl7v2.syntax import read_message
from temoin.lib.clock import now
from temoin.testing.lists import list_tests

__all__ = ["practice"]
ORM, OML = "ORM^O01", "OML^O21^OML_O21"


def asking(number: str, asked: str = "AL", *changes: tuple[str, str], control: str = "NW", kind: str = ORM) -> str:
    """Return an order whose MSH-16 asks for its response."""
    message = order_message(number, control=control, kind=kind)
    return changed(("|P|2.5", f"|P|2.5||||{asked}"), *changes, message=message)


def lines(content: bytes) -> list[list[str]]:
    return [line.split("|") for line in content.decode().rstrip("\r").split("\r")]


def kinds(content: bytes) -> list[str]:
    return [line[0] for line in lines(content)]


def fields(content: bytes, name: str) -> list[str]:
    return next(line for line in lines(content) if line[0] == name)


@pytest.mark.parametrize(("kind", "told"), [(ORM, "ORR^O02^ORR_O02"), (OML, "ORL^O22^ORL_O22")])
def test_an_order_is_answered_by_its_response_with_our_number_of_its_test(
    house: House, practice: str, kind: str, told: str
):
    answer = send(asking("C-1", kind=kind), practice).content

    (row,) = list_tests(by=house.owner).under_way
    assert fields(answer, "MSH")[8] == told
    assert fields(answer, "MSA")[1:3] == ["AA", "C-1-NW"]
    assert kinds(answer)[-2:] == ["PID", "ORC"]
    assert fields(answer, "ORC") == ["ORC", "OK", "C-1", f"{row.id}^TEMOIN", "", "SC"]
    assert fields(answer, "PID") == ["PID", "1", "", "42^^^MSS^MR", "", "MARTIN^Lou^^^^^L"]
    assert read_message(answer).one("PID").text(5) == "MARTIN"


def test_a_response_that_comes_again_is_the_same_and_another_message_is_told_how_the_test_stands(
    house: House, practice: str
):
    first, again = (send(asking("C-1"), practice).content for _ in range(2))
    waits = send(asking("C-1", "AL", ("|C-1-NW|", "|later|")), practice).content
    taken_back = send(asking("C-1", control="CA"), practice).content
    late = send(asking("C-1", "AL", ("|C-1-NW|", "|old|")), practice).content

    assert first == again
    assert [fields(one, "ORC")[1::4] for one in (first, waits, taken_back, late)] == [
        *(["OK", "SC"], ["OK", "SC"], ["CR", "CA"], ["OK", "CA"]),
    ]
    assert states(house) == ["abandoned"]


@pytest.mark.parametrize(
    ("asked", "taken", "refused"),
    [
        ("AL", "ORR", "ORR"),
        ("SU", "ORR", "ACK"),
        ("ER", "ACK", "ORR"),
        ("NE", "ACK", "ACK"),
        ("", "ACK", "ACK"),
        ("XX", "ACK", "ACK"),
    ],
)
def test_it_is_a_response_where_one_is_asked_for(practice: str, asked: str, taken: str, refused: str):
    good = send(asking("C-1", asked), practice).content
    bad = send(asking("C-2", asked, ("covid19-ag", "unknown")), practice).content

    assert fields(good, "MSH")[8].startswith(taken)
    assert fields(bad, "MSH")[8].startswith(refused)
    assert (fields(bad, "MSA")[1], kinds(bad)) == ("AE", ["MSH", "MSA", "ERR"])
    assert ("ORC" in kinds(good)) == (taken == "ORR")


@pytest.mark.parametrize(("kind", "told"), [(ORM, ["MSH", "MSA", "ORC"]), (OML, ["MSH", "MSA"])])
def test_an_order_taken_back_by_its_number_alone_names_nobody(practice: str, kind: str, told: list[str]):
    send(order_message("C-1"), practice)
    nobody = ("PID|1||42^^^MSS^MR||MARTIN^Lou^^^^^L||19800229|F\n", "")

    answer = send(asking("C-1", "AL", nobody, control="CA", kind=kind), practice).content

    assert (fields(answer, "MSA")[1], [one for one in kinds(answer) if one != "ERR"]) == ("AA", told)


def test_what_the_sender_wrote_is_told_again_as_it_was_written(practice: str):
    answer = send(asking("C-1", "AL", ("MARTIN^Lou", r"D\T\ARC^Lou")), practice).content

    assert fields(answer, "PID")[5] == r"D\T\ARC^Lou^^^^^L"


def test_a_result_is_answered_by_an_ack_whatever_it_asks_for(house: House, practice: str):
    make_lot(house.owner)
    message = changed(("|P|2.5.1", "|P|2.5.1||||AL"), message=own_message(house.here.finess, now()))

    assert fields(send(message, practice).content, "MSH")[8] == "ACK^R01^ACK"
