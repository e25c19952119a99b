"""The team's pages, and the road of a newcomer from the code to the counter."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from people import NEWCOMER, PASSWORD, House, make_seat, person_of, set_up_totp, sign_in
from test_pages import check_page

from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.pharmacies.models import RegisterCheck
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.queries import read_colleague, read_team
from temoin.pharmacies.register import RegisteredActivity
from temoin.pharmacies.register_checks import ask_register
from temoin.pharmacies.seat import pharmacies_of
from temoin.pharmacies.team import invite_member
from temoin.signin.models import Person

FORM = {
    "given_name": "Léa",
    "family_name": "Garnier",
    "email": "Lea.Garnier@officine.example",
    "profession": "adjoint",
    "rpps": "10003879649",
}


def code_of(page: str) -> str:
    return re.search(r'<code class="secret"[^>]*>([^<]+)</code>', page)[1]


def invited_code(house: House, email: str = NEWCOMER.email) -> str:
    newcomer = NEWCOMER.__class__(**{**NEWCOMER.__dict__, "email": email})
    return invite_member(by=house.owner, newcomer=newcomer).code


def follow(client: Client, code: str):
    return client.post(reverse("invitation"), {"code": code})


def test_the_code_of_an_invitation_is_shown_once_and_in_no_address(owner: Client):
    answer = owner.post(reverse("invite"), FORM)

    page = answer.content.decode()
    check_page("invited", page)
    assert code_of(page) not in page.replace(f">{code_of(page)}<", "", 1)
    assert code_of(page) not in owner.get(reverse("team")).content.decode()
    assert "lea.garnier@officine.example" in owner.get(reverse("team")).content.decode()


def test_a_faulty_invitation_keeps_what_was_typed(owner: Client):
    answer = owner.post(reverse("invite"), {**FORM, "rpps": "12"})

    assert answer.status_code == 400
    check_page("invite", answer.content.decode())
    assert 'value="Garnier"' in answer.content.decode()


def test_an_unlikely_number_is_taken_with_a_warning(owner: Client):
    answer = owner.post(reverse("invite"), {**FORM, "rpps": "10003879640"})

    assert [message.level_tag for message in get_messages(answer.wsgi_request)] == ["warning"]


def test_an_administrator_is_offered_no_place_of_an_owner(house: House):
    page = sign_in(Client(), house.administrator).get(reverse("invite")).content.decode()

    assert 'value="adjoint"' in page
    assert 'value="titulaire"' not in page


def test_an_owners_place_is_closed_to_an_administrator(house: House):
    administrator = sign_in(Client(), house.administrator)

    page = administrator.get(reverse("member", args=[house.owner.member_id])).content.decode()
    answer = administrator.post(reverse("suspend_member", args=[house.owner.member_id]))

    for name in ("suspend_member", "reset_member"):
        assert reverse(name, args=[house.owner.member_id]) not in page
    assert answer.status_code == 403
    assert administrator.get(reverse("reset_member", args=[house.owner.member_id])).status_code == 403


def test_a_colleague_is_suspended_and_resumed_by_buttons(house: House, owner: Client, colleague: Client):
    place = house.colleague.member_id

    owner.post(reverse("suspend_member", args=[place]))
    assert colleague.get(reverse("home")).status_code == 302
    twice = owner.post(reverse("suspend_member", args=[place]))
    owner.post(reverse("resume_member", args=[place]))

    assert [message.level_tag for message in get_messages(twice.wsgi_request)] == ["success", "info"]
    assert read_colleague(by=house.owner, member_id=place).is_active


def test_a_departure_and_a_new_profession_are_entered(house: House, owner: Client):
    place = house.colleague.member_id

    assert owner.post(reverse("depart_member", args=[place]), {"last_day": "demain"}).status_code == 400
    assert owner.post(reverse("change_member", args=[place]), {"profession": "adjoint"}).status_code == 400
    owner.post(reverse("depart_member", args=[place]), {"last_day": today_in(HOUSE).isoformat()})
    owner.post(reverse("change_member", args=[place]), {"profession": "student"})

    changed = read_colleague(by=house.owner, member_id=place)
    assert (changed.last_day, changed.profession) == (today_in(HOUSE), Profession.STUDENT)


def test_ones_own_place_has_no_button_and_no_way(house: House, owner: Client):
    answer = owner.post(reverse("suspend_member", args=[house.owner.member_id]))

    assert answer.status_code == 400
    assert "Personne ne modifie sa propre place" in answer.content.decode()


def test_a_session_here_shows_as_the_last_day_seen(house: House, owner: Client):
    session = owner.session
    del session["pharmacy_id"]
    session.save()

    owner.get(reverse("home"))

    (mine,) = [one for one in read_team(by=house.administrator) if one.id == house.owner.member_id]
    assert mine.last_seen == today_in(HOUSE)


def test_a_newcomer_goes_from_the_code_to_the_second_factor(house: House):
    client = Client()

    assert follow(client, invited_code(house))["Location"] == reverse("invitation_account")
    check_page("enrol", client.get(reverse("invitation")).content.decode())
    check_page("account", client.get(reverse("invitation_account")).content.decode())
    client.post(reverse("invitation_account"), {"password": PASSWORD, "again": PASSWORD})

    assert client.get(reverse("home"))["Location"] == reverse("mfa_index")
    assert client.get(reverse("mfa_activate_totp")).status_code == 200
    assert [place.id for place in pharmacies_of(Person.objects.get(email=NEWCOMER.email).id)] == [house.here.id]


@pytest.mark.parametrize(
    ("password", "again"),
    [("", ""), (PASSWORD, "x"), ("court", "court"), ("motdepasse", "motdepasse"), (NEWCOMER.email,) * 2],
)
def test_a_password_that_breaks_the_rule_makes_no_account(house: House, password: str, again: str):
    client = Client()
    follow(client, invited_code(house))

    answer = client.post(reverse("invitation_account"), {"password": password, "again": again})

    assert answer.status_code == 400
    check_page("refused", answer.content.decode())
    assert not password or f'value="{password}"' not in answer.content.decode()
    assert not Person.objects.filter(email=NEWCOMER.email).exists()


def test_a_wrong_code_and_no_code_lead_back(house: House):
    client = Client()

    assert follow(client, f"{house.here.finess}-0000-0000-0000-0000").status_code == 400
    assert client.get(reverse("invitation_account"))["Location"] == reverse("invitation")


def test_who_has_an_account_keeps_it_and_gains_a_place(house: House):
    code = invited_code(house, person_of(house.stranger).email)
    client = Client()
    follow(client, code)
    sent = client.post(reverse("invitation_account"), {"password": PASSWORD, "again": PASSWORD})
    assert sent["Location"] == f"{reverse('account_login')}?next={reverse('invitation_account')}"

    client = sign_in(Client(), house.stranger)
    follow(client, code)
    check_page("accept", client.get(reverse("invitation_account")).content.decode())
    client.post(reverse("invitation_account"))

    assert {place.id for place in pharmacies_of(house.stranger.person_id)} == {house.here.id, house.elsewhere.id}
    assert house.here.name in client.get(reverse("home")).content.decode()


def test_the_place_waits_through_the_sign_in(house: House):
    person = person_of(house.stranger)
    code, client = invited_code(house, person.email), Client()
    follow(client, code)

    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    unproven = client.get(reverse("invitation_account"))

    assert unproven["Location"] == reverse("home")
    assert client.get(reverse("home"))["Location"] == reverse("mfa_index")
    assert client.session["offer"]


def test_an_invitation_is_not_taken_up_under_another_address_or_twice(house: House, colleague: Client):
    follow(colleague, invited_code(house))
    other = colleague.post(reverse("invitation_account"))
    follow(colleague, invited_code(house, person_of(house.colleague).email))
    again = colleague.post(reverse("invitation_account"))

    assert (other.status_code, again.status_code) == (400, 400)
    assert "autre adresse" in other.content.decode()
    assert "déjà une place" in again.content.decode()


def test_a_second_factor_is_needed_before_a_place_is_taken(house: House):
    seat = make_seat(house.elsewhere, Profession.ADJOINT)
    set_up_totp(person_of(seat))
    client = sign_in(Client(), seat, second_factor=False)
    follow(client, invited_code(house, person_of(seat).email))

    client.post(reverse("invitation_account"))

    assert [place.id for place in pharmacies_of(seat.person_id)] == [house.elsewhere.id]


class Directory:
    """A register that knows everybody as Anne Durand, a nurse."""

    def look_up(self, rpps: str) -> list[RegisteredActivity]:
        assert rpps
        nurse = frozenset({"G15/60"})
        return [RegisteredActivity(is_active=True, family_name="DURAND", given_names="Anne", professions=nurse)]


@pytest.fixture
def work(as_role) -> Callable[[], None]:
    """Let the worker compare every number with the directory."""

    def round_of() -> None:
        with as_role("temoin_worker"):
            ask_register(Directory(), threading.Event())

    return round_of


def compare(client: Client, subject_id: UUID, page: str, **changes: str) -> list[str]:
    """Press the button that a page shows for a number; return the kinds of message that the next page has."""
    form = page[page.index(reverse("compare_number", args=[subject_id])) :]
    seen = re.search(r'name="seen" value="([^"]+)"', form)[1]
    answer = client.post(reverse("compare_number", args=[subject_id]), {"seen": seen, **changes})
    assert answer["Location"] == reverse("team")
    return [message.level_tag for message in get_messages(answer.wsgi_request)]


def test_a_number_that_the_register_shows_otherwise_stands_out_on_the_team_and_on_its_page(
    house: House, owner: Client, work
):
    seat = make_seat(house.here, Profession.ADJOINT, rpps=NEWCOMER.rpps)
    before = owner.get(reverse("team")).content.decode()
    work()
    team, member = (
        owner.get(address).content.decode() for address in (reverse("team"), reverse("member", args=[seat.member_id]))
    )

    check_page("team", team)
    check_page("member", member)
    assert ("Non vérifié" in before, "Discordant" in before) == (True, False)
    for page in (team, member):
        assert "Discordant" in page
        assert "un autre nom, une autre profession" in page
        assert "Anne DURAND, Infirmier" in page
    assert "ne confirme pas tous les numéros" in team
    assert "ne confirme pas tous les numéros" not in before


def test_a_number_compared_with_the_card_by_a_button_is_no_matter_any_more(house: House, work):
    seat = make_seat(house.here, Profession.ADJOINT, rpps=NEWCOMER.rpps)
    other = make_seat(house.here, Profession.TITULAIRE, family_name="GARNIER", given_name="Ève")
    work()
    client, address = sign_in(Client(), other), reverse("member", args=[seat.member_id])
    compare(client, house.owner.member_id, client.get(reverse("team")).content.decode())
    changed = compare(client, seat.member_id, client.get(address).content.decode(), seen="another answer")
    done = compare(client, seat.member_id, client.get(address).content.decode())
    team, member = client.get(reverse("team")).content.decode(), client.get(address).content.decode()

    check_page("team", team)
    check_page("member", member)
    assert (changed[-1], done[-1]) == ("warning", "success")
    day = today_in(HOUSE).strftime("%d/%m/%Y")
    for page in (team, member):
        assert f"Comparé avec la carte le {day} par Ève GARNIER." in page
        assert "Discordant" in page
        assert reverse("compare_number", args=[seat.member_id]) not in page
    assert "ne confirme pas tous les numéros" not in team


def test_the_button_is_where_the_invitation_is_and_not_at_ones_own_number(house: House, owner: Client, work):
    invited = invite_member(by=house.administrator, newcomer=NEWCOMER)
    work()
    administrator = sign_in(Client(), house.administrator)
    page, others = (client.get(reverse("team")).content.decode() for client in (owner, administrator))
    compare(owner, invited.id, page)

    assert reverse("compare_number", args=[house.owner.member_id]) not in page + others
    assert reverse("compare_number", args=[invited.id]) not in others  # it waits for the owner
    assert "Comparé avec la carte le" in owner.get(reverse("team")).content.decode()


def test_whoever_approves_sees_the_number_and_that_it_was_not_checked(house: House, owner: Client):
    invite_member(by=house.administrator, newcomer=NEWCOMER)

    page = owner.get(reverse("team")).content.decode()
    row = page[page.index("GARNIER") :]

    assert NEWCOMER.rpps in row
    assert "Non vérifié" in row[: row.index("</tr>")]


def test_a_register_that_gave_no_answer_is_told(house: House, owner: Client):
    with tenant_scope(house.here.id):
        row = RegisterCheck.objects.get(subject_id=house.owner.member_id)
        commit = Commit()
        commit.change(RegisterCheck, row.id, trouble="unreachable", tried_at=now())
        commit.flush()

    assert "Il n’a pas répondu le" in owner.get(reverse("team")).content.decode()


def test_a_site_without_a_key_to_the_register_says_so(owner: Client, settings):
    words = "n’en a pas la clé"
    with_key = owner.get(reverse("team")).content.decode()
    settings.TEMOIN = replace(settings.TEMOIN, register=None)

    assert (words in with_key, words in owner.get(reverse("team")).content.decode()) == (False, True)
