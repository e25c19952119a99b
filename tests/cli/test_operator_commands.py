"""The operator's commands: from an empty site to the first owner's place, and each refusal in a sentence."""

from __future__ import annotations

import re
from contextlib import nullcontext

import pytest
from people import PASSWORD, House, open_house
from stdnum import luhn

from temoin.cli import operating
from temoin.cli.main import main
from temoin.journal.models import Event
from temoin.lib.errors import NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.invitations import find_offer
from temoin.pharmacies.models import Pharmacy
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.seat import pharmacies_of, take_seat
from temoin.pharmacies.training import enter_training
from temoin.signin.joining import enrol_with_password

FINESS = "750712184"
OPEN = ["pharmacy", "open", "--finess", FINESS, "--name", "Pharmacie Haute", "--street", "1 rue Haute"]
OPEN += ["--postcode", "75001", "--city", "Paris"]
INVITE = ["member", "invite", FINESS, "--profession", "titulaire", "--given-name", "Claire", "--family-name", "MARTIN"]
INVITE += ["--email", "claire.martin@officine.example", "--rpps", "10003879623"]


@pytest.fixture(autouse=True)
def database(db: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    """The database of the tests runs already, and Django is loaded."""
    monkeypatch.setattr(operating, "database_running", lambda _settings: nullcontext())
    monkeypatch.setattr(operating, "become", lambda _process: None)


@pytest.fixture
def house() -> House:
    return open_house()


def test_an_empty_site_gets_its_pharmacy_and_its_first_owner(capsys: pytest.CaptureFixture[str]):
    assert main(OPEN) == 0
    assert main(INVITE) == 0
    code = re.search(r"code +(\S+)", capsys.readouterr().out)[1]

    person = enrol_with_password(offer=find_offer(code=code), password=PASSWORD)

    (pharmacy,) = pharmacies_of(person.id)
    assert pharmacy.finess == FINESS
    assert take_seat(person_id=person.id, pharmacy_id=pharmacy.id).profession is Profession.TITULAIRE


OWNER = ["--owner-given-name", "Claire", "--owner-family-name", "MARTIN", "--owner-email", "claire@officine.example"]


def test_a_pharmacy_is_opened_with_its_owner_in_one_command(capsys: pytest.CaptureFixture[str]):
    assert main([*OPEN, *OWNER, "--owner-rpps", "10003879623"]) == 0
    code = re.search(r"code +(\S+)", capsys.readouterr().out)[1]

    person = enrol_with_password(offer=find_offer(code=code), password=PASSWORD)

    (pharmacy,) = pharmacies_of(person.id)
    assert take_seat(person_id=person.id, pharmacy_id=pharmacy.id).profession is Profession.TITULAIRE


def test_an_owner_who_is_named_by_half_opens_no_pharmacy(capsys: pytest.CaptureFixture[str]):
    assert main([*OPEN, *OWNER]) == 2

    assert "rpps" in capsys.readouterr().err.lower()
    assert not Pharmacy.objects.exists()


def test_each_command_is_an_event_of_origin_command(capsys: pytest.CaptureFixture[str]):
    main(OPEN)
    main(INVITE)
    main(["pharmacy", "close", FINESS])
    main(["pharmacy", "reopen", FINESS])
    capsys.readouterr()

    with tenant_scope(Pharmacy.objects.get(finess=FINESS).id):
        found = list(Event.objects.order_by("at").values_list("kind", "origin", "profession", "actor_id"))
    kinds = ["pharmacy.opened", "member.invited", "pharmacy.closed", "pharmacy.opened"]
    assert found == [(kind, "command", "operator", None) for kind in kinds]


def test_a_person_is_listed_suspended_and_resumed(house: House, capsys: pytest.CaptureFixture[str]):
    place = [house.here.finess, str(house.owner.member_id)]

    assert main(["member", "suspend", *place]) == 0
    with pytest.raises(NotFoundError):
        take_seat(person_id=house.owner.person_id, pharmacy_id=house.here.id)
    assert main(["member", "list", house.here.finess]) == 0
    assert re.search(rf"{house.owner.member_id} +titulaire +suspended", capsys.readouterr().out)
    assert main(["member", "resume", *place]) == 0

    assert take_seat(person_id=house.owner.person_id, pharmacy_id=house.here.id)


def test_pharmacies_are_listed_with_their_state(house: House, capsys: pytest.CaptureFixture[str]):
    main(["pharmacy", "close", house.elsewhere.finess])
    enter_training(by=house.owner)

    assert main(["pharmacy", "list"]) == 0

    told = capsys.readouterr().out
    assert re.search(rf"{house.here.finess} +open", told)
    assert re.search(rf"{house.elsewhere.finess} +closed on", told)
    assert re.search(rf"X{house.here.finess} +training", told)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([*OPEN[:3], "750712185", *OPEN[4:]], "This is not a FINESS number"),
        (["pharmacy", "close", "690781810"], "No pharmacy has this FINESS number here"),
        (["member", "list", "x"], "This is not a FINESS number"),
        ([*INVITE[:4], "roi", *INVITE[5:]], "profession: Choose a profession."),
        ([*INVITE[:-1], "12"], "rpps: An RPPS number has eleven digits."),
        (["member", "suspend", FINESS, "00000000-0000-4000-8000-000000000000"], "Not found."),
    ],
)
def test_a_refusal_is_a_sentence_and_status_2(capsys: pytest.CaptureFixture[str], words: list[str], sentence: str):
    main(OPEN)

    assert main(words) == 2
    assert sentence in capsys.readouterr().err


def test_opening_twice_is_refused_and_a_doubtful_number_of_corsica_is_told(capsys: pytest.CaptureFixture[str]):
    main(OPEN)
    assert main(OPEN) == 2
    assert "is already registered here" in capsys.readouterr().err

    assert not luhn.is_valid("2A0000015".translate(str.maketrans("AB", "12")))
    assert main([*OPEN[:3], "2A0000015", *OPEN[4:]]) == 0
    assert "compare it with the register" in capsys.readouterr().out


def test_suspending_twice_says_so(house: House, capsys: pytest.CaptureFixture[str]):
    place = [house.here.finess, str(house.colleague.member_id)]

    main(["member", "suspend", *place])

    assert main(["member", "suspend", *place]) == 2
    assert "This was already done." in capsys.readouterr().err
