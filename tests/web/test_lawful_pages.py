"""Before signing, after it and on a page: where a result goes, in which form, under which text, or why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override
from people import House, make_lot, make_patient, make_sampled, make_signed, make_test

from temoin.catalogue.kinds import load_kinds
from temoin.lib.clock import now
from temoin.lib.zones import HOUSE, today_in
from temoin.testing.report import IdentityStatus
from temoin.testing.sample import Reading
from temoin.testing.signing import cancel_result, correct_result
from temoin.transmission.outlook import Outlook, PossibleDestination
from temoin.transmission.rules.loading import OperatorText, load_rule_sets
from temoin.transmission.rules.rule_set import Case
from temoin.web.lawful_words import _outlook_line, delay_words, destination_page

TEXT = OperatorText(title="Décret d'essai, art. 1", source="https://law.example", since=today_in(HOUSE))
Use = Callable[..., None]


@pytest.fixture
def use(settings) -> Use:
    """Return what makes the authority go by a rule set."""

    def under(name: str, *, enabled: bool = True, text: OperatorText | None = TEXT) -> None:
        authority = replace(settings.TEMOIN.channels["fhir"], rules=load_rule_sets(text)[name], enabled=enabled)
        settings.TEMOIN = settings.TEMOIN.with_channel("fhir", authority)

    return under


def review(client: Client, record_id: UUID, outcome: str = "negative") -> str:
    read = {"outcome-sars-cov-2": outcome, "read_at": now().isoformat()}
    return client.post(reverse("sign", args=[record_id]), read).content.decode()


def page_of(client: Client, record_id: UUID) -> str:
    return client.get(reverse("test", args=[record_id])).content.decode()


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("fr-crisis", ["Sera transmis sous forme nominative.", "Décret d&#x27;essai, art. 1", "Mode crise"]),
        ("fr-laboratories", ["Sera transmis sous forme pseudonymisée.", "CSP, art. R.1413-58-1"]),
        ("de-demis", ["Non transmissible", "Aucune règle de ce destinataire ne prévoit un tel résultat."]),
        ("fr-mssante-patient", ["Non transmissible", "elle doit être qualifiée", "Qualifiez l’identité"]),
    ],
)
def test_who_signs_sees_where_it_goes_in_which_form_and_why(owner: Client, house: House, use: Use, rules, words):
    use(rules)
    record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))

    page = review(owner, record_id)

    assert [one for one in words if one not in page] == []


def test_a_crisis_without_its_text_lets_nothing_go(owner: Client, house: House, use: Use):
    use("fr-crisis", text=None)
    record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))

    assert "Le texte qui le permettrait n’est pas en vigueur" in review(owner, record_id)


def test_a_signed_result_tells_its_form_and_text(owner: Client, house: House, use: Use):
    use("us-elr")
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))

    page = page_of(owner, record_id)

    assert "Transmission sous forme nominative." in page
    assert "45 CFR 164.512(b)(1)(i)" in page


def test_a_result_that_does_not_go_says_why_and_not_nothing(owner: Client, house: House, use: Use):
    use("de-demis")
    record_id = make_signed(house.owner, make_patient(house.owner, email=""), make_lot(house.owner))

    page = page_of(owner, record_id)

    assert "Rien n’est à transmettre." in page
    assert "Aucune règle de ce destinataire ne prévoit un tel résultat. Il n’y a rien à faire." in page


def test_an_amendment_that_follows_says_so(owner: Client, house: House, use: Use):
    use("de-demis")
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner), outcome="positive")
    reading = Reading(outcomes={"sars-cov-2": "negative"}, read_at=now())
    correct_result(by=house.owner, record_id=record_id, expected_version=1, reading=reading, reason="misread")

    assert "La modification suit la version qui y a été transmise." in page_of(owner, record_id)


def test_what_was_signed_before_the_destination_was_switched_on_did_not_go(owner: Client, house: House, use: Use):
    use("us-elr", enabled=False)
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    cancel_result(by=house.owner, record_id=record_id, expected_version=1, reason="wrong patient")
    assert "Aucun destinataire de résultats n’est activé." in page_of(owner, record_id)

    use("us-elr")

    assert "Aucune version de ce résultat n’y a été transmise." in page_of(owner, record_id)


def test_a_test_without_a_result_tells_nothing_yet(owner: Client, house: House):
    record_id = make_test(house.owner, make_patient(house.owner))

    assert "Où la loi permet de le transmettre" not in page_of(owner, record_id)


@pytest.mark.parametrize(("rules", "crisis"), [("fr-crisis", True), ("us-elr", False)])
def test_the_page_of_legal_bases_tells_texts_delays_and_the_crisis(owner: Client, use: Use, rules, crisis):
    use(rules)

    page = owner.get(reverse("lawful_bases")).content.decode()

    assert ("Mode crise</span>" in page) is crisis
    assert "Ces règles n’ont pas encore été relues" in page
    assert ("1 heure" if crisis else "24 heures") in page
    assert "sous forme nominative" in page


def test_the_page_tells_what_is_switched_off_and_what_has_ended(owner: Client, use: Use):
    use("fr-crisis", enabled=False, text=None)

    page = owner.get(reverse("lawful_bases")).content.decode()

    assert "désactivé : rien n’y est transmis" in page
    assert "Ce texte n’est pas en vigueur aujourd’hui" in page


def test_a_delay_is_said_in_hours_or_minutes():
    sets = load_rule_sets(TEXT)
    with override("en"):
        assert delay_words(sets["fr-crisis"].shortest_delay) == "1 hour"
        assert delay_words(sets["fr-crisis"].shortest_delay / 4) == "15 minutes"


CASES = [
    (kind, Case(kind=kind.code, outcomes=((target.code, read.code),), identity=identity, day=today_in(HOUSE)))
    for kind in load_kinds().values()
    for target in kind.targets
    for read in target.outcomes
    for identity in IdentityStatus
]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("rules", load_rule_sets(TEXT).values(), ids=load_rule_sets(TEXT))
def test_every_decision_is_said_in_words(rules, language):
    destination = PossibleDestination("fhir", rules, is_enabled=True)
    with override(language):
        assert destination_page(destination).lines
        for (kind, case), sent in product(CASES, (None, set(), {"fhir"})):
            line = _outlook_line(Outlook(destination, rules.decide(case)), kind, sent, frozenset())

            assert line.sentence
            assert line.mark.words
