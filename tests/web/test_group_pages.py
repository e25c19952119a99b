"""The pages of groups: who sees and does what, a list handed in, the scan, the review, the papers."""

from __future__ import annotations

import re
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse
from people import COVID, House, make_lot, make_patient, sign_in

from temoin.catalogue.lots import recall_lot
from temoin.intake import turns
from temoin.lib.clock import now, shifted_by
from temoin.patients.notice import CURRENT_NOTICE
from temoin.pharmacies.programs import ProgramSeat
from temoin.pharmacies.scopes import Scope
from temoin.pharmacies.seat import Seat
from temoin.testing.actions import abandon_test
from temoin.testing.group_queries import GroupMember, read_group
from temoin.testing.groups import PlaceState, close_group, join_group, mark_place, open_group, sample_place
from temoin.testing.proposals import enter_result, propose_result
from temoin.testing.queries import read_test
from temoin.testing.sample import Reading, Sample

NAMES = ("ARNAUD", "BLONDEL", "CLEMENT")


@pytest.fixture
def group_id(house: House) -> UUID:
    return make_group(house.owner)


@pytest.fixture
def student(house: House) -> Client:
    return sign_in(Client(), house.student)


@pytest.fixture
def _done_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "start_behind", lambda work: work())


def make_group(by: Seat, names: tuple[str, ...] = NAMES) -> UUID:
    group_id = uuid4()
    open_group(by=by, group_id=group_id, name="École Jules-Ferry", kind=COVID, asker="Dr Vidal")
    people = [make_patient(by, birth_family_name=name, nir="") for name in names]
    join_group(by=by, group_id=group_id, patient_ids=people)
    return group_id


def members(by: Seat, group_id: UUID) -> list[GroupMember]:
    return read_group(by=by, group_id=group_id).members


def numbers(by: Seat, group_id: UUID) -> list[str]:
    return [one.place.number for one in members(by, group_id)]


def sampled(by: Seat, group_id: UUID, number: str, lot_id: UUID, minutes_ago: int = 16) -> UUID:
    """Sample a quarter of an hour ago, unless told: it can be read now."""
    with shifted_by(-timedelta(minutes=minutes_ago)):
        return sample_place(
            by=by,
            group_id=group_id,
            number=number,
            notice_version=CURRENT_NOTICE,
            sample=Sample("nasopharyngeal-swab", now(), lot_id),
            station="",
        )


def note(by: Seat, tests: list[UUID], outcomes: tuple[str, ...]) -> None:
    for record_id, outcome in zip(tests, outcomes, strict=True):
        enter_result(by=by, record_id=record_id, reading=Reading({"sars-cov-2": outcome}, now()), expected=None)


def noted(by: Seat, group_id: UUID, outcomes: tuple[str, ...]) -> list[UUID]:
    lot_id = make_lot(by)
    tests = [sampled(by, group_id, number, lot_id) for number in numbers(by, group_id)]
    note(by, tests, outcomes)
    return tests


def body(client: Client, name: str, *args: object, query: str = "") -> str:
    return client.get(reverse(name, args=args) + query).content.decode()


def ticks(page: str) -> list[tuple[str, bool]]:
    """Return each box of a page: its value, and whether it is ticked."""
    parts = page.split('name="take" value="')[1:]
    return [(part.split('"')[0], "checked" in part.split(">")[0]) for part in parts]


def test_a_group_is_opened_once_by_a_double_click(owner: Client):
    form = {"group_id": str(uuid4()), "name": "École Jules-Ferry", "kind": COVID}

    first, second = (owner.post(reverse("open_group"), form) for _ in range(2))

    assert first["Location"] == second["Location"] == reverse("group", args=[form["group_id"]])
    assert "École Jules-Ferry" in body(owner, "groups")


def test_an_empty_group_says_what_to_do_and_no_group_says_it_too(owner: Client, house: House):
    assert "Aucun groupe" in body(owner, "groups")
    group_id = make_group(house.owner, ())

    page = body(owner, "group", group_id)
    assert "Personne n’est encore sur la liste" in page
    assert reverse("close_group", args=[group_id]) in page  # one opened by mistake is closed as others are


def test_a_group_without_a_name_keeps_what_was_typed(owner: Client):
    form = {"group_id": str(uuid4()), "name": "", "kind": COVID, "asker": "Dr Vidal"}

    answer = owner.post(reverse("open_group"), form)

    assert answer.status_code == 400
    assert "Dr Vidal" in answer.content.decode()


@pytest.mark.parametrize("page", ["group", "fresh_roster", "group_labels", "group_attendance", "review_group"])
def test_a_stranger_finds_no_page_of_it(stranger: Client, group_id: UUID, page: str):
    assert stranger.get(reverse(page, args=[group_id])).status_code == 404


@pytest.mark.usefixtures("_done_at_once")
def test_a_list_fills_the_roster_and_a_second_time_nobody_stands_on_it_twice(
    owner: Client, house: House, group_id: UUID
):
    typed = "DELORME;Zoé;12/04/2015;F;+33 6 12 34 56 78;\nESNAULT\tMarc\t03/11/2014\tM"

    for _ in range(2):
        handed = owner.post(reverse("type_people", args=[group_id]), {"people": typed})["Location"]
        owner.post(f"{handed}take/")

    assert "Vers le groupe" in owner.get(handed).content.decode()
    people = [one.traits for one in members(house.owner, group_id)]
    names = [traits.birth_family_name for traits in people]
    assert (people[3].birth_date, people[3].phone) == (date(2015, 4, 12), "+33612345678")
    assert names == ["ARNAUD", "BLONDEL", "CLEMENT", "DELORME", "ESNAULT"]


@pytest.mark.usefixtures("_done_at_once")
def test_a_closed_group_refuses_each_row_of_a_list(owner: Client, house: House, group_id: UUID):
    handed = owner.post(reverse("type_people", args=[group_id]), {"people": "DELORME;Zoé;12/04/2015;F"})["Location"]
    close_group(by=house.owner, group_id=group_id)

    owner.post(f"{handed}take/")

    assert "Le groupe est clos" in owner.get(handed).content.decode()


@pytest.mark.usefixtures("_done_at_once")
def test_what_is_wrong_in_a_typed_list_is_told_by_the_line_that_was_typed(owner: Client, group_id: UUID):
    typed = "DELORME;Zoé;12/04/2015;F\r\n\r\nESNAULT;Marc;12/04/2015;X"

    handed = owner.post(reverse("type_people", args=[group_id]), {"people": typed})["Location"]
    page, mended = owner.get(handed).content.decode(), owner.get(f"{handed}to-correct/")

    assert re.findall(r'<th scope="row">([0-9]+) ', page) == ["3"]
    assert "ESNAULT" in mended.getvalue().decode("utf-8-sig")


def test_nobody_typed_is_said(owner: Client, group_id: UUID):
    assert owner.post(reverse("type_people", args=[group_id]), {"people": " "}).status_code == 400


def test_a_list_for_a_group_of_elsewhere_is_refused(stranger: Client, group_id: UUID):
    assert stranger.post(reverse("type_people", args=[group_id]), {"people": "A;B;01/01/2000;F"}).status_code == 404


def test_a_patient_joins_from_their_own_page(owner: Client, house: House, group_id: UUID):
    patient = make_patient(house.owner, birth_family_name="DUPUIS", nir="")
    assert "École Jules-Ferry" in body(owner, "patient", patient)

    for _ in range(2):
        answer = owner.post(reverse("join_group", args=[patient]), {"group": str(group_id)}, follow=True)

    assert "déjà sur la liste" in answer.content.decode()
    assert patient in {one.place.patient_id for one in members(house.owner, group_id)}


def test_one_press_attests_the_consent_of_one_person_and_samples(student: Client, house: House, group_id: UUID):
    make_lot(house.owner)
    first = numbers(house.owner, group_id)[0]
    lot = body(student, "group", group_id).split('name="lot" value="')[1].split('"')[0]
    form = {"number": first, "lot": lot, "consent": CURRENT_NOTICE}

    answers = [student.post(reverse("sample_in_group", args=[group_id]), form, follow=True) for _ in range(2)]

    assert "a été plus rapide" in answers[1].content.decode()
    assert [one.place.state for one in members(house.owner, group_id)] == ["tested", "expected", "expected"]


def test_without_the_consent_or_with_another_lot_nothing_is_recorded(owner: Client, house: House, group_id: UUID):
    make_lot(house.owner)
    number = numbers(house.owner, group_id)[0]

    for form in ({"number": number}, {"number": number, "consent": CURRENT_NOTICE, "lot": str(uuid4())}):
        owner.post(reverse("sample_in_group", args=[group_id]), form)

    assert members(house.owner, group_id)[0].test is None


def test_a_scan_opens_the_row_and_the_next_one_keeps_what_was_chosen(owner: Client, house: House, group_id: UUID):
    lot_id = make_lot(house.owner)
    first, second, _third = numbers(house.owner, group_id)
    for number in (first, second):
        sampled(house.owner, group_id, number, lot_id)
    at = reverse("scan_in_group", args=[group_id])

    opened = owner.post(at, {"scan": f"T{first}"})["Location"]
    assert f'name="entered" value="{first}"' in owner.get(opened).content.decode()
    answer = owner.post(at, {"scan": second, "entered": first, "seen": "none", "outcome-sars-cov-2": "negative"})

    assert answer["Location"].endswith(f"?row={second}")
    kept = members(house.owner, group_id)[0]
    assert kept.proposal.reading.outcomes == {"sars-cov-2": "negative"}
    assert read_test(by=house.owner, record_id=kept.test.id).report is None


@pytest.mark.parametrize(
    ("scan", "words"),
    [
        ("T50006", "personne dans ce groupe"),
        ("zzz", "ne s’appelle ainsi"),
        ("51234", "un chiffre"),
        ("(01)05012345678900", "boîte"),
    ],
)
def test_what_names_nobody_of_the_group_is_said(owner: Client, group_id: UUID, scan: str, words: str):
    answer = owner.post(reverse("scan_in_group", args=[group_id]), {"scan": scan})

    assert answer.status_code == 400
    assert words in answer.content.decode()


def test_the_beginning_of_a_name_opens_a_row_and_two_of_a_name_are_asked_about(owner: Client, house: House):
    group_id = make_group(house.owner, ("ARNAUD", "ARNOUX", "BLÖNDEL"))
    at = reverse("scan_in_group", args=[group_id])

    for beginning in ("blon", "BLOEN", "blön"):
        assert owner.post(at, {"scan": beginning})["Location"].endswith(numbers(house.owner, group_id)[2])
    assert owner.post(at, {"scan": "arn"}).status_code == 400


def test_a_reading_before_its_time_stays_open_with_its_reason(owner: Client, house: House, group_id: UUID):
    number = numbers(house.owner, group_id)[0]
    sampled(house.owner, group_id, number, make_lot(house.owner), minutes_ago=1)

    form = {"scan": "", "entered": number, "seen": "none", "outcome-sars-cov-2": "negative"}
    answer = owner.post(reverse("scan_in_group", args=[group_id]), form)

    assert answer.status_code == 400
    assert "Trop tôt" in answer.content.decode()
    assert f'name="entered" value="{number}"' in answer.content.decode()
    assert members(house.owner, group_id)[0].proposal is None


@pytest.mark.parametrize("act", ["scan_in_group", "sample_in_group", "start_in_group", "mark_in_group"])
def test_what_was_chosen_in_the_open_row_is_kept_whatever_is_pressed_next(
    owner: Client, house: House, group_id: UUID, act: str
):
    first, second, third = numbers(house.owner, group_id)
    lot_id = make_lot(house.owner)
    for number in (first, second):
        sampled(house.owner, group_id, number, lot_id)
    pressed = {"scan_in_group": {"next": second}, "mark_in_group": {"mark": f"absent {third}"}}
    pressed["start_in_group"] = {"start": f"{second} {members(house.owner, group_id)[1].test.seen}"}
    form = {
        "entered": first,
        "seen": "none",
        "outcome-sars-cov-2": "negative",
        "scan": "",
        "number": second,
    } | pressed.get(act, {})

    answer = owner.post(reverse(act, args=[group_id]), form)

    assert answer.status_code == 302
    assert members(house.owner, group_id)[0].proposal.reading.outcomes == {"sars-cov-2": "negative"}
    if act == "scan_in_group":
        assert answer["Location"].endswith(f"?row={second}")


def test_what_cannot_be_kept_yet_stays_on_screen_and_the_other_row_is_left_alone(
    owner: Client, house: House, group_id: UUID
):
    first, _second, third = numbers(house.owner, group_id)
    sampled(house.owner, group_id, first, make_lot(house.owner), minutes_ago=1)
    form = {"entered": first, "seen": "none", "outcome-sars-cov-2": "negative", "mark": f"absent {third}"}

    answer = owner.post(reverse("mark_in_group", args=[group_id]), form)

    assert answer.status_code == 400
    row = answer.content.decode().split(f'id="row-{first}"')[1].split("</tr>")[0]
    assert "Trop tôt" in row  # beside what was chosen: the head of a long page is out of sight
    assert "Ne pas garder" in row
    assert members(house.owner, group_id)[2].place.state is PlaceState.EXPECTED


@pytest.mark.parametrize("other", ["noted at another screen", "proposed by an analyser"])
def test_a_row_that_shows_no_result_never_replaces_the_one_that_came_meanwhile(
    owner: Client, house: House, group_id: UUID, other: str
):
    number = numbers(house.owner, group_id)[0]
    test = sampled(house.owner, group_id, number, make_lot(house.owner))
    reading, at = Reading({"sars-cov-2": "positive"}, now()), reverse("scan_in_group", args=[group_id])
    shown = seen_in(body(owner, "group", group_id, query=f"?row={number}"))
    if other == "noted at another screen":
        enter_result(by=house.owner, record_id=test, reading=reading, expected=None)
    else:
        propose_result(
            by=ProgramSeat(house.here.id, uuid4(), "Automate", tuple(Scope)), record_id=test, reading=reading
        )
    form = {"scan": "", "entered": number, "outcome-sars-cov-2": "negative"}

    answer = owner.post(at, {**form, "seen": shown})
    told = answer.content.decode()

    assert (answer.status_code, waiting(house.owner, group_id)) == (400, "positive")
    assert "Un autre résultat a été noté entre-temps" in told
    assert re.search(r'value="negative"[^>]*checked', told)  # what was chosen is still chosen
    assert owner.post(at, {**form, "seen": seen_in(told)}).status_code == 302  # having compared
    assert waiting(house.owner, group_id) == "negative"


def test_an_old_row_and_a_second_press_never_start_a_running_clock_anew(house: House, owner: Client, group_id: UUID):
    number, at = numbers(house.owner, group_id)[0], reverse("start_in_group", args=[group_id])
    sampled(house.owner, group_id, number, make_lot(house.owner))
    pressed = f"{number} {members(house.owner, group_id)[0].test.seen}"
    with shifted_by(-timedelta(minutes=9)):
        owner.post(at, {"start": pressed})
    began = members(house.owner, group_id)[0].test.steps.started_at

    again = [owner.post(at, {"start": said}, follow=True).content.decode() for said in (pressed, number)]

    assert began is not None
    assert all("Quelqu’un d’autre a été plus rapide" in page for page in again)
    assert members(house.owner, group_id)[0].test.steps.started_at == began


def seen_in(page: str) -> str:
    return re.search(r'name="seen" value="([0-9a-z]+)"', page)[1]


def waiting(by: Seat, group_id: UUID) -> str:
    return members(by, group_id)[0].proposal.reading.outcomes["sars-cov-2"]


def test_a_student_sees_no_result_to_enter_and_no_review(student: Client, house: House, group_id: UUID):
    number = numbers(house.owner, group_id)[0]
    sampled(house.owner, group_id, number, make_lot(house.owner))

    page = body(student, "group", group_id, query=f"?row={number}")

    assert 'name="entered"' not in page
    form = {"scan": "", "entered": number, "seen": "none", "outcome-sars-cov-2": "negative"}
    assert student.post(reverse("scan_in_group", args=[group_id]), form).status_code == 403
    assert student.get(reverse("review_group", args=[group_id])).status_code == 403
    assert student.post(reverse("sign_group", args=[group_id])).status_code == 403


def test_negative_results_are_ticked_and_each_other_gets_its_own_look(owner: Client, house: House, group_id: UUID):
    noted(house.owner, group_id, ("negative", "positive", "indeterminate"))

    boxes = ticks(body(owner, "review_group", group_id))

    assert sorted(is_ticked for _value, is_ticked in boxes) == [False, False, True]


def test_a_batch_is_signed_each_by_itself_and_a_bad_one_stays_with_its_reason(
    owner: Client, house: House, group_id: UUID
):
    good, bad = make_lot(house.owner), make_lot(house.owner, number="B77")
    lots = zip(numbers(house.owner, group_id), (good, bad, good), strict=True)
    tests = [sampled(house.owner, group_id, number, lot) for number, lot in lots]
    note(house.owner, tests, ("negative",) * 3)
    values = [value for value, _ in ticks(body(owner, "review_group", group_id))]
    recall_lot(by=house.owner, lot_id=bad, reference="R1")

    answer = owner.post(reverse("sign_group", args=[group_id]), {"take": values})
    again = owner.post(reverse("sign_group", args=[group_id]), {"take": values})

    states = [read_test(by=house.owner, record_id=one).state.value for one in tests]
    assert (answer.status_code, again.status_code, states) == (400, 400, ["signed", "sampled", "signed"])
    assert "2 résultats sont signés" in answer.content.decode()
    reports = [read_test(by=house.owner, record_id=one).report for one in (tests[0], tests[2])]
    assert len({report.key for report in reports if report}) == 2


def test_put_aside_waits_for_its_result_again(owner: Client, house: House, group_id: UUID):
    noted(house.owner, group_id, ("negative",) * 3)
    values = [value for value, _ in ticks(body(owner, "review_group", group_id))]

    owner.post(reverse("put_aside_group", args=[group_id]), {"take": values[:1]})

    assert sum(one.proposal is None for one in members(house.owner, group_id)) == 1
    assert "2 résultats" in body(owner, "group", group_id)


def test_marks_are_noted_taken_back_and_said_when_they_stand(owner: Client, house: House, group_id: UUID):
    at, number = reverse("mark_in_group", args=[group_id]), numbers(house.owner, group_id)[0]

    for state in ("absent", "refused", "expected"):
        owner.post(at, {"mark": f"{state} {number}"})
        assert members(house.owner, group_id)[0].place.state == state
    assert "a été plus rapide" in owner.post(at, {"mark": f"expected {number}"}, follow=True).content.decode()
    assert owner.post(at, {"mark": f"tested {number}"}).status_code == 404


def test_labels_name_nobody_and_are_of_those_who_still_come(owner: Client, house: House, group_id: UUID):
    first, *others = numbers(house.owner, group_id)
    sampled(house.owner, group_id, first, make_lot(house.owner))

    page = body(owner, "group_labels", group_id)

    assert [number in page for number in (first, *others)] == [False, True, True]
    assert not any(name in page for name in NAMES)


def test_the_attendance_list_bears_no_result(owner: Client, house: House, group_id: UUID):
    noted(house.owner, group_id, ("positive",) * 3)

    page = body(owner, "group_attendance", group_id)

    assert "ARNAUD" in page
    assert "Dr Vidal" in page
    assert "ositif" not in page


def test_the_attendance_list_tells_whose_test_was_given_up(owner: Client, house: House, group_id: UUID):
    record_id = sampled(house.owner, group_id, numbers(house.owner, group_id)[0], make_lot(house.owner))
    abandon_test(by=house.owner, record_id=record_id, seen="")

    page = body(owner, "group_attendance", group_id)

    assert "Présent, test abandonné" in page
    assert "Présent, testé" not in page


def test_the_roster_is_fetched_anew_only_when_it_changed(owner: Client, house: House, group_id: UUID):
    at, number = reverse("fresh_roster", args=[group_id]), numbers(house.owner, group_id)[0]
    mark = owner.get(at)["ETag"]

    assert owner.get(at, headers={"If-None-Match": mark}).status_code == 304
    mark_place(by=house.colleague, group_id=group_id, number=number, state=PlaceState.ABSENT)
    assert owner.get(at, headers={"If-None-Match": mark}).status_code == 200


def test_a_label_scanned_at_the_counter_leads_to_its_group(owner: Client, house: House, group_id: UUID):
    number = numbers(house.owner, group_id)[0]

    answer = owner.post(reverse("find_patient"), {"scan": f"T{number}"})

    assert answer["Location"] == f"{reverse('group', args=[group_id])}?row={number}"


def test_closing_twice_is_said_and_the_page_shows_it(owner: Client, group_id: UUID):
    first, second = (owner.post(reverse("close_group", args=[group_id]), follow=True) for _ in range(2))

    assert "Ce groupe est clos" in first.content.decode()
    assert "a été plus rapide" in second.content.decode()


@pytest.mark.parametrize("name", ["join_group", "open_group"])
def test_a_number_that_no_page_sends_is_not_found(owner: Client, house: House, name: str):
    args = [make_patient(house.owner)] if name == "join_group" else []

    assert owner.post(reverse(name, args=args), {"group": "x", "group_id": "x"}).status_code == 404
