"""Who reaches which page: the table is the whole site, and every row holds for everyone."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.urls import get_resolver, reverse
from people import (
    NEWCOMER,
    House,
    make_lot,
    make_patient,
    make_program,
    make_seat,
    make_signed,
    make_test,
    person_of,
    set_up_totp,
    sign_in,
)

from temoin.intake.handing import hand_in
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.pharmacies.professions import RIGHTS, Profession, Right
from temoin.pharmacies.team import invite_member
from temoin.retention.cases import open_case
from temoin.site.headers import CONTENT_SECURITY_POLICY
from temoin.testing.queries import read_parcels
from temoin.web.access import Access, GuardedRoute
from temoin.web.routes import ROUTES

ABOUT_ONE = [route for route in ROUTES if "<uuid:" in route.path]


def address(route: GuardedRoute, **known: UUID) -> str:
    places = {name: uuid4() if kind == "uuid" else 0 for kind, name in re.findall(r"<(\w+):(\w+)>", route.path)}
    return reverse(route.name, kwargs={name: known.get(name, unknown) for name, unknown in places.items()})


def known_objects(house: House) -> dict[str, UUID]:
    patient_id = make_patient(house.owner)
    lot_id = make_lot(house.owner)
    record_id = make_signed(house.owner, patient_id, lot_id)
    return {
        "lot_id": lot_id,
        "patient_id": patient_id,
        "record_id": record_id,
        "parcel_id": read_parcels(by=house.owner, record_id=record_id)[0].id,
        "other_id": make_patient(house.owner),
        "case_id": open_case(
            by=house.owner, patient_id=patient_id, kind="access", asked="Tout", received_on=today_in(HOUSE)
        ),
        "member_id": house.colleague.member_id,
        "invitation_id": invite_member(by=house.owner, newcomer=NEWCOMER).id,
        "program_id": make_program(house.owner),
        "file_id": hand_in(by=house.owner, name="r.csv", content=b"x", encoding="", dates=""),
    }


def ask(client: Client, route: GuardedRoute, path: str) -> object:
    return client.get(path) if "GET" in route.methods else client.post(path, {})


def _pages(resolver):
    for entry in resolver.url_patterns:
        yield from _pages(entry) if hasattr(entry, "url_patterns") else [entry]


def test_no_address_exists_outside_the_table():
    told = list(_pages(get_resolver()))

    assert {entry.name for entry in told} == {route.name for route in ROUTES}
    assert len({route.name for route in ROUTES}) == len(ROUTES)


def test_only_these_pages_are_public():
    assert {route.name for route in ROUTES if route.access is Access.PUBLIC} == {
        "account_login",
        "account_logout",
        "account_inactive",
        "mfa_authenticate",
        "mfa_login_webauthn",
        "pro_sante_connect",
        "pro_sante_connect_callback",
        "enrol",
        "invitation",
        "invitation_account",
        "keep_form",
        "session",
        "set_language",
    }


@pytest.mark.django_db
def test_a_passer_by_is_led_to_the_sign_in():
    answers = {r.name: ask(Client(), r, address(r)) for r in ROUTES if r.access is not Access.PUBLIC}

    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 302)
    sign_in_page = reverse("account_login")
    assert [name for name, answer in answers.items() if not answer["Location"].startswith(sign_in_page)] == []


def test_another_pharmacys_object_is_an_unknown_one(house: House, stranger: Client):
    known = known_objects(house)
    unknown = stranger.get("/tests/not-an-id/")

    foreign = {r.name: ask(stranger, r, address(r, **known)) for r in ABOUT_ONE}
    made_up = {r.name: ask(stranger, r, address(r)) for r in ABOUT_ONE}

    told = {name: (answer.status_code, answer.content) for name, answer in foreign.items()}
    assert told == dict.fromkeys(told, (404, unknown.content))
    assert told == {name: (answer.status_code, answer.content) for name, answer in made_up.items()}


def test_a_full_form_about_another_pharmacys_object_is_404_too(house: House, stranger: Client):
    form = {
        "outcome-sars-cov-2": "negative",
        "reviewed": "yes",
        "reason": "not_due",
        "version": "1",
        "specimen": "nasal-swab",
        "sampled_at": "2026-01-01T10:00",
        "record_id": str(uuid4()),
        "kind": "covid19-ag",
        "consent": "2026-11",
        "profession": "adjoint",
        "rpps": "10003879656",
        "last_day": "2026-12-31",
    }
    known = known_objects(house)

    told = {r.name: stranger.post(address(r, **known), form).status_code for r in ABOUT_ONE if "POST" in r.methods}

    assert told == dict.fromkeys(told, 404)


@pytest.mark.parametrize("profession", Profession)
def test_each_profession_reaches_what_its_rights_say(house: House, profession: Profession):
    client = sign_in(Client(), make_seat(house.here, profession))

    answers = {r: ask(client, r, address(r)) for r in ROUTES if isinstance(r.access, Right)}

    beyond = {route.name for route in answers if route.access not in RIGHTS[profession]}
    refused = {route.name: answer for route, answer in answers.items() if answer.status_code == 403}
    assert set(refused) == beyond
    kind = "Votre profession ne vous permet pas"
    assert [name for name, answer in refused.items() if kind not in answer.content.decode()] == []


def test_who_manages_people_only_begins_with_the_team(house: House):
    client = sign_in(Client(), house.administrator)

    answer = client.get(reverse("home"))

    assert answer["Location"] == reverse("team")
    assert reverse("find_patient") not in client.get(reverse("team")).content.decode()


def test_a_technician_sees_no_button_to_sign(house: House, colleague: Client):
    record_id = make_test(house.owner, make_patient(house.owner))

    page = colleague.get(reverse("test", args=[record_id])).content.decode()

    assert reverse("sign", args=[record_id]) not in page


def test_a_method_that_is_not_meant_is_405(owner: Client):
    answers = {route: owner.generic("DELETE", address(route)) for route in ROUTES}

    told = {route.name: (answer.status_code, answer.headers.get("Allow")) for route, answer in answers.items()}
    assert told == {route.name: (405, ", ".join(route.methods)) for route in ROUTES}


def test_every_answer_bears_the_headers(house: House, owner: Client):
    told = {}
    for route in ROUTES:
        answer = ask(owner, route, address(route))
        told[route.name] = (answer["Content-Security-Policy"], answer["Cache-Control"])
        if "_auth_user_id" not in owner.session:  # the page was that of the sign-out
            sign_in(owner, house.owner)

    assert told == dict.fromkeys(told, (CONTENT_SECURITY_POLICY, "no-store"))


def test_without_the_second_factor_nothing_of_the_pharmacy_is_reached(house: House):
    client = sign_in(Client(), house.owner, second_factor=False)
    before = {Access.PUBLIC, Access.PASSWORD}

    for route in (route for route in ROUTES if route.access not in before):
        answer = ask(client, route, address(route))
        assert (answer.status_code, answer["Location"]) == (302, reverse("mfa_index")), route.name


def test_a_session_from_before_the_second_factor_ends(house: House):
    client = sign_in(Client(), house.owner, second_factor=False)
    set_up_totp(person_of(house.owner))

    answer = client.get(reverse("home"))

    assert answer["Location"] == reverse("account_login")
    assert "_auth_user_id" not in client.session


def test_a_suspension_bites_at_the_next_request(house: House, owner: Client):
    assert owner.get(reverse("home")).status_code == 200

    with tenant_scope(house.here.id), connection.cursor() as cursor:
        cursor.execute("UPDATE pharmacies_member SET is_active = false WHERE id = %s", [house.owner.member_id])
    answer = owner.get(reverse("home"))

    assert answer["Location"] == reverse("account_login")
    assert [message.level_tag for message in get_messages(answer.wsgi_request)] == ["error"]


def test_who_works_in_two_pharmacies_chooses_one(house: House):
    seat = make_seat(house.elsewhere, Profession.ADJOINT, person=person_of(house.owner))
    client = sign_in(Client(), seat)
    session = client.session
    del session["pharmacy_id"]
    session.save()

    asked = client.get(reverse("home"))
    client.post(reverse("choose_pharmacy"), {"pharmacy": str(house.elsewhere.id)})

    assert asked["Location"] == reverse("choose_pharmacy")
    assert "Pharmacie de la Gare" in client.get(reverse("home")).content.decode()


@pytest.mark.parametrize("choice", ["", "x", str(UUID(int=1))])
def test_a_pharmacy_where_one_has_no_seat_cannot_be_chosen(owner: Client, choice: str):
    assert owner.post(reverse("choose_pharmacy"), {"pharmacy": choice}).status_code == 404


def test_a_form_without_its_token_is_refused_kindly(house: House):
    client = sign_in(Client(enforce_csrf_checks=True), house.owner)

    answer = client.post(reverse("find_patient"), {"nir": "1"})

    assert answer.status_code == 403
    assert "Le formulaire a expiré" in answer.content.decode()


def test_a_defect_shows_a_number_and_nothing_else(owner: Client, monkeypatch: pytest.MonkeyPatch):
    owner.raise_request_exception = False
    monkeypatch.setattr("temoin.web.views.counter.counter_lists", lambda **_: 1 / 0)

    answer = owner.get(reverse("home"))

    assert answer.status_code == 500
    assert "ZeroDivisionError" not in answer.content.decode()


def test_the_language_is_remembered(owner: Client):
    owner.post(reverse("set_language"), {"language": "en", "next": "/"})

    page = owner.get(reverse("home")).content.decode()

    assert '<html lang="en">' in page
    assert "To be sampled" in page
