"""Every rule set decides on everything, in words, under a text that is named; a wrong file stops the program."""

from __future__ import annotations

from datetime import date, timedelta
from importlib import resources
from itertools import product

import pytest
from strategies import covid_positive

from temoin.catalogue.kinds import load_kinds
from temoin.lib.data_file import DataFileError
from temoin.testing.report import IdentityStatus, PatientForm
from temoin.transmission.rules.loading import OperatorText, load_rule_sets, parse_rule_set
from temoin.transmission.rules.rule_set import Case, Decision, Reason, RuleSet, Sender

TEXT = OperatorText(title="Décret d'essai, art. 1", source="https://www.legifrance.gouv.fr/", since=date(2026, 11, 1))
SETS = load_rule_sets(TEXT)
DAY = date(2026, 11, 24)
P, V, R, Q = IdentityStatus
NAMED, PSEUDONYMOUS, ANONYMOUS = PatientForm
EVERYTHING = [
    (kind.code, target.code, outcome.code)
    for kind in load_kinds().values()
    for target in kind.targets
    for outcome in target.outcomes
]


def decide(name: str, kind: str, *outcomes: tuple[str, str], identity: IdentityStatus = P, day: date = DAY) -> Decision:
    return SETS[name].decide(Case(kind=kind, outcomes=outcomes, identity=identity, day=day))


def told(decision: Decision) -> tuple[Reason, PatientForm | None, set[str]]:
    return decision.reason, decision.rule.form if decision.goes and decision.rule else None, set(decision.targets)


def test_these_rule_sets_come_with_the_program():
    assert set(SETS) == {
        *("fr-crisis", "fr-laboratories", "fr-mssante-doctor", "fr-mssante-patient"),
        *("us-elr", "ch-elm", "de-demis", "demonstration"),
    }


@pytest.mark.parametrize("rules", SETS.values(), ids=SETS)
def test_every_text_has_a_source_a_first_day_and_senders(rules: RuleSet):
    for basis in rules.bases:
        assert basis.source.startswith("https://")
        assert basis.is_in_force(DAY)
        assert basis.senders
        assert all((basis.words.fr, basis.words.en, basis.article))


@pytest.mark.parametrize("rules", SETS.values(), ids=SETS)
def test_what_nobody_qualified_has_read_says_so(rules: RuleSet):
    assert rules.review.by
    assert rules.review.is_placeholder is not rules.is_demonstration


@pytest.mark.parametrize("rules", SETS.values(), ids=SETS)
def test_every_rule_set_decides_on_everything(rules: RuleSet):
    for (kind, target, outcome), identity in product(EVERYTHING, IdentityStatus):
        decision = rules.decide(Case(kind=kind, outcomes=((target, outcome),), identity=identity, day=DAY))

        assert decision.targets == (frozenset({target}) if decision.goes else frozenset())
        assert (decision.rule is None) is (decision.reason is Reason.NO_RULE)


@pytest.mark.parametrize(
    ("name", "kind", "target", "outcome", "identity", "expected"),
    [
        ("fr-crisis", "covid19-ag", "sars-cov-2", "negative", P, (Reason.GOES, NAMED)),
        ("fr-crisis", "cystitis-strip", "nitrites", "positive", Q, (Reason.NO_RULE, None)),
        ("fr-laboratories", "covid19-naat", "sars-cov-2", "negative", P, (Reason.GOES, PSEUDONYMOUS)),
        ("fr-laboratories", "flu-ag", "influenza-a", "positive", Q, (Reason.GOES, PSEUDONYMOUS)),
        ("fr-laboratories", "flu-ag", "influenza-a", "negative", Q, (Reason.NO_RULE, None)),
        ("fr-mssante-doctor", "strep-a-ag", "strep-a", "negative", P, (Reason.GOES, NAMED)),
        ("fr-mssante-doctor", "covid19-ag", "sars-cov-2", "positive", P, (Reason.GOES, NAMED)),
        ("fr-mssante-patient", "strep-a-ag", "strep-a", "positive", V, (Reason.IDENTITY, None)),
        ("fr-mssante-patient", "strep-a-ag", "strep-a", "positive", R, (Reason.IDENTITY, None)),
        ("fr-mssante-patient", "strep-a-ag", "strep-a", "positive", Q, (Reason.GOES, NAMED)),
        ("us-elr", "covid19-ag", "sars-cov-2", "negative", P, (Reason.GOES, NAMED)),
        ("us-elr", "strep-a-ag", "strep-a", "positive", P, (Reason.NO_RULE, None)),
        ("ch-elm", "covid19-ag", "sars-cov-2", "positive", P, (Reason.GOES, NAMED)),
        ("ch-elm", "covid19-ag", "sars-cov-2", "negative", P, (Reason.NO_RULE, None)),
        ("de-demis", "covid19-ag", "sars-cov-2", "positive", P, (Reason.GOES, NAMED)),
        ("de-demis", "covid19-ag", "sars-cov-2", "negative", P, (Reason.NO_RULE, None)),
        ("de-demis", "covid19-naat", "sars-cov-2", "negative", P, (Reason.GOES, ANONYMOUS)),
        ("demonstration", "cystitis-strip", "nitrites", "trace", P, (Reason.GOES, NAMED)),
    ],
)
def test_what_goes_where_and_in_which_form(name, kind, target, outcome, identity, expected):
    assert told(decide(name, kind, (target, outcome), identity=identity))[:2] == expected


def test_of_a_combined_test_only_what_a_rule_names_goes():
    both = decide("de-demis", "covid19-flu-ag", ("sars-cov-2", "positive"), ("influenza-a", "negative"))

    assert told(both) == (Reason.GOES, NAMED, {"sars-cov-2"})


def test_what_may_go_without_the_name_only_stays_behind_the_name():
    content = (resources.files("temoin.transmission.rules") / "data" / "de-demis.toml").read_text("utf-8")
    mixed = parse_rule_set("x.toml", content.replace('kinds = ["covid19-naat"]', 'kinds = "all"').replace(
        'targets = ["sars-cov-2"]', 'targets = "all"'
    ))  # fmt: skip
    outcomes = (("sars-cov-2", "positive"), ("influenza-a", "negative"))

    decision = mixed.decide(Case(kind="covid19-flu-ag", outcomes=outcomes, identity=P, day=DAY))

    assert told(decision) == (Reason.GOES, NAMED, {"sars-cov-2"})
    assert mixed.least_form is ANONYMOUS


def test_a_crisis_waits_for_its_text_and_ends_with_it():
    content = (resources.files("temoin.transmission.rules") / "data" / "fr-crisis.toml").read_text("utf-8")
    ended = OperatorText(title=TEXT.title, source=TEXT.source, since=TEXT.since, until=date(2026, 11, 23))
    case = Case(kind="covid19-ag", outcomes=(("sars-cov-2", "positive"),), identity=Q, day=DAY)

    assert load_rule_sets()["fr-crisis"].decide(case).reason is Reason.NOT_IN_FORCE
    assert parse_rule_set("x.toml", content, ended).decide(case).reason is Reason.NOT_IN_FORCE
    assert SETS["fr-crisis"].decide(case).goes


def test_the_day_of_a_signature_is_the_day_in_france():
    late = covid_positive().signed_at.replace(hour=0, minute=30)

    assert Case.of(covid_positive(signed_at=late.astimezone(tz=None))).day == date(2026, 11, 23)


def test_a_result_without_a_finding_goes_nowhere():
    assert decide("demonstration", "covid19-ag").reason is Reason.NO_RULE


def test_delays_and_senders_are_those_of_the_files():
    assert SETS["fr-crisis"].shortest_delay == timedelta(hours=1)
    assert SETS["fr-laboratories"].bases[0].senders == (Sender.BIOLOGIST,)


GOOD = """
title = { fr = "Essai", en = "Trial" }
review = { on = 2026-11-24, by = "nobody", placeholder = true }
[bases.law]
label = { fr = "Loi", en = "Law" }
article = "art. 1"
source = "https://law.example"
senders = ["pharmacist"]
since = 2020-01-01
[[rules]]
kinds = "all"
targets = ["sars-cov-2"]
outcomes = ["positive"]
identity = "PROV"
form = "named"
within_minutes = 60
basis = "law"
"""


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('kinds = "all"', 'kinds = ["covid-20"]', "kinds"),
        ('kinds = "all"', 'kinds = "every"', "kinds"),
        ('["sars-cov-2"]', '["plague"]', "targets"),
        ('["positive"]', '["maybe"]', "outcomes"),
        ('["positive"]', '["plus-1"]', "targets"),
        ('kinds = "all"', 'kinds = ["strep-a-ag"]', "targets"),
        ('"PROV"', '"SURE"', "identity"),
        ('"named"', '"secret"', "form"),
        ("within_minutes = 60", "", "within_minutes"),
        ('basis = "law"', 'basis = "custom"', "basis"),
        ('["pharmacist"]', '["baker"]', "senders"),
        ("https://law.example", "http://law.example", "source"),
        ("since = 2020-01-01", 'since = "2020-01-01"', "since"),
        ("since = 2020-01-01", "since = 2020-01-01\nuntil = 2019-01-01", "until"),
        ("since = 2020-01-01", "since = 2020-01-01\nuntill = 2029-01-01", "untill"),
        ('fr = "Essai", ', "", "fr"),
        ('label = { fr = "Loi", en = "Law" }', 'label = { fr = "Loi" }', "en"),
        ("placeholder = true", 'placeholder = "yes"', "placeholder"),
        ("[[rules]]", 'colour = "red"\n[[rules]]', "colour"),
        (
            "[[rules]]",
            '[bases.idle]\nlabel = { fr = "x", en = "x" }\nfrom_settings = true\nsenders = ["pharmacist"]\n[[rules]]',
            "bases.idle",
        ),
        ("[bases.law]", "crisis = 1\n[bases.law]", "crisis"),
    ],
)
def test_a_wrong_file_is_refused_by_field(old, new, field):
    assert old in GOOD
    parse_rule_set("trial.toml", GOOD)

    with pytest.raises(DataFileError) as refused:
        parse_rule_set("trial.toml", GOOD.replace(old, new))

    assert (refused.value.file, refused.value.field) == ("trial.toml", field)
