"""`temoin breach`: the owner's list as CSV, the operator's counts, and who is refused."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.core.cache import cache
from people import PASSWORD, House, make_patient, open_house, person_of, set_up_totp, totp_code

from temoin.cli import breach, operating, signer
from temoin.cli.main import main
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.config_error import ConfigError
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE
from temoin.oversight.breach_notice import DATA, BreachFacts, letter_text, notice_text
from temoin.oversight.concerned import Extent
from temoin.patients.queries import patients_by_nir
from temoin.patients.traits import Traits
from temoin.pharmacies.models import Pharmacy


@pytest.fixture
def house(db: None, settings, monkeypatch: pytest.MonkeyPatch) -> House:  # noqa: ARG001 opens the database
    """Two pharmacies of a real site, in a database that runs already."""
    monkeypatch.setattr(operating, "database_running", lambda _settings: nullcontext())
    monkeypatch.setattr(operating, "become", lambda _process: None)
    settings.TEMOIN = replace(settings.TEMOIN, site=replace(settings.TEMOIN.site, demo=False))
    house = open_house()
    for seat in (house.owner, house.colleague, house.stranger):
        set_up_totp(person_of(seat))
    return house


@pytest.fixture
def run(house: House, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """List as somebody who types these answers, over and over."""

    def typed(seat, *words: str, password: str = PASSWORD) -> int:
        # The code is drawn when it is asked for: it may have changed since the try before.
        answers = {"Password": lambda: password, "Code": totp_code}
        choose = signer.choose_signer
        monkeypatch.setattr(
            signer, "choose_signer", lambda **who: choose(**who, ask=lambda question: answers[question.split()[0]]())
        )
        try:
            return main(["breach", "persons", "--pharmacy", house.here.finess, "--by", person_of(seat).email, *words])
        finally:
            monkeypatch.setattr(signer, "choose_signer", choose)

    return typed


def runs(house: House, kind: EventKind) -> int:
    with tenant_scope(house.here.id):
        return Event.objects.filter(kind=kind.value).count()


def test_the_owner_gets_the_persons_as_csv_and_their_number_apart(house, run, capsys):
    patient_id = make_patient(house.owner)

    assert run(house.owner) == 0

    said = capsys.readouterr()
    (row,) = csv.DictReader(io.StringIO(said.out))
    assert (row["id"], row["birth_family_name"], row["birth_date"]) == (str(patient_id), "PAT-TROIS", "1979-03-28")
    assert row["email"] == "dominique@patient.example"
    assert "279035121518989" not in said.out
    assert said.err == "temoin: 1 person.\n"


def test_a_cell_that_a_spreadsheet_would_compute_is_guarded(house, run, capsys):
    make_patient(house.owner, street='=HYPERLINK("x"), 3', city="@Paris")

    run(house.owner)

    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["street"], row["city"], row["phone"]) == ('\'=HYPERLINK("x"), 3', "'@Paris", "'+33612345678")


def test_without_a_person_the_list_is_its_header(house, run, capsys):
    assert run(house.owner) == 0

    assert capsys.readouterr().out.splitlines() == [",".join(["id", *breach.COLUMNS])]
    assert runs(house, EventKind.PERSONS_LISTED) == 1


def test_listing_twice_gives_the_same_and_leaves_two_events(house, run, capsys):
    make_patient(house.owner)

    assert run(house.owner) == 0
    assert run(house.owner) == 2  # a code opens once
    cache.clear()  # as if the authenticator showed the next one
    assert run(house.owner) == 0

    first, second = capsys.readouterr().out.split("id,")[1:]
    assert first == second
    assert runs(house, EventKind.PERSONS_LISTED) == 2


@pytest.mark.parametrize("who", ["colleague", "stranger"])
def test_nobody_else_is_shown_anything_even_when_proven(house, run, capsys, who):
    make_patient(house.owner)

    assert run(getattr(house, who)) == 2

    assert capsys.readouterr().out == ""
    assert runs(house, EventKind.PERSONS_LISTED) == 0


def test_an_unproven_owner_is_shown_nothing(house, run, capsys):
    assert run(house.owner, password="faux") == 2

    said = capsys.readouterr()
    assert (said.out, "Password or code is wrong." in said.err) == ("", True)


def test_a_demonstration_says_that_it_asks_for_no_password_and_a_real_site_does_not(house, run, settings, capsys):
    assert run(house.owner) == 0
    at_a_real_site = capsys.readouterr().err
    settings.TEMOIN = replace(settings.TEMOIN, site=replace(settings.TEMOIN.site, demo=True))
    assert main(["breach", "persons", "--pharmacy", house.here.finess, "--by", person_of(house.owner).email]) == 0

    said = "This is a demonstration: at a real site the owner types password and one-time code first."
    assert said not in at_a_real_site
    assert said in capsys.readouterr().err


def test_searches_of_which_nobody_can_say_whom_they_showed_are_told(house, run, capsys, tamper):
    make_patient(house.owner)
    patients_by_nir(by=house.owner, nir="279035121518989")
    tamper("DELETE FROM journal_listing")
    run(house.owner, "--since", "2026-01-01")

    assert "1 search in this period does not say whom it showed" in capsys.readouterr().err


def test_the_operator_counts_each_pharmacy_without_a_question(house, capsys):
    make_patient(house.owner)

    assert main(["breach", "count"]) == 0
    assert main(["breach", "count", "--pharmacy", house.elsewhere.finess, "--until", "2026-01-01"]) == 0

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [(finess, number) for finess, number, *_name in lines] == [
        (house.here.finess, "1"),
        (house.elsewhere.finess, "0"),
        (house.elsewhere.finess, "0"),
    ]
    assert runs(house, EventKind.PERSONS_COUNTED) == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--since", "hier"], "Write a day as 2026-11-01"),
        (["--since", "2026-11-02", "--until", "2026-11-01"], "The period ends before it begins."),
        (["--pharmacy", "690781810"], "No pharmacy has this FINESS number here"),
    ],
)
@pytest.mark.usefixtures("house")
def test_a_refusal_is_a_sentence_and_status_2(capsys, words, sentence):
    assert main(["breach", "count", *words]) == 2
    assert sentence in capsys.readouterr().err


def test_a_day_is_that_of_the_pharmacy_and_the_last_one_counts():
    first = breach._moment("2026-11-01", HOUSE, end=0)
    last = breach._moment("2026-11-01", HOUSE, end=1)

    assert (last - first).total_seconds() == 24 * 3600
    assert first.isoformat() == "2026-10-31T23:00:00+00:00"
    assert breach._moment("2026-11-01T14:30", HOUSE, end=1).isoformat() == "2026-11-01T13:30:00+00:00"
    assert breach._moment("2026-11-01T14:30Z", HOUSE, end=1).isoformat() == "2026-11-01T14:30:00+00:00"


@pytest.mark.parametrize(
    "text", ["2026-10-25T02:30", "2027-03-28T02:30", "9999-12-31", "0001-01-01", "9999-12-31T23:59"]
)
def test_an_hour_that_comes_never_or_twice_and_a_day_out_of_reach_are_asked_for(text: str):
    with pytest.raises(ConfigError):
        breach._moment(text, HOUSE, end=1)


def test_the_notice_says_in_french_what_is_known_and_leaves_gaps_for_the_rest(house: House, capsys):
    make_patient(house.owner)

    status = main(["breach", "notice", "--pharmacy", house.here.finess, "--since", "2026-11-01"])

    said = capsys.readouterr().out
    assert status == 0
    assert "NOTIFICATION À LA CNIL" in said
    assert "concernées, au plus\u202f: 1" in said
    assert f"{house.here.name}, FINESS {house.here.finess}" in said
    assert "01/11/2026 à 00:00" in said
    assert "[jour et heure]" in said
    assert runs(house, EventKind.PERSONS_COUNTED) == 1


def test_letters_go_to_each_person_concerned_for_the_owner_alone(house: House, monkeypatch, capsys):
    make_patient(house.owner)
    choose = signer.choose_signer

    def write_letters(seat) -> int:
        answers = {"Password": lambda: PASSWORD, "Code": totp_code}
        monkeypatch.setattr(
            signer, "choose_signer", lambda **who: choose(**who, ask=lambda question: answers[question.split()[0]]())
        )
        return main(["breach", "letters", "--pharmacy", house.here.finess, "--by", person_of(seat).email])

    refused, denied = write_letters(house.colleague), capsys.readouterr()
    done, said = write_letters(house.owner), capsys.readouterr()

    assert (refused, denied.out, done) == (2, "", 0)
    assert "28 AVENUE DE BRETEUIL" in said.out.upper()
    assert said.out.count("\f") == 1
    assert "réclamation à la CNIL" in said.out
    assert "1 person." in said.err


NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
PERSON = Traits(birth_family_name="Roux", birth_given_names="Ada", sex="F", birth_date=date(1979, 3, 28))
UNTOLD = {
    "identity_status": "says whether a document was seen",
    "country": "stands beside an address; alone it is nobody's",
}


def facts(**counts: int) -> BreachFacts:
    pharmacy = Pharmacy(name="Pharmacie", finess="750000001", time_zone=HOUSE.key)
    return BreachFacts(pharmacy, Extent(), NOW, **({"persons": 1, "tests": 1, "searches": 0, "erased": 0} | counts))


def test_every_trait_of_a_person_has_its_word_in_the_letter():
    named = {field for fields in DATA.values() for field in fields}

    assert named == set(Traits.__dataclass_fields__) - set(UNTOLD)
    for words, fields in DATA.items():
        full = letter_text(facts(), replace(PERSON, **{field: getattr(PERSON, field) or "x" for field in fields}))
        assert f"\n– {words}\n" in full


def test_the_letter_to_somebody_abroad_is_addressed_with_the_country():
    abroad = replace(PERSON, street="", postcode="1201", city="Genève", country="CHE")

    assert "\n1201 Genève\nSuisse\n" in letter_text(facts(), abroad)
    assert "France" not in letter_text(facts(), replace(abroad, country="FRA"))


def test_the_letter_names_nothing_that_is_not_held_of_the_person():
    letter = letter_text(facts(), PERSON)

    assert [words for words in DATA if words in letter] == ["votre nom", "votre sexe", "votre date de naissance"]


@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.parametrize("what", ["searches", "erased"])
def test_the_notice_counts_in_good_french(what: str, count: int):
    notice = notice_text(facts(**{what: count}))
    one = {"searches": "1 recherche de patients de la période ne dit plus", "erased": "1 patient a été effacé"}[what]
    many = {"searches": "2 recherches de patients de la période", "erased": "2 patients ont été effacés"}[what]

    assert (one in notice, many in notice) == (count == 1, count == 2)
