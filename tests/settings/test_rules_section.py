"""The section [rules] and the rule set that each destination names: usable here, or refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from temoin.cli.check import rule_lines
from temoin.lib.config_error import ConfigError
from temoin.settings.checks import check_setup
from temoin.settings.file import Config, Process, read_config
from temoin.settings.secrets import make_password
from temoin.transmission.rules.rule_set import Sender
from temoin_demo.folder import Ports, write_settings
from temoin_demo.postgresql.roles import ROLES, password_file

NAMED = 'rules = "demonstration"'
TEXT = """
[rules.text]
title = "Décret d'essai, art. 1"
source = "https://www.legifrance.gouv.fr/jorf/id/x"
since = 2026-11-01
"""
OWN = """
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
targets = "all"
outcomes = ["positive"]
identity = "VALI"
form = "anonymous"
within_minutes = 60
basis = "law"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    write_settings(tmp_path, Ports(9600))
    for role in ROLES:
        make_password(password_file(tmp_path / "keys", role))
    return tmp_path


def config_of(folder: Path, rules: str, section: str = "", *, demo: bool = True) -> Config:
    path = folder / "temoin.toml"
    text = path.read_text().replace(NAMED, rules) + section
    path.write_text(text if demo else text.replace("demo = true", "demo = false"))
    return read_config(path)


@pytest.mark.parametrize(
    ("rules", "section", "words"),
    [
        ("", "", r"rules in \[fhir\] is missing"),
        ('rules = "fr-everything"', "", r"no rule set; there are ch-elm, de-demis, demonstration, fr-crisis"),
        ('rules = "fr-laboratories"', "", r"R\.3113-4, https.*lets a biologist send, while \[rules\] sender is pharm"),
        ('rules = "fr-crisis"', "", r"waits for the text that orders it: name it in \[rules\.text\]"),
        (
            'rules = "fr-crisis"',
            '[rules]\nsender = "baker"',
            r"sender in \[rules\] must be one of pharmacist, biologist",
        ),
        ('rules = "fr-crisis"', "[rules]\ncolour = 1", r"colour in \[rules\] is not a setting"),
        ('rules = "fr-crisis"', '[rules.text]\ntitle = "Décret"', r"source in \[rules\.text\] is missing"),
        ('rules = "fr-crisis"', TEXT.replace("https", "http"), r"source in \[rules\.text\] must be where anyone"),
        ('rules = "fr-crisis"', f"{TEXT}until = 2026-10-31", r"until in \[rules\.text\] is before since"),
    ],
)
def test_a_rule_set_that_is_not_for_here_is_refused(folder, rules, section, words):
    with pytest.raises(ConfigError, match=words):
        config_of(folder, rules, section)


def test_a_laboratory_may_report_as_one(folder):
    config = config_of(folder, 'rules = "fr-laboratories"', '[rules]\nsender = "biologist"\n')

    assert config.rules.sender is Sender.BIOLOGIST
    assert config.rule_sets["fhir"].name == "fr-laboratories"


def test_what_is_switched_off_may_be_named_ahead(folder):
    path = folder / "temoin.toml"
    path.write_text(path.read_text().replace("enabled = true", "enabled = false"))

    config = config_of(folder, 'rules = "fr-crisis"')

    assert config.rule_sets == {}
    assert rule_lines(config) == ["No destination of results is switched on."]


def test_a_crisis_goes_by_the_text_that_the_operator_names(folder):
    config = config_of(folder, 'rules = "fr-crisis"', TEXT)

    (basis,) = config.rule_sets["fhir"].bases
    assert (basis.article, basis.source) == ("Décret d'essai, art. 1", "https://www.legifrance.gouv.fr/jorf/id/x")
    (line,) = rule_lines(config)
    assert line.startswith("fhir: rules fr-crisis (Décret d'essai, art. 1)")
    assert line.endswith("not reviewed by a lawyer or a physician")


def test_a_text_that_has_ended_is_told(folder):
    (line,) = rule_lines(config_of(folder, 'rules = "fr-crisis"', f"{TEXT}until = 2026-11-02\n"))

    assert "not in force today: Décret d'essai, art. 1" in line


def test_an_alarm_that_would_come_after_the_delay_of_the_rules_is_refused(folder):
    path = folder / "temoin.toml"
    path.write_text(path.read_text().replace("minutes = 5", "minutes = 61"))

    with pytest.raises(ConfigError, match=r"minutes in \[alarms\] is 61, .* at fhir within 60: set minutes to 60"):
        config_of(folder, 'rules = "fr-crisis"', TEXT)


def test_a_real_site_does_not_let_everything_go(folder):
    with pytest.raises(ConfigError, match=r'fhir goes by the rules "demonstration"'):
        config_of(folder, NAMED, demo=False)


def test_an_operator_may_have_own_rule_sets(folder):
    (folder / "own").mkdir()
    (folder / "own" / "trial.toml").write_text(OWN)

    config = config_of(folder, 'rules = "trial"', '[rules]\nfolder = "own"\n')

    assert config.rule_sets["fhir"].title.en == "Trial"
    check_setup(config, Process.STAFF)
    (folder / "own" / "trial.toml").chmod(0o666)
    with pytest.raises(ConfigError, match=r"chmod go-w .*trial\.toml"):
        check_setup(config, Process.STAFF)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("us-elr.toml", OWN, "holds us-elr.toml, the name of a rule set that comes with the program"),
        ("trial.toml", OWN.replace("named", "").replace("anonymous", "secret"), "trial.toml is wrong: .* form"),
        ("trial.toml", "[", "is not TOML"),
    ],
)
def test_a_wrong_own_rule_set_is_refused(folder, name, content, words):
    (folder / "own").mkdir()
    (folder / "own" / name).write_text(content)

    with pytest.raises(ConfigError, match=words):
        config_of(folder, NAMED, '[rules]\nfolder = "own"\n')


def test_a_rule_file_that_cannot_be_read_is_refused(folder):
    (folder / "own" / "trial.toml").mkdir(parents=True)

    with pytest.raises(ConfigError, match="cannot be read"):
        config_of(folder, NAMED, '[rules]\nfolder = "own"\n')
