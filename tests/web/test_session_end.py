"""The end of a session: told beforehand, said at the sign-in, and nothing typed is lost, for its own person alone."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from people import House, make_patient, make_seat, person_of, sign_in

from temoin.lib.clock import shifted_by
from temoin.pharmacies.professions import Profession
from temoin.signin.models import Memo, Session
from temoin.web.kept_forms import KEPT

NEW = "/patients/new/"
TYPED = {"birth_family_name": "GARDÉ", "birth_given_names": "Nom Tapé", "birth_date": "28/03/1979", "record_id": "x"}
QUARTER = timedelta(minutes=15, seconds=1)


def kept_on(page: str) -> dict[str, str]:
    found = re.search(r'data-kept-form="([^"]+)"', page)
    return dict(json.loads(html.unescape(found[1]))) if found else {}


def sign_in_again(client: Client, seat) -> Client:
    """Sign in as the browser does, whose anonymous session lives on under the new sign-in."""
    kept = client.session.get(KEPT)
    sign_in(client, seat)
    session = client.session
    session.update({KEPT: kept} if kept else {})
    session.save()
    return client


def test_a_page_knows_when_its_session_ends(owner: Client):
    page = owner.get(NEW).content.decode()

    left = int(re.search(r'id="session"[^>]* data-left="(\d+)"', page)[1])
    assert 14 * 60 <= left <= 15 * 60


def test_asking_keeps_no_session_alive_and_staying_does(owner: Client):
    owner.get(NEW)

    with shifted_by(timedelta(minutes=10)):
        asked = owner.get(reverse("session")).json()["left"]
        stayed = owner.post(reverse("session")).json()["left"]
    with shifted_by(timedelta(minutes=20)):
        later = owner.get(reverse("session")).json()["left"]

    assert (4 * 60 <= asked <= 5 * 60, stayed, 4 * 60 <= later <= 5 * 60) == (True, 15 * 60, True)


def test_no_staying_outlives_the_absolute_limit(owner: Client):
    owner.get(NEW)

    for minutes in range(0, 12 * 60, 10):
        with shifted_by(timedelta(minutes=minutes)):
            left = owner.post(reverse("session")).json()["left"]

    assert left <= 10 * 60
    with shifted_by(timedelta(hours=12, seconds=1)):
        assert owner.post(reverse("session")).json() == {"left": 0, "owner": ""}


def test_a_stranger_learns_nothing_of_a_session():
    assert Client().get(reverse("session")).json() == {"left": 0, "owner": ""}


def test_the_sign_in_says_why_one_is_there(owner: Client):
    owner.get(NEW)
    with shifted_by(QUARTER):
        page = owner.get(NEW, follow=True).content.decode()

    assert "Votre session est terminée" in page
    assert "Votre session est terminée" not in Client().get(NEW, follow=True).content.decode()


@pytest.mark.parametrize("ended", ["by time", "by the row's time", "from elsewhere", "cookie lost"])
def test_a_form_that_comes_too_late_is_given_back(house: House, owner: Client, ended: str):
    whose = re.search(r'data-kept-for="([0-9a-f]+)"', owner.get(NEW).content.decode())[1]
    form = {**TYPED, "kept_for": whose}
    after = QUARTER if ended == "by time" else timedelta(0)
    if ended == "by the row's time":
        Session.objects.filter(person_id=house.owner.person_id).update(expire_date="2020-01-01T00:00Z")
        del form["kept_for"]  # as a page without a script sends it
    if ended == "from elsewhere":
        Session.objects.filter(person_id=house.owner.person_id).delete()
    if ended == "cookie lost":
        del owner.cookies[settings.SESSION_COOKIE_NAME]

    with shifted_by(after):
        led = owner.post(NEW, form)
        page = sign_in_again(owner, house.owner).get(NEW).content.decode()

    assert led["Location"] == f"{reverse('account_login')}?next={NEW.replace('/', '%2F')}"
    assert kept_on(page) == TYPED


@pytest.mark.parametrize("who", ["colleague", "stranger", "the same person elsewhere"])
def test_what_was_typed_is_for_its_own_person_and_pharmacy_alone(house: House, owner: Client, who: str):
    other = {"colleague": house.colleague, "stranger": house.stranger}.get(who) or make_seat(
        house.elsewhere, Profession.ADJOINT, person=person_of(house.owner), rpps="10003879623"
    )
    owner.get(NEW)
    with shifted_by(QUARTER):
        owner.post(NEW, TYPED)

        page = sign_in_again(owner, other).get(NEW).content.decode()

    assert "GARDÉ" not in page


def test_what_was_typed_is_gone_after_half_an_hour(house: House, owner: Client):
    owner.get(NEW)
    with shifted_by(QUARTER):
        owner.post(NEW, TYPED)
    with shifted_by(QUARTER + timedelta(minutes=30)):
        page = sign_in_again(owner, house.owner).get(NEW).content.decode()

    assert "GARDÉ" not in page


def test_what_was_typed_stands_sealed(owner: Client):
    owner.get(NEW)
    with shifted_by(QUARTER):
        owner.post(NEW, TYPED)

    held = [memo.value for memo in Memo.objects.all()]
    assert held
    assert [one for one in held if "GARD" in one] == []


def test_a_page_whose_session_is_over_hands_over_what_stands_in_it(house: House, owner: Client):
    whose = re.search(r'data-kept-for="([0-9a-f]+)"', owner.get(NEW).content.decode())[1]
    owner.cookies.clear()

    form = {"kept_for": whose, "path": NEW, "fields": json.dumps(list(TYPED.items()))}
    led = owner.post(reverse("keep_form"), form)

    assert led["Location"].endswith(f"?next={NEW.replace('/', '%2F')}")
    assert kept_on(sign_in_again(owner, house.owner).get(NEW).content.decode()) == TYPED


@pytest.mark.django_db
@pytest.mark.parametrize("whose", ["", "00", "zz", "é", "00" * 200])
@pytest.mark.parametrize("fields", ["", "{", "[1]", '[["a"]]', "null", '[["a", "b"]]'])
def test_nobody_keeps_a_form_for_somebody_else(whose: str, fields: str):
    answer = Client().post(reverse("keep_form"), {"kept_for": whose, "path": NEW, "fields": fields})

    assert answer["Location"].endswith("?next=%2F")


def test_a_step_up_gives_the_form_back(house: House, owner: Client):
    session = owner.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 600
    session.save()

    led = owner.post("/team/invite/", {"given_name": "Léa", "family_name": "GARNIER"})

    assert led["Location"].endswith("next=%2Fteam%2Finvite%2F")
    sign_in_again(owner, house.owner)
    assert kept_on(owner.get("/team/invite/").content.decode()) == {"given_name": "Léa", "family_name": "GARNIER"}


@pytest.mark.parametrize(
    ("origin", "kept"), [("http://testserver", TYPED), ("http://elsewhere.example", {}), ("http://[", {})]
)
def test_an_old_token_gives_the_form_back_to_its_own_site_only(house: House, origin: str, kept: dict[str, str]):
    browser = sign_in(Client(enforce_csrf_checks=True), house.owner)

    answer = browser.post(NEW, {**TYPED, "csrfmiddlewaretoken": "x" * 64}, headers={"origin": origin})

    assert answer.status_code == 403
    assert kept_on(browser.get(NEW).content.decode()) == kept


def test_a_refused_form_is_there_for_who_goes_back(owner: Client):
    owner.post(
        NEW,
        {
            "birth_family_name": "GARDÉ",
            "record_id": "7d0d6f4e-2b0a-4f5e-8f29-111111111111",
            "patient_id": "7d0d6f4e-2b0a-4f5e-8f29-222222222222",
        },
    )

    page = owner.get(NEW).content.decode()

    assert kept_on(page)["birth_family_name"] == "GARDÉ"
    assert "data-only-back hidden" in page


def test_what_was_recorded_is_kept_no_longer(house: House, owner: Client):
    patient = make_patient(house.owner)
    path = reverse("new_test", args=[patient])
    owner.post(path, {"kind": "", "record_id": "7d0d6f4e-2b0a-4f5e-8f29-111111111111"})
    form = {"kind": "covid19-ag", "record_id": "7d0d6f4e-2b0a-4f5e-8f29-111111111111"}
    notice = re.search(r'name="consent"\s+value="([^"]+)"', owner.get(path).content.decode())[1]

    assert owner.post(path, {**form, "consent": notice}).status_code == 302

    assert kept_on(owner.get(path).content.decode()) == {}


@pytest.mark.django_db
def test_no_password_is_ever_kept(house: House):
    client = Client()

    client.post(reverse("account_login"), {"login": person_of(house.owner).email, "password": "Un-mot-de-passe-1"})

    assert KEPT not in client.session
    assert cache.get("kept form ") is None
