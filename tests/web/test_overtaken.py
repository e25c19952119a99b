"""Whoever was second finds the sentences that they had typed on the page where it stands now, and nobody else does."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from orphaned import leave_orphan
from people import House, make_lot, make_patient, make_sampled, make_signed, open_house, sign_in

from temoin.lib.zones import HOUSE, today_in
from temoin.retention.cases import due_cases

pytestmark = pytest.mark.django_db
WEB = Path(__file__).parents[2] / "src" / "temoin" / "web"
MINE, THEIRS = "Ma longue phrase\n<i>à garder</i>", "Plus court"
SHOWN = "Ma longue phrase<br>&lt;i&gt;à garder&lt;/i&gt;"
RESULT = {"outcome-sars-cov-2": "positive", "version": "1"}
IN_ITS_FIELD = {"asked", "word", "people", "public_key", "long"}  # the page keeps the form, or is a gallery's


def a_signed(house: House) -> UUID:
    return make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))


def a_sampled(house: House) -> UUID:
    return make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))


def an_orphan(house: House) -> UUID:
    return leave_orphan(house.owner)


def a_request(house: House) -> UUID:
    form = {"kind": "access", "asked": "Une copie", "received_on": today_in(HOUSE).isoformat()}
    sign_in(Client(), house.owner).post(reverse("patient_rights", args=[make_patient(house.owner)]), form)
    return due_cases(by=house.owner)[0].id


Step = tuple[str, dict[str, str], str]  # an act, the rest of its form, the field of the sentence
ANSWER: Step = ("answer_case", {"granted": "grant"}, "answer")
CANCEL: Step = ("cancel", {"version": "1"}, "reason")
ASIDE: Step = ("set_aside_orphan", {}, "reason")
RACES: list[tuple[Callable[[House], UUID], Step, Step]] = [
    (a_signed, ("correct", RESULT, "reason"), ("correct", RESULT, "reason")),
    (a_signed, CANCEL, ("correct", RESULT, "reason")),
    (a_signed, CANCEL, ("correct", {**RESULT, "reason": "essai"}, "comment")),
    (a_signed, ("correct", RESULT, "reason"), CANCEL),
    (a_signed, CANCEL, CANCEL),
    (
        a_sampled,
        ("sign", {"outcome-sars-cov-2": "negative", "reviewed": "yes"}, "comment"),
        ("sign", {"outcome-sars-cov-2": "positive", "reviewed": "yes"}, "comment"),
    ),
    (a_request, ANSWER, ANSWER),
    (a_request, ANSWER, ("answer_case", {"granted": ""}, "answer")),
    (a_request, ANSWER, ("extend_case", {}, "why_later")),
    (a_request, ("extend_case", {}, "why_later"), ("extend_case", {}, "why_later")),
    (an_orphan, ASIDE, ASIDE),
    (an_orphan, ASIDE, ("tie_orphan", {"test": str(UUID(int=1))}, "comment")),
]


def post(client: Client, place: UUID, step: Step, words: str) -> str:
    act, form, field = step
    answer = client.post(reverse(act, args=[place]), {**form, field: words})
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


@pytest.mark.parametrize(("make", "first", "second"), RACES, ids=lambda one: one[0] if isinstance(one, tuple) else "")
def test_what_the_second_had_typed_is_there_to_be_copied(make: Callable[[House], UUID], first: Step, second: Step):
    house = open_house()
    place, owner, other = make(house), sign_in(Client(), house.owner), sign_in(Client(), house.owner)
    post(other, place, first, THEIRS)

    page = post(owner, place, second, MINE)

    assert SHOWN in owner.get(page).content.decode()
    assert SHOWN in owner.get(page).content.decode()  # after a reload as well
    assert SHOWN not in owner.get(reverse("home")).content.decode()
    assert SHOWN not in other.get(page).content.decode()


def test_every_sentence_that_a_page_asks_for_has_its_race():
    asked = {
        node.args[0].value
        for path in WEB.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and any(isinstance(one, ast.Constant) and one.value == "textarea" for one in _values(node))
        and isinstance(node.args[0], ast.Constant)
    }

    assert {"reason", "answer"} <= asked
    assert asked - IN_ITS_FIELD == {second[2] for _make, _first, second in RACES}


def _values(node: ast.Call) -> list[ast.expr]:
    return [*node.args, *(each.value for each in node.keywords)]
