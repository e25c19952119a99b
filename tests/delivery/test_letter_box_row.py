"""The letter box as the patients' site asks it: five tries, one event for each, and one answer for every refusal."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from dataclasses import dataclass

import orjson
import pytest
from people import House, make_lot, make_patient, make_signed, open_house

from temoin.crypto.letter import SECRET_BYTES, derive, draw_code, open_letter, stretch
from temoin.delivery.actions import seal_letter_for
from temoin.delivery.letter_box import TRIES, LetterAnswer, Tried, open_letter_box
from temoin.delivery.models import Letter
from temoin.journal.act import HouseActor
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.tenant import tenant_scope
from temoin.outbox.queue import claim_parcels
from temoin.testing.queries import report_for_courier
from temoin.testing.tickets import read_ticket


@dataclass
class Posted:
    """A letter on its way: what the patient holds."""

    house: House
    link: bytes
    code: str

    def open(self, code: str = "") -> Tried:
        keys = derive(self.link, stretch(code or self.code, self.link[SECRET_BYTES:]))
        return open_letter_box(keys.lookup, keys.auth)

    def row(self) -> Letter:
        with tenant_scope(self.house.here.id):
            return Letter.objects.get()

    def events(self, kind: EventKind) -> list[str]:
        with tenant_scope(self.house.here.id):
            return list(Event.objects.filter(kind=kind.value).values_list("origin", flat=True))


@pytest.fixture
def posted(as_role) -> Posted:
    """A signed result whose letter was made by the worker."""
    house = open_house()
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    code = read_ticket(by=house.owner, record_id=record_id)
    with as_role("temoin_worker"):
        (load,) = claim_parcels("email", 1)
        with tenant_scope(house.here.id):
            report = report_for_courier(by=HouseActor(house.here.id, "worker"), record_id=record_id, number=1)
            fragment = seal_letter_for(load=load, report=report)
    return Posted(house, urlsafe_b64decode(fragment + "="), code)


def test_link_and_code_together_open_the_letter(posted, as_role):
    with as_role("temoin_portal"):
        tried = posted.open()

    assert tried.answer is LetterAnswer.OPENED
    letter = orjson.loads(open_letter(posted.link, posted.code, tried.ciphertext))
    assert letter["findings"][0]["outcome"] == "negative"
    assert posted.row().opened_count == 1
    assert len(posted.code.replace("-", "")) == 11
    assert posted.events(EventKind.LETTER_OPENED) == ["portal"]


def test_a_wrong_code_costs_a_try_and_a_right_one_gives_them_back(posted, as_role):
    with as_role("temoin_portal"):
        assert posted.open(draw_code()) == Tried(LetterAnswer.WRONG, tries_left=TRIES - 1)
    assert posted.row().tries_left == TRIES - 1
    assert posted.events(EventKind.LETTER_REFUSED) == ["portal"]

    with as_role("temoin_portal"):
        assert posted.open().answer is LetterAnswer.OPENED
    assert posted.row().tries_left == TRIES


def test_after_five_wrong_codes_the_right_one_opens_nothing(posted, as_role):
    with as_role("temoin_portal"):
        answers = [posted.open(draw_code()).answer for _ in range(TRIES)]

        assert answers == [LetterAnswer.WRONG] * (TRIES - 1) + [LetterAnswer.LOCKED]
        assert posted.open() == Tried(LetterAnswer.LOCKED)
    assert posted.row().tries_left == 0
    assert len(posted.events(EventKind.LETTER_REFUSED)) == TRIES


def test_an_unknown_link_leaves_no_trace(posted, as_role):
    with as_role("temoin_portal"):
        assert open_letter_box(b"x" * 32, b"y" * 32) == Tried(LetterAnswer.NONE)

    assert posted.events(EventKind.LETTER_REFUSED) == []
    assert posted.row().tries_left == TRIES
