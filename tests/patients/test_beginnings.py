"""Patients found by beginnings: whom each text finds, who may look, and how many rows are opened for nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from people import House, change_patient, make_patient, open_house, sign_in

from temoin.crypto.blind import bucket_index
from temoin.journal.events import EventKind
from temoin.journal.models import Event, Listing
from temoin.lib.errors import DeniedError
from temoin.lib.tenant import tenant_scope
from temoin.oversight.reading import patients_seen
from temoin.oversight.reading_settings import ReadingPace
from temoin.patients.models import Patient
from temoin.patients.queries import patients_by_start, traits_of
from temoin.patients.starts import NAME_USE, NAMES, PHONE, Beginnings, answers
from temoin.web.patient_search import SHOWN
from temoin.web.typed_person import typed_person

PEOPLE = {
    "martin": {
        "birth_family_name": "MARTIN",
        "birth_given_names": "CLAIRE ANNE",
        "used_given_name": "",
        "birth_date": "02/01/1980",
        "phone": "06 11 22 33 44",
    },
    "marty": {
        "birth_family_name": "Lefèvre",
        "used_family_name": "Marty",
        "birth_given_names": "JEAN-PIERRE",
        "used_given_name": "Pierrot",
        "birth_date": "02/01/1980",
        "phone": "",
    },
    "li": {
        "birth_family_name": "LI",
        "birth_given_names": "WEI",
        "used_given_name": "",
        "birth_date": "28/03/1979",
        "phone": "06 99 88 33 44",
    },
    "liegeois": {
        "birth_family_name": "DE LA TOUR",
        "birth_given_names": "LIÉGEOIS",
        "used_given_name": "",
        "birth_date": "05/05/1955",
        "phone": "",
    },
    "steiner": {
        "birth_family_name": "STEINER",
        "birth_given_names": "STÉPHANE",
        "used_given_name": "",
        "birth_date": "06/06/1966",
        "phone": "",
    },
    "beuve": {
        "birth_family_name": "STE BEUVE",
        "birth_given_names": "LI-AN",
        "used_given_name": "",
        "birth_date": "12/12/1978",
        "phone": "",
    },
    "muller": {
        "birth_family_name": "MÜLLER",
        "birth_given_names": "ÅSE",
        "used_given_name": "",
        "birth_date": "08/08/1968",
        "phone": "",
    },
    "groess": {
        "birth_family_name": "GROESS",
        "birth_given_names": "JUERGEN",
        "used_given_name": "",
        "birth_date": "09/09/1969",
        "phone": "",
    },
    "ostergard": {
        "birth_family_name": "OESTERGAARD",
        "used_family_name": "HØJGÅRD",
        "birth_given_names": "BO",
        "used_given_name": "",
        "birth_date": "10/10/1970",
        "phone": "",
    },
    "yu": {
        "birth_family_name": "LI",
        "birth_given_names": "YU",
        "used_given_name": "",
        "birth_date": "07/07/1977",
        "phone": "06 12 12 12 78",
    },
}


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


@pytest.fixture
def known(house: House) -> dict[object, str]:
    return {make_patient(house.owner, nir="", **traits): name for name, traits in PEOPLE.items()}


def found(house: House, known: dict[object, str], text: str) -> set[str]:
    asked = typed_person(text)
    assert asked is not None
    return {
        known[patient_id] for patient_id, _traits in patients_by_start(by=house.colleague, asked=asked, most=9).first
    }


@pytest.mark.parametrize(
    ("text", "whom"),
    [
        ("mar", {"martin", "marty"}),
        ("Müller", {"muller"}),
        ("MUELLER", {"muller"}),
        ("muel", {"muller"}),
        ("mull aas", {"muller"}),
        ("MUELLER AASE", {"muller"}),
        ("müller xyz", set()),
        ("Größ", {"groess"}),
        ("grö", {"groess"}),
        ("Größ Jürgen", {"groess"}),
        ("Østergård", {"ostergard"}),
        ("östergaard", {"ostergard"}),
        ("HOEJGAARD BO", {"ostergard"}),
        ("MART", {"martin", "marty"}),
        ("martin", {"martin"}),
        ("martinez", set()),
        ("mar cla", {"martin"}),
        ("cla mar", {"martin"}),
        ("mar xyz", set()),
        ("lefevre", {"marty"}),
        ("jean-p", {"marty"}),
        ("pierro", {"marty"}),
        ("marty pierre", {"marty"}),
        ("li", {"li", "yu"}),
        ("LI YU", {"yu"}),
        ("yu li", {"yu"}),
        ("li we", {"li"}),
        ("li xu", set()),
        ("ste", {"steiner", "beuve"}),
        ("Ste\u0301", {"steiner", "beuve"}),
        ("steiner st", {"steiner"}),
        ("ste, beu", {"beuve"}),
        ("saint", {"beuve"}),
        ("st 06/06/1966", {"steiner"}),
        ("steiner 06 06 1966", {"steiner"}),
        ("tour", set()),  # inside a name
        ("anne", set()),
        ("anne 3344", {"martin"}),
        ("pierre 02/01/1980", {"marty"}),
        ("121278", {"beuve", "yu"}),
        ("li 121278", {"beuve", "yu"}),
        ("ste 12/12/78", {"beuve"}),
        ("lie", {"liegeois"}),
        ("de la to", {"liegeois"}),
        ("dela", {"liegeois"}),
        ("3344", {"martin", "li"}),
        ("0611223344", {"martin"}),
        ("mar 3344", {"martin"}),
        ("02/01/1980", {"martin", "marty"}),
        ("02011980 mart cl", {"martin"}),
        ("li 02/01/1980", set()),
    ],
)
def test_whom_a_text_finds(house: House, known: dict[object, str], text: str, whom: set[str]):
    assert found(house, known, text) == whom


def test_rows_that_share_a_byte_by_chance_are_never_shown(house: House, known: dict[object, str]):
    """Every row is compared, as if the bytes of all were one: what is found is the same under any key."""
    with tenant_scope(house.here.id):
        opened = {known[patient.id]: patient.traits for patient in Patient.objects.all()}

    for text in ("mar", "pierre", "li", "li yu", "ste", "an", "de la to", "anne", "tour", "st", "mar 3344", "121278"):
        asked = typed_person(text)
        assert asked is not None
        assert found(house, known, text) == {name for name, traits in opened.items() if answers(traits, asked)}, text


@pytest.mark.usefixtures("known")
def test_a_stranger_finds_nobody_and_who_may_read_no_patient_is_refused(house: House):
    asked = Beginnings(("mar",))

    assert patients_by_start(by=house.stranger, asked=asked, most=9).first == []
    assert patients_by_start(by=house.owner, asked=asked, most=9).count == 2
    with pytest.raises(DeniedError), transaction.atomic():
        patients_by_start(by=house.administrator, asked=asked, most=9)


def test_the_search_is_an_event_with_whom_it_showed_and_no_word_of_what_was_typed(
    house: House, known: dict[object, str]
):
    found(house, known, "martin")

    with tenant_scope(house.here.id):
        event = Event.objects.filter(kind=EventKind.PATIENT_SEARCHED).latest("at")
    assert event.detail == "start"
    assert "martin" not in str(vars(event)).lower()


def test_of_many_found_only_those_shown_count_as_seen(house: House, known: dict[object, str]):
    found = patients_by_start(by=house.owner, asked=Beginnings(("mar",)), most=1)

    ((patient_id, _traits),) = found.first
    assert (known[patient_id], found.count, found.has_more) == ("martin", 2, True)
    assert patients_seen(by=house.owner).shown == 1
    with tenant_scope(house.here.id):
        assert [listing.subjects for listing in Listing.objects.all()] == [[patient_id]]


def test_fifty_searches_an_hour_are_no_reading_in_bulk():
    assert ReadingPace().shown_per_hour >= 50 * SHOWN


def test_a_changed_name_and_telephone_are_found_and_the_former_ones_are_not(house: House, known: dict[object, str]):
    patient_id = next(patient for patient, name in known.items() if name == "martin")
    with tenant_scope(house.here.id):
        traits = traits_of(patient_id)
    change_patient(by=house.owner, patient_id=patient_id, traits=replace(traits, birth_family_name="ZOLA", phone=""))

    assert found(house, known, "zola") == {"martin"}
    assert found(house, known, "martin") == set()
    assert found(house, known, "0611223344") == set()


@pytest.mark.usefixtures("known")
def test_a_row_stores_a_byte_for_each_name_and_nothing_else(house: House):
    with tenant_scope(house.here.id):
        for patient in Patient.objects.all():
            stored = [getattr(patient, column) for column in (*NAMES, PHONE)]
            assert all(one is None or len(bytes(one)) == 1 for one in stored)


def test_another_pharmacy_has_other_bytes(house: House):
    texts = [f"{first}{second}{third}" for first in "abcdefgh" for second in "aeiou" for third in "lmnr"]

    bytes_of = []
    for pharmacy in (house.here, house.elsewhere):
        with tenant_scope(pharmacy.id):
            bytes_of.append([bucket_index(NAME_USE, text) for text in texts])

    ours, theirs = bytes_of
    assert sum(one == other for one, other in zip(ours, theirs, strict=True)) < 10


def test_one_row_in_sixty_is_opened_for_nothing(house: House):
    """Four names, each with one byte: 4 in 256 of the pharmacy's rows share one with what was asked for."""
    names = [f"{a}{b}{c}" for a in "abcdefghijklmnop" for b in "aeiouy" for c in "lmnrstvz"]
    with tenant_scope(house.here.id):
        asked = bucket_index(NAME_USE, "zzz")
        shares = [bucket_index(NAME_USE, name) == asked for name in names]

    assert len(names) == 768
    assert sum(shares) / len(names) < 0.03  # 1 in 256 is expected of each name


# In the page --------------------------------------------------------------------------------------------------------


def looked(client: Client, text: str) -> str:
    return client.post(reverse("find_patient") + "?read", {"scan": text}).content.decode()


@pytest.mark.usefixtures("known")
def test_the_one_field_finds_by_a_beginning_and_shows_what_tells_people_apart(house: House):
    page = looked(sign_in(Client(), house.colleague), "mart")

    assert "2 patients trouvés" in page
    assert page.index("MARTIN CLAIRE") < page.index("Lefèvre")
    assert "… 33 44" in page
    assert "· Marty" in page
    assert "· Pierrot" in page
    assert 'name="scan" value=""' in page


def test_many_found_are_counted_and_the_first_shown(house: House):
    for number in range(22):
        day = date(1980, 1, 1 + number)
        make_patient(house.owner, nir="", birth_family_name="NOMBREUX", birth_date=f"{day:%d/%m/%Y}")

    page = looked(sign_in(Client(), house.owner), "nom")

    assert "22 patients trouvés" in page
    assert page.count('class="panel candidate"') == SHOWN
    assert "Seuls les premiers sont affichés" in page
    assert patients_seen(by=house.owner).shown == SHOWN


def test_a_search_for_the_same_person_says_too_that_it_shows_the_first_only(house: House):
    one, *_others = [
        make_patient(house.owner, nir="", birth_family_name=f"NOMBREUX {letter}") for letter in "ABCDEFGHIJKL"
    ]

    page = sign_in(Client(), house.owner).post(reverse("same_person", args=[one]) + "?read", {"scan": "nom"})

    assert "Seuls les premiers sont affichés" in page.content.decode()
