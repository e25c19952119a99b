"""What a page says of what was done or refused: title, banner, and a summary whose every line names and leads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from page_tree import found, summary_lines, summary_targets, texts
from people import TRAITS, TRIPLEX, House, make_lot, make_patient, make_sampled, make_signed, make_test

from temoin.delivery.ticket_codes import destroy_codes
from temoin.lib.clock import now, shifted_by
from temoin.outbox.courier import Answer, Verdict
from temoin.outbox.queue import claim_parcels
from temoin.outbox.settling import settle_parcels
from temoin.patients.actions import CURRENT_NOTICE
from temoin.patients.queries import read_patient
from temoin.signin.models import Session
from temoin.testing.queries import read_parcels, read_test
from temoin.testing.tickets import link_shown, read_ticket
from temoin.web.banners import BannerCookie
from temoin.web.times import local_minute

BANNER = '//*[@class="messages" and @tabindex="-1" and @data-done]'
NAMES = (TRAITS["birth_family_name"], TRAITS["birth_given_names"], TRAITS["email"])

Made = tuple[str, dict[str, str]]  # a form: its address and what is sent


def sampled(house: House) -> UUID:
    return make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))


def signed(house: House) -> UUID:
    return make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))


def to_renew(house: House, record_id: UUID) -> tuple[str, dict[str, str]]:
    shown = link_shown(by=house.owner, record_id=record_id)
    return reverse("renew_ticket", args=[record_id]), {"version": "1", "after": shown}


def to_sample(house: House) -> Made:
    form = {"lot": str(make_lot(house.owner)), "specimen": "nasal-swab", "sampled_at": local_minute(now())}
    return reverse("sample", args=[make_test(house.owner, make_patient(house.owner))]), form


def to_amend(house: House) -> Made:
    patient_id = make_patient(house.owner)
    seen = read_patient(by=house.owner, patient_id=patient_id).seen_version
    return reverse("amend_patient", args=[patient_id]), {**TRAITS, "seen": seen}


REFUSED: dict[str, Callable[[House], Made]] = {
    "a new patient": lambda _: (reverse("new_patient"), {"record_id": str(uuid4()), "patient_id": str(uuid4())}),
    "a new test": lambda house: (reverse("new_test", args=[make_patient(house.owner)]), {"record_id": str(uuid4())}),
    "an amended patient": lambda house: (reverse("amend_patient", args=[make_patient(house.owner)]), {}),
    "a search": lambda _: (reverse("find_patient"), {}),
    "a sample": lambda house: (to_sample(house)[0], {"sampled_at": "hier"}),
    "a result": lambda house: (reverse("sign", args=[sampled(house)]), {}),
    "a correction": lambda house: (reverse("correct", args=[signed(house)]), {"version": "1"}),
    "a cancellation": lambda house: (reverse("cancel", args=[signed(house)]), {"version": "1"}),
    "a lot": lambda _: (reverse("receive_lot"), {}),
    "an invitation": lambda _: (reverse("invite"), {}),
    "a program": lambda _: (reverse("add_program"), {}),
}
DONE: dict[str, Callable[[House], Made]] = {
    "a new patient": lambda _: (
        reverse("new_patient"),
        {
            **TRAITS,
            "record_id": str(uuid4()),
            "patient_id": str(uuid4()),
            "kind": "covid19-ag",
            "consent": CURRENT_NOTICE,
        },
    ),
    "a new test": lambda house: (
        reverse("new_test", args=[make_patient(house.owner)]),
        {"record_id": str(uuid4()), "kind": "covid19-ag", "consent": CURRENT_NOTICE},
    ),
    "an amended patient": to_amend,
    "a sample": to_sample,
    "a result": lambda house: (
        reverse("sign", args=[sampled(house)]),
        {"outcome-sars-cov-2": "negative", "reviewed": "yes"},
    ),
    "a correction": lambda house: (
        reverse("correct", args=[signed(house)]),
        {"outcome-sars-cov-2": "positive", "reason": "Erreur", "version": "1"},
    ),
    "a cancellation": lambda house: (reverse("cancel", args=[signed(house)]), {"reason": "Erreur", "version": "1"}),
    "an abandoned test": lambda house: (reverse("abandon", args=[sampled(house)]), {}),
    "a new ticket": lambda house: to_renew(house, signed(house)),
}


def title(page: str) -> str:
    return texts(page, "//title")[0]


def as_typed(review: str) -> dict[str, str]:
    """What the review keeps for whoever goes back to the form."""
    return {one.name: one.value for one in found(review, '//form[@id="as-typed"]//input')}


def test_whoever_signs_is_told_of_a_way_that_leads_nowhere(house: House, owner: Client):
    patient_id = make_patient(house.owner, phone="06 39 98 00 01", way="sms")  # of a site that writes no messages now
    record_id = make_sampled(house.owner, patient_id, make_lot(house.owner))
    form = {"outcome-sars-cov-2": "negative", "read_at": local_minute(now())}

    review = owner.post(reverse("sign", args=[record_id]), form).content.decode()
    owner.post(reverse("sign", args=[record_id]), {**form, "reviewed": "yes"})
    after = owner.get(reverse("test", args=[record_id])).content.decode()

    for page in (review, after):
        assert [text for text in texts(page, '//*[@class="notice"]') if "SMS" in text and "Imprimez" in text]


@pytest.mark.parametrize("made", REFUSED.values(), ids=REFUSED)
def test_a_refusal_names_each_field_once_and_leads_to_what_takes_the_focus(house: House, owner: Client, made):
    answer = owner.post(*made(house))

    page = answer.content.decode()
    lines = summary_lines(page)
    assert answer.status_code == 400
    assert title(page).startswith("Erreur\N{NO-BREAK SPACE}: ")
    assert lines
    assert len(set(lines)) == len(lines)
    for target in summary_targets(page):
        assert found(page, f'//*[@id="{target}"]')[0].tag in {"input", "select", "textarea"}, target


def test_the_summary_goes_in_the_order_of_the_form(house: House, owner: Client):
    page = owner.post(*REFUSED["a new patient"](house)).content.decode()

    targets = summary_targets(page)
    places = [page.index(f'id="{target}"') for target in targets]
    assert len(places) > 4
    assert places == sorted(places)


@pytest.mark.parametrize("made", DONE.values(), ids=DONE)
def test_whatever_is_done_is_told_by_a_banner(house: House, owner: Client, made):
    page = owner.post(*made(house), follow=True).content.decode()

    assert found(page, BANNER)
    assert "Erreur" not in title(page)


@pytest.mark.parametrize("made", DONE.values(), ids=DONE)
def test_a_banner_names_no_patient_and_costs_no_row(house: House, owner: Client, made):
    form = made(house)
    owner.get("/")
    before = list(Session.objects.values_list("session_data", flat=True))

    cookie = owner.post(*form).cookies[settings.BANNER_COOKIE_NAME]

    told = [str(one) for one in BannerCookie(HttpRequest())._decode(cookie.value)]
    assert told
    assert not [one for one in told if any(name in one for name in NAMES)]
    assert cookie["httponly"]
    assert list(Session.objects.values_list("session_data", flat=True)) == before


def test_a_banner_is_shown_once_and_only_as_we_wrote_it(house: House, owner: Client):
    owner.post(*DONE["an amended patient"](house))
    forged = owner.cookies[settings.BANNER_COOKIE_NAME].value
    shown = [bool(found(owner.get("/").content.decode(), BANNER)) for _ in range(2)]

    owner.cookies[settings.BANNER_COOKIE_NAME] = f"{forged[:-4]}AAAA"

    assert [*shown, bool(found(owner.get("/").content.decode(), BANNER))] == [True, False, False]


def test_a_banner_for_who_is_not_signed_in_makes_no_session(client: Client, db: None):  # noqa: ARG001 opens the database
    client.cookies[settings.SESSION_COOKIE_NAME] = "ended"

    page = client.get("/", follow=True).content.decode()

    assert found(page, BANNER)
    assert not Session.objects.exists()


def test_the_title_of_a_test_tells_its_state_and_its_kind(house: House, owner: Client):
    patient_id, lot_id = make_patient(house.owner), make_lot(house.owner)
    waiting, done = make_sampled(house.owner, patient_id, lot_id), make_signed(house.owner, patient_id, lot_id)
    titles = [
        title(owner.get(reverse("test", args=[one])).content.decode())
        for one in (make_test(house.owner, patient_id, kind=TRIPLEX), waiting, done)
    ]

    assert [one.split(" – ")[0] for one in titles] == ["À prélever", "À lire", "Signé"]
    assert len(set(titles)) == 3


def test_back_from_the_review_keeps_what_was_typed(house: House, owner: Client):
    record_id = sampled(house)
    moment = local_minute(now())
    form = {"outcome-sars-cov-2": "positive", "comment": "Bande pâle", "read_at": moment}
    review = owner.post(reverse("sign", args=[record_id]), form).content.decode()
    kept = as_typed(review)

    page = owner.post(reverse("sign", args=[record_id]), kept)

    text = page.content.decode()
    assert page.status_code == 200
    assert {name: kept[name] for name in form} == form
    assert found(text, '//input[@value="positive" and @checked]')
    assert texts(text, '//textarea[@name="comment"]') == ["Bande pâle"]
    assert f'value="{moment}"' in text


def test_back_from_the_review_keeps_the_time_that_was_left_open(house: House, owner: Client):
    form = {"outcome-sars-cov-2": "positive"}

    review = owner.post(reverse("sign", args=[sampled(house)]), form).content.decode()

    assert as_typed(review)["read_at"].startswith(local_minute(now())[:13])


def test_back_after_a_signature_shows_the_signed_result(house: House, owner: Client):
    answer = owner.post(reverse("sign", args=[signed(house)]), {"back": "yes"}, follow=True)

    assert title(answer.content.decode()).startswith("Signé")


# The ticket -----------------------------------------------------------------------------------------------------------


def test_a_code_that_was_destroyed_is_said_to_be_and_a_new_one_offered(house: House, owner: Client, as_role):
    record_id = signed(house)
    with as_role("temoin_worker"), shifted_by(timedelta(hours=25)):
        destroy_codes(threading.Event())

    answer = owner.get(reverse("ticket", args=[record_id]))
    live = owner.get(reverse("parcels", args=[record_id])).content.decode()

    assert answer.status_code == 410
    assert reverse("renew_ticket", args=[record_id]) in answer.content.decode()
    assert reverse("ticket", args=[record_id]) not in live
    assert "Le code a été détruit ici" in live


def test_the_stranger_is_not_told_where_a_code_went(house: House, stranger: Client):
    assert stranger.get(reverse("ticket", args=[signed(house)])).status_code == 404


@pytest.mark.parametrize("is_printed", [False, True])
def test_the_review_warns_while_the_ticket_was_never_printed(house: House, owner: Client, is_printed: bool):
    record_id = sampled(house)
    if is_printed:
        read_ticket(by=house.owner, record_id=record_id)

    review = owner.post(reverse("sign", args=[record_id]), {"outcome-sars-cov-2": "negative"}).content.decode()

    assert ("Le ticket n’a pas encore été imprimé." in review) is not is_printed


# A wrong address ------------------------------------------------------------------------------------------------------


def test_a_wrong_address_leads_to_the_record_and_to_sending_again_never_to_a_correction(
    house: House, owner: Client, as_role
):
    record_id = signed(house)
    with as_role("temoin_worker"):
        loads = claim_parcels("email", 10)
        settle_parcels([(load, Answer(Verdict.REFUSED, "recipient_refused")) for load in loads])
    (parcel,) = [one for one in read_parcels(by=house.owner, record_id=record_id) if one.destination == "email"]

    page = owner.get(reverse("sending", args=[parcel.id])).content.decode()
    listed = owner.get(reverse("transmissions")).content.decode()

    patient_id = read_test(by=house.owner, record_id=record_id).patient_id
    assert reverse("correct", args=[record_id]) not in page
    assert page.index(reverse("amend_patient", args=[patient_id])) < page.index(
        reverse("release_sending", args=[parcel.id])
    )
    assert "Corriger et renvoyer" not in listed
    assert "Corriger l’adresse" in listed
