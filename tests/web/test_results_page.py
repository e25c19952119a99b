"""The pages on past work as they are asked: the list of results with its filters, and its file."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from people import House, make_lot, make_patient, make_signed
from sheets import lines_of

from temoin.lib.zones import HOUSE, today_in
from temoin.oversight import results
from temoin.oversight.signed_tests import MOST_DAYS


@pytest.fixture
def signed(house: House):
    patient_id = make_patient(house.owner, birth_family_name="=EVANS")
    return [
        make_signed(house.owner, patient_id, make_lot(house.owner, number=f"LOT{count}"), outcome=outcome)
        for count, outcome in enumerate(("positive", "negative"))
    ]


def page(client: Client, **asked: object) -> str:
    return client.get(reverse("results"), asked).content.decode()


def test_the_list_shows_what_was_asked_for(owner: Client, signed):
    everything, positive = page(owner), page(owner, says="positive")

    assert all(reverse("test", args=[one]) in everything for one in signed)
    assert reverse("test", args=[signed[0]]) in positive
    assert reverse("test", args=[signed[1]]) not in positive
    assert "LOT0" in positive
    assert '<option value="positive" selected>' in positive


@pytest.mark.usefixtures("signed")
def test_the_next_page_goes_on_with_the_same_question(owner: Client, monkeypatch):
    monkeypatch.setattr(results, "ON_PAGE", 1)
    first = owner.get(reverse("results"), {"notice": "on_the_way"})
    following = first.context["pages"].after

    second = owner.get(reverse("results") + following)

    shown = [answer.context["rows"][0].record_id for answer in (first, second)]
    assert len(set(shown)) == 2
    assert second.context["pages"].after == ""
    assert "notice=on_the_way" in following


@pytest.mark.parametrize(
    "asked",
    [
        {"since": "hier"},
        {"until": "32/13/2026"},
        {"since": today_in(HOUSE).isoformat(), "until": (today_in(HOUSE) - timedelta(days=1)).isoformat()},
        {"since": (today_in(HOUSE) - timedelta(days=MOST_DAYS)).isoformat()},
    ],
)
def test_days_that_are_none_are_told_beside_their_field(owner: Client, asked):
    answer = owner.get(reverse("results"), asked)

    assert answer.status_code == 400
    assert 'class="problem"' in answer.content.decode()
    assert owner.get(reverse("results_file"), asked).status_code == 400


@pytest.mark.parametrize("name", ["kind", "says", "signer", "letter", "notice", "after", "lot"])
def test_an_unknown_word_in_the_address_breaks_nothing(owner: Client, name):
    assert owner.get(reverse("results"), {name: "9999999.'); --"}).status_code == 200


@pytest.mark.usefixtures("signed")
def test_the_file_has_the_same_results_and_computes_nothing(owner: Client):
    answer = owner.get(reverse("results_file"), {"says": "negative"})

    rows = lines_of(answer)
    assert [(row["family_name"], row["result"], row["lot"]) for row in rows] == [("'=EVANS", "negative", "LOT1")]
    assert rows[0]["findings"] == "COVID-19 (SARS-CoV-2): Négatif"


@pytest.mark.usefixtures("signed")
def test_a_technician_sees_the_list_and_is_offered_no_file(colleague: Client):
    assert reverse("results_file") not in page(colleague)
    assert colleague.get(reverse("results_file")).status_code == 403
