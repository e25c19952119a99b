"""The history of a result marks what each version says otherwise than the one before it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from html import unescape

import pytest
from cda_reports import amended
from django.test import Client
from django.urls import reverse
from django.utils.translation import override
from people import House, change_patient, make_lot, make_patient, make_signed
from strategies import covid_positive

from temoin.catalogue.kinds import load_kinds
from temoin.patients.queries import read_patient
from temoin.testing.queries import read_test
from temoin.testing.report import Address, Report, ReportStatus
from temoin.testing.sample import Reading
from temoin.testing.signing import correct_result
from temoin.web.history import TOLD, history

COVID = load_kinds()["covid19-ag"]
OF_THE_VERSION = {"version", "key", "replaces_key", "status", "reason", "signed_at", "signer"}
KEPT_BY_A_CORRECTION = {
    *("record_id", "kind", "kind_display", "chapter_loinc", "chapter_display", "specimen_snomed", "specimen_display"),
    *("sampled_at", "started_at", "organisation", "device", "laboratory", "consent_notice", "source", "is_demo"),
    *("answers", "order_number"),
}
TOLD_WITH_ANOTHER_PART = {
    "findings",  # each by its target
    "typed_times",  # beside the time itself
    "patient.patient_id",  # another record of the same person
    "patient.first_birth_given_name",  # the first of the given names
    *("patient.form", "patient.age_band"),  # of copies for authorities
}


def changes(**said: object) -> list[tuple[str, str, str]]:
    former = covid_positive()
    with override("fr"):
        latest, _ = history([former, replace(amended(ReportStatus.CORRECTED), **said)], COVID)
        return [(str(change.label), str(change.before), str(change.after)) for change in latest.changes]


def test_every_part_of_a_report_is_told_or_has_a_reason():
    places = {
        f"{part.name}.{inner.name}" if part.name == "patient" else part.name
        for part in fields(Report)
        for inner in (fields(covid_positive().patient) if part.name == "patient" else [part])
    }

    assert places == set(TOLD) | OF_THE_VERSION | KEPT_BY_A_CORRECTION | TOLD_WITH_ANOTHER_PART
    assert is_dataclass(covid_positive().patient)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"comment": ""}, ("Commentaire", "Isolement conseillé.", "")),
        (
            {"read_at": covid_positive().read_at + timedelta(minutes=4)},
            ("Lu à", "23/11/2026 17:58", "23/11/2026 18:02"),
        ),
        ({"doctor": None}, None),
    ],
)
def test_what_changed_is_told_and_nothing_else(said: dict[str, object], told: tuple[str, str, str] | None):
    assert changes(**said) == ([told] if told else [])


def test_a_trait_is_told_in_the_words_of_the_form():
    patient = replace(
        covid_positive().patient, sex="M", address=Address(lines=("1 rue X",), postcode="1201", city="Genève")
    )

    assert [label for label, *_ in changes(patient=patient)] == ["Sexe", "Adresse"]
    assert ("Sexe", "Féminin", "Masculin") in changes(patient=patient)


def test_a_cancelled_version_changes_nothing():
    with override("fr"):
        latest, _ = history([covid_positive(), amended(ReportStatus.CANCELLED)], COVID)

    assert latest.changes == []


def test_the_page_of_a_corrected_result_marks_the_outcome_and_the_name(house: House, owner: Client):
    patient_id = make_patient(house.owner)
    record_id = make_signed(house.owner, patient_id, make_lot(house.owner))
    read_at = read_test(by=house.owner, record_id=record_id).report.read_at  # type: ignore[union-attr]
    mended = replace(read_patient(by=house.owner, patient_id=patient_id), birth_family_name="DURAND")
    change_patient(by=house.owner, patient_id=patient_id, traits=mended)
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=read_at)
    correct_result(by=house.owner, record_id=record_id, expected_version=1, reading=reading, reason="Erreur")

    page = " ".join(unescape(owner.get(reverse("test", args=[record_id])).content.decode()).split())

    for after in ("Positif", "DURAND"):
        assert f'<ins><span class="unseen">maintenant : </span>{after}</ins>' in page
