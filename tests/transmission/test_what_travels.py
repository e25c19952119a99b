"""What the rules let go is posted and written; a correction follows wherever an earlier version went."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import count
from uuid import UUID

import pytest
from people import House, make_lot, make_patient, make_signed, open_house
from site_settings import fhir_courier
from strategies import covid_positive

from temoin.crypto.blind import person_number
from temoin.formats.fhir import read_document
from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.tenant import tenant_scope
from temoin.outbox.courier import Answer, Load, Notice, Verdict
from temoin.outbox.models import Parcel
from temoin.testing.report import PatientForm, Report, ReportStatus
from temoin.testing.sample import Reading
from temoin.testing.signing import cancel_result, correct_result
from temoin.transmission.outlook import destinations, outlooks
from temoin.transmission.rules.loading import load_rule_sets
from temoin.transmission.rules.rule_set import Case, Reason

SETS = load_rule_sets()
_lots = count(1)
Use = Callable[[str], None]


@pytest.fixture
def use(settings) -> Use:
    """Return what makes the authority go by a rule set."""

    def under(name: str) -> None:
        authority = replace(settings.TEMOIN.channels["fhir"], rules=SETS[name])
        settings.TEMOIN = settings.TEMOIN.with_channel("fhir", authority)

    return under


@pytest.fixture
def house(as_role: Callable[[str], AbstractContextManager[None]]) -> House:  # noqa: ARG001 opens the database
    return open_house()


def signed(house: House, outcome: str, **traits: str) -> UUID:
    lot = make_lot(house.owner, number=f"L{next(_lots)}")
    return make_signed(house.owner, make_patient(house.owner, **traits), lot, outcome=outcome)


def correct(house: House, record_id: UUID, outcome: str) -> None:
    reading = Reading(outcomes={"sars-cov-2": outcome}, read_at=now())
    correct_result(by=house.owner, record_id=record_id, expected_version=1, reading=reading, reason="misread")


def posted(house: House, record_id: UUID) -> list[int]:
    with tenant_scope(house.here.id):
        chain = Parcel.objects.filter(chain_id=record_id, destination="fhir")
        return list(chain.order_by("sequence").values_list("sequence", flat=True))


def settle(house: House, record_id: UUID, move: str) -> None:
    """Settle the first version's parcel as the worker would."""
    with tenant_scope(house.here.id):
        commit = Commit()
        parcel = Parcel.objects.get(chain_id=record_id, destination="fhir", sequence=1)
        commit.move(Parcel, parcel.id, "claim")
        commit.flush()
        commit = Commit()
        commit.move(Parcel, parcel.id, move, settled_at=now())
        commit.flush()


def prepared(house: House, record_id: UUID, version: int) -> Report | Answer:
    """Return what the worker would carry of a version, read back, or why it would not."""
    with tenant_scope(house.here.id):
        parcel = Parcel.objects.get(chain_id=record_id, destination="fhir", sequence=version)
        load = Load(**{name: getattr(parcel, name) for name in Load.__dataclass_fields__})
        made = fhir_courier().prepare(load)
    return made if isinstance(made, Answer) else read_document(made.body)


def test_what_no_rule_wants_is_not_posted(house, use):
    use("de-demis")

    assert posted(house, signed(house, "negative")) == []
    assert posted(house, signed(house, "positive", nir="")) == [1]


def test_an_identity_known_too_little_is_not_posted(house, use):
    use("fr-mssante-patient")

    assert posted(house, signed(house, "positive")) == []


def test_a_first_version_asks_the_database_nothing(house, use, django_assert_num_queries):
    use("de-demis")
    notice = Notice(UUID(int=1), UUID(int=1), 1, "k", frozenset(), content=covid_positive())

    with tenant_scope(house.here.id), django_assert_num_queries(0):
        assert fhir_courier().wants(notice)


def test_a_correction_to_a_wanted_result_comes_as_a_first_notice(house, use):
    use("de-demis")
    record_id = signed(house, "negative")

    correct(house, record_id, "positive")

    assert posted(house, record_id) == [2]
    report = prepared(house, record_id, 2)
    assert (report.status, report.replaces_key, report.version) == (ReportStatus.FINAL, "", 2)


def test_a_correction_follows_the_version_that_went_in_the_form_it_went_in(house, use):
    use("de-demis")
    record_id = signed(house, "positive")
    first = prepared(house, record_id, 1)

    correct(house, record_id, "negative")

    assert posted(house, record_id) == [1, 2]
    report = prepared(house, record_id, 2)
    assert (report.status, report.replaces_key) == (ReportStatus.CORRECTED, first.key)
    assert (report.patient.form, report.findings[0].outcome) == (PatientForm.NAMED, "negative")


def test_a_cancellation_follows_the_version_that_went_and_no_other(house, use):
    use("de-demis")
    gone, kept = signed(house, "positive"), signed(house, "negative", nir="")

    for record_id in (gone, kept):
        cancel_result(by=house.owner, record_id=record_id, expected_version=1, reason="wrong patient")

    assert (posted(house, gone), posted(house, kept)) == ([1, 2], [])
    assert prepared(house, gone, 2).status is ReportStatus.CANCELLED


def test_what_the_destination_refused_is_not_amended_there_but_told_anew(house, use):
    use("us-elr")
    record_id = signed(house, "positive")
    settle(house, record_id, "refuse")

    correct(house, record_id, "negative")

    assert prepared(house, record_id, 2).status is ReportStatus.FINAL


def test_what_the_destination_holds_is_amended(house, use):
    use("us-elr")
    record_id = signed(house, "positive")
    settle(house, record_id, "accept")

    correct(house, record_id, "negative")

    assert prepared(house, record_id, 2).status is ReportStatus.CORRECTED


def test_a_result_that_the_rules_of_today_forbid_is_not_carried(house, use):
    use("us-elr")
    record_id = signed(house, "negative")

    use("de-demis")

    refused = prepared(house, record_id, 1)
    assert (refused.verdict, refused.code) == (Verdict.REFUSED, Reason.NO_RULE)


def test_under_new_rules_an_amendment_still_travels_and_tells_the_least(house, use):
    use("us-elr")
    record_id = signed(house, "negative")
    use("de-demis")

    cancel_result(by=house.owner, record_id=record_id, expected_version=1, reason="wrong patient")

    report = prepared(house, record_id, 2)
    assert (report.status, report.patient.form) == (ReportStatus.CANCELLED, PatientForm.ANONYMOUS)
    assert report.findings[0].target == "sars-cov-2"


def test_a_person_has_one_number_at_a_destination_and_no_name(house, use):
    use("fr-laboratories")
    same = [signed(house, "positive"), signed(house, "negative", birth_family_name="Pat-Trois", nir="", email="")]
    other = signed(house, "negative", birth_family_name="PAT-QUATRE", nir="")

    one, two, three = (prepared(house, record_id, 1).patient for record_id in (*same, other))

    assert one.form is PatientForm.PSEUDONYMOUS
    assert one.patient_id == two.patient_id != three.patient_id
    assert (one.birth_family_name, one.birth_date.year, one.address.postcode) == ("", 1979, "75007")


def test_a_number_is_of_one_destination_one_year_and_one_pharmacy(house):
    asked = [("fhir", "2026"), ("sftp", "2026"), ("fhir", "2027")]
    with tenant_scope(house.here.id):
        here = [person_number(*where, "pat", "1979") for where in asked]
        again = person_number("fhir", "2026", "pat", "1979")
    with tenant_scope(house.elsewhere.id):
        elsewhere = person_number("fhir", "2026", "pat", "1979")

    assert again == here[0]
    assert len({*here, elsewhere}) == 4
    assert all(len(number) == 32 for number in here)


def test_the_outlook_is_what_happens(house, use):
    use("de-demis")
    record_id = signed(house, "positive")

    (outlook,) = [each for each in outlooks(Case.of(covid_positive())) if each.destination.name == "fhir"]

    assert outlook.decision.goes
    assert posted(house, record_id) == [1]


def test_the_settings_know_the_rules_of_every_destination(settings):
    switched_on = {each.name: each.rules for each in destinations() if each.is_enabled}

    assert settings.TEMOIN.rule_sets == switched_on


def test_what_is_switched_off_has_no_outlook(settings):
    authority = replace(settings.TEMOIN.channels["fhir"], enabled=False)
    settings.TEMOIN = settings.TEMOIN.with_channel("fhir", authority)

    assert [each for each in outlooks(Case.of(covid_positive())) if each.destination.name == "fhir"] == []
