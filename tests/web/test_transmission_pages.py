"""The work list of transmissions, a sending's history and the statement, as the people of a pharmacy meet them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from page_tree import texts, tree
from people import House, make_lot, make_patient, make_signed, seen_parcel

from temoin.journal.restored import RestoreLoss
from temoin.lib.clock import now, shifted_by
from temoin.lib.commit import Commit
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.outbox.courier import Answer, Verdict
from temoin.outbox.kept import pack
from temoin.outbox.models import Attempt, Sides
from temoin.outbox.queue import claim_parcels
from temoin.outbox.repetition import TIMES
from temoin.outbox.settling import settle_parcels
from temoin.outbox.states import ParcelState
from temoin.oversight.restores import RestoreReport, tell_pharmacy
from temoin.oversight.work_list import read_sending
from temoin.pharmacies.operator import Operator
from temoin.testing.queries import read_parcels
from temoin.transmission.after_restore import AskedDestination, LostResult
from temoin.transmission.differences import DifferenceKind
from temoin.transmission.models import Difference, Ending

AUTHORITY = "fhir"
LIST, STATEMENT = reverse("transmissions"), reverse("statement")
Settle = Callable[..., None]


@pytest.fixture
def settle(as_role: Callable[[str], AbstractContextManager[None]]) -> Settle:
    """Answer as the authority would, in the worker's role."""

    def answer(verdict: Verdict, code: str = "http_422", **more: object) -> None:
        with as_role("temoin_worker"):
            settle_parcels([(load, Answer(verdict, code, **more)) for load in claim_parcels(AUTHORITY, 10)])

    return answer


@pytest.fixture
def record_id(house: House) -> UUID:
    return make_signed(house.owner, make_patient(house.owner, email=""), make_lot(house.owner))


@pytest.fixture
def refused(house: House, record_id: UUID, settle: Settle) -> UUID:
    settle(Verdict.REFUSED, detail="<b>code inconnu</b>")
    return read_parcels(by=house.owner, record_id=record_id)[0].id


TO_HANDLE = '//nav//*[@class="to-handle"][not(@hidden)]'


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def state(house: House, parcel_id: UUID) -> ParcelState:
    return read_sending(by=house.owner, parcel_id=parcel_id).view.state


def test_when_everything_has_arrived_the_page_says_so(owner: Client, record_id: UUID, settle: Settle):
    settle(Verdict.ACCEPTED, "acknowledged")

    found = page(owner, LIST)

    assert "Tout est arrivé." in found
    assert "1 à envoyer : 1 arrivé" in found
    assert str(record_id)[:8] not in found


@pytest.mark.usefixtures("record_id")
def test_what_is_on_its_way_worries_nobody(owner: Client):
    found = page(owner, LIST)

    assert "1 envoi est en route." in found
    assert texts(found, TO_HANDLE) == []  # no badge in the menu
    assert 'class="band' not in page(owner, reverse("home"))


def test_what_is_refused_is_told_with_remedy_and_counted_in_the_menu(owner: Client, refused: UUID):
    found = page(owner, LIST)

    assert "L’autorité rejette le document." in found
    assert texts(page(owner, reverse("home")), TO_HANDLE) == ["1 à traiter"]
    assert reverse("sending", args=[refused]) in found


def test_what_is_late_stands_on_every_page(house: House, owner: Client, stranger: Client, settle: Settle):
    with shifted_by(timedelta(minutes=-31)):
        make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
        settle(Verdict.POSTPONED, "unreachable")

    home, elsewhere, listed = page(owner, reverse("home")), page(stranger, reverse("home")), page(owner, LIST)

    assert "Des résultats attendent depuis plus de 5 minutes" in home
    assert 'class="band' not in elsewhere
    assert "Le plus ancien attend depuis" in listed
    assert "cela continue tout seul" in listed


@pytest.mark.usefixtures("refused")
def test_the_band_comes_after_the_minutes_of_the_settings(owner: Client, settings):
    settings.TEMOIN = replace(settings.TEMOIN, alarms=replace(settings.TEMOIN.alarms, minutes=10))
    before = page(owner, reverse("home"))

    with shifted_by(timedelta(minutes=11)):
        after = page(owner, reverse("home"))

    assert 'class="band' not in before
    assert "plus de 10 minutes" in after


def test_one_click_sends_a_refused_one_again_and_a_second_changes_nothing(house: House, owner: Client, refused: UUID):
    path = reverse("release_sending", args=[refused])
    assert path in page(owner, LIST)

    seen = {"seen": seen_parcel(house.owner, refused)}
    assert f'name="seen" value="{seen["seen"]}"' in page(owner, LIST)

    answers = [owner.post(path, seen) for _ in range(2)]

    assert [answer["Location"] for answer in answers] == [LIST, LIST]
    assert [message.level_tag for message in get_messages(answers[1].wsgi_request)] == ["success", "info"]
    assert state(house, refused) is ParcelState.WAITING


def test_the_statement_of_a_long_day_leads_to_its_next_page(
    house: House, owner: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("temoin.oversight.statement.PAGE", 1)
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner, number="L2"))
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner, number="L3"))

    first = page(owner, STATEMENT)
    last = page(owner, f"{STATEMENT}?page=1")

    assert "Page 1 sur 2" in first
    assert "Page suivante" in first
    assert ("Page 2 sur 2" in last, "Page suivante" in last) == (True, False)


@pytest.mark.parametrize("name", ["release_sending", "withdraw_sending"])
@pytest.mark.parametrize("seen", ["", "open", "7 2020-01-01T00:00:00+00:00"])
def test_a_page_that_showed_another_end_decides_nothing(
    house: House, owner: Client, refused: UUID, name: str, seen: str
):
    answer = owner.post(reverse(name, args=[refused]), {"seen": seen, "reason": "not_due"})

    assert [message.level_tag for message in get_messages(answer.wsgi_request)] == ["info"]
    assert state(house, refused) is ParcelState.REFUSED


def test_all_that_were_refused_alike_go_again(house: House, owner: Client, refused: UUID):
    form = {"destination": AUTHORITY, "code": "http_422"}

    first, second = (owner.post(reverse("release_alike"), form, follow=True).content.decode() for _ in range(2))

    assert "1 envoi est reparti." in first
    assert "déjà reparti" in second
    assert state(house, refused) is ParcelState.WAITING


def test_an_unknown_reason_sends_nothing(house: House, owner: Client, refused: UUID):
    owner.post(reverse("release_alike"), {"destination": AUTHORITY, "code": "x"})

    assert state(house, refused) is ParcelState.REFUSED


def test_a_technician_sees_the_list_and_no_button(colleague: Client, refused: UUID):
    listed, history = page(colleague, LIST), page(colleague, reverse("sending", args=[refused]))

    assert "Un pharmacien le renvoie ou le corrige." in listed
    for name in ("release_sending", "withdraw_sending", "answers"):
        assert reverse(name, args=[refused]) not in listed + history
    assert reverse("release_alike") not in listed


def test_the_history_leads_to_the_correction(owner: Client, record_id: UUID, refused: UUID):
    found = page(owner, reverse("sending", args=[refused]))

    assert reverse("correct", args=[record_id]) in found
    assert "Rejeté" in found
    assert "code inconnu" not in found  # sealed until somebody opens it


def test_the_authoritys_words_are_opened_as_text(owner: Client, refused: UUID):
    found = page(owner, reverse("answers", args=[refused]))

    assert escape("<b>code inconnu</b>") in found
    assert "<b>code" not in found


def test_what_was_sent_and_what_came_back_are_set_out(house: House, owner: Client, refused: UUID, as_role):
    with as_role("temoin_worker"), tenant_scope(house.here.id):
        commit, attempt = Commit(), Attempt(pharmacy_id=house.here.id, parcel_id=refused, number=2, at=now())
        attempt.verdict = "refused"
        sides = Sides(pharmacy_id=house.here.id, id=attempt.id, parcel_id=refused, at=attempt.at)
        sides.seal({"detail": "", "sent": pack(b'{"resourceType":"Bundle"}'), "came": pack(b"\xff\x00")})
        attempt.seal({"code": "http_422", "receipt": {}})
        commit.insert(attempt)
        commit.insert(sides)
        commit.flush()

    found = page(owner, reverse("answers", args=[refused]))

    assert escape('"resourceType": "Bundle"') in found
    assert "comparez par l’empreinte" in found


def test_a_withdrawal_asks_why(house: House, owner: Client, refused: UUID):
    path = reverse("withdraw_sending", args=[refused])

    form = {"reason": "not_due", "seen": seen_parcel(house.owner, refused)}

    without = owner.post(path)
    told = owner.post(path, form)
    again = owner.post(path, form)

    assert (without.status_code, told["Location"]) == (400, LIST)
    assert texts(without.content.decode(), '//*[@id="field-reason-problem"]')[0].startswith("Dites pourquoi")
    assert again["Location"] == reverse("sending", args=[refused])
    assert state(house, refused) is ParcelState.WITHDRAWN
    assert "ce destinataire ne prend pas ce résultat" in page(owner, STATEMENT)


@pytest.mark.usefixtures("refused")
@pytest.mark.parametrize(
    ("asked", "is_there"),
    [
        ("portion=refused", True),
        ("portion=late", False),
        (f"portion=refused&destination={AUTHORITY}", True),
        ("portion=refused&destination=email", False),
        ("portion=refused&day=2020-01-01", False),
        ("portion=nonsense&destination=%00&day=x&page=999999999999", True),
        ("page=3", False),
    ],
)
def test_the_list_is_filtered(owner: Client, record_id: UUID, asked: str, is_there: bool):
    assert (str(record_id)[:8] in page(owner, f"{LIST}?{asked}")) is is_there


def test_the_list_names_no_patient(owner: Client, refused: UUID):
    for path in (LIST, reverse("sending", args=[refused]), STATEMENT):
        assert "PAT-TROIS" not in page(owner, path).upper()


def test_a_complete_day_says_so_with_its_receipt(owner: Client, record_id: UUID, settle: Settle):
    settle(Verdict.ACCEPTED, "acknowledged", receipt={"id": "accuse-42"})

    found = page(owner, STATEMENT)

    assert "Complet : chaque résultat signé a son accusé de réception." in found
    assert "accuse-42" in found
    assert str(record_id)[:8] in found
    assert "Affiché pour impression par Claire MARTIN" in found
    assert "La journée n’est pas terminée" in found


@pytest.mark.usefixtures("refused")
def test_a_day_that_misses_one_says_how_many(owner: Client):
    assert "Il manque 1 accusé de réception." in page(owner, STATEMENT)


@pytest.mark.usefixtures("record_id")
def test_a_past_day_and_a_day_to_come(owner: Client):
    today = today_in(HOUSE)

    past = page(owner, f"{STATEMENT}?day={today - timedelta(days=1)}")
    future = page(owner, f"{STATEMENT}?day=9999-12-31")

    assert "Aucun résultat n’a été signé ce jour-là." in past
    assert "La journée n’est pas terminée" not in past
    assert f"Transmissions du {today:%d/%m/%Y}" in future


def test_what_reconciliation_found_is_listed_and_told_on_the_statement(
    house: House, owner: Client, stranger: Client, refused: UUID, as_role
):
    today = today_in(HOUSE)
    where = {"destination": AUTHORITY, "day": today, "parcel_id": refused, "key": "1"}
    with as_role("temoin_worker"), tenant_scope(house.here.id):
        commit = Commit()
        commit.insert(Difference(pharmacy_id=house.here.id, kind=DifferenceKind.CLOSED.value, found_at=now(), **where))
        commit.flush()

    listed = page(owner, LIST)

    assert "détient une version rejetée" in listed
    assert "La réconciliation a trouvé 1 différence" in page(owner, STATEMENT)
    assert "La réconciliation" not in page(owner, f"{STATEMENT}?day={today - timedelta(days=1)}")
    assert "détient une version" not in page(stranger, LIST)


# The same answer again and again --------------------------------------------------------------------------------------


@pytest.fixture
def stuck(house: House, settle: Settle) -> UUID:
    """A sending whose answer was the same a dozen times, and that goes on trying."""
    with shifted_by(timedelta(days=-1)):
        record_id = make_signed(house.owner, make_patient(house.owner, email=""), make_lot(house.owner))
    for number in range(TIMES):
        with shifted_by(timedelta(hours=2 * (number - TIMES + 1))):  # the last one just now
            settle(Verdict.DOUBTFUL, "unreadable_answer")
    return read_parcels(by=house.owner, record_id=record_id)[0].id


def test_what_meets_the_same_answer_is_a_persons_matter_on_every_page(house: House, owner: Client, stuck: UUID):
    listed, sending = page(owner, LIST), page(owner, reverse("sending", args=[stuck]))
    record = page(owner, reverse("test", args=[read_sending(by=house.owner, parcel_id=stuck).record_id]))

    assert "1 bloqué" in listed
    assert "1 envoi à traiter." in listed
    for found in (listed, sending, record):
        assert "Toujours la même réponse" in found
        assert "appelez votre assistance" in found
    assert f'action="{reverse("release_sending", args=[stuck])}"' in listed


def test_a_person_has_it_tried_at_once(house: House, owner: Client, stuck: UUID):
    with shifted_by(timedelta(minutes=1)):
        owner.post(reverse("release_sending", args=[stuck]), {"seen": "open"})

    sending = read_sending(by=house.owner, parcel_id=stuck)
    assert (sending.view.state, sending.view.matter_since) == (ParcelState.IN_DOUBT, None)
    assert len(sending.decisions) == 1


# After a restore ------------------------------------------------------------------------------------------------------


@pytest.fixture
def restore_told(house: House, as_role) -> None:
    """What `temoin restore report` leaves in the first pharmacy."""
    lost = LostResult(AUTHORITY, "5f3c9a52-7f0b-4a0e-9d5f-0d1c1f0a7b11", now(), house.here.id)
    asked = [AskedDestination(AUTHORITY, Ending.WHOLE, (lost,)), AskedDestination("mllp", Ending.NOT_ASKABLE)]
    loss = RestoreLoss(now() - timedelta(minutes=7), now())
    report = RestoreReport(loss, asked, {(house.here.id, "email"): 2}, {house.here.id: house.here.finess})
    with as_role("temoin_worker"):
        tell_pharmacy(by=Operator(house.here.id), report=report)


RESTORE = '//section[@aria-labelledby="restore"]'


@pytest.mark.usefixtures("restore_told")
def test_what_a_restore_lost_stands_on_the_list_until_somebody_has_looked(
    owner: Client, colleague: Client, stranger: Client
):
    (told,), seen = texts(page(owner, LIST), RESTORE), texts(page(colleague, LIST), RESTORE)

    assert "1 résultat est chez le destinataire et n’est plus ici." in told
    assert "1 destinataire ne peut pas être interrogé" in told
    assert "2 messages à des patients peuvent arriver deux fois" in told
    assert "5f3c9a52-7f0b-4a0e-9d5f-0d1c1f0a7b11" in told
    assert ("Tout est vérifié" in told, "Tout est vérifié" in seen[0]) == (True, False)
    assert texts(page(stranger, LIST), RESTORE) == []

    (event_id,) = tree(page(owner, LIST)).xpath(f"{RESTORE}//input[@name='seen']/@value")
    answers = [owner.post(reverse("look_into_restore"), {"seen": event_id}) for _ in range(2)]

    assert [message.level_tag for message in get_messages(answers[1].wsgi_request)] == ["success", "info"]
    assert texts(page(owner, LIST), RESTORE) == []
