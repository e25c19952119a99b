"""The section [certificates.state]: right, or refused with a sentence; its files are the worker's alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from certificates import make_identity

from temoin.lib.config_error import ConfigError
from temoin.settings.checks import setup_findings
from temoin.settings.file import Process, read_config
from temoin.settings.secrets import write_secret
from temoin_demo.folder import write_settings
from temoin_demo.ports import Ports

SECTION = """
[certificates.state]
url = "https://dcc.example.fr/sign"
country = "FR"
authority = "Ministère de la Santé"
authorities = "keys/state.pem"
certificate = "keys/ours.pem"
key = "keys/ours.key"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    write_settings(tmp_path, Ports(9420))
    path = tmp_path / "temoin.toml"
    real = (
        path.read_text().replace("demo = true", "demo = false").replace('rules = "demonstration"', 'rules = "us-elr"')
    )
    path.write_text(real + SECTION)
    for name in ("state", "ours"):
        make_identity(tmp_path / "keys", name)
    (tmp_path / "keys" / "ours.key").chmod(0o600)
    return tmp_path


def changed(folder: Path, old: str, new: str) -> Path:
    path = folder / "temoin.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    return path


def found(folder: Path, process: Process = Process.WORKER) -> list[str]:
    told = setup_findings(read_config(folder / "temoin.toml"), process)
    return [one for one in told if "/state." in one or "/ours." in one or "[certificates.state]" in one]


def test_a_state_is_read_and_its_certificate_watched(folder):
    config = read_config(folder / "temoin.toml")

    assert (config.state.country, config.state.token_file) == ("FR", None)
    assert folder / "keys" / "ours.pem" in [path for _, _, path in config.own_certificates]
    assert found(folder) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("https://dcc", "http://dcc", "must be https"),
        ('"FR"', '"France"', "two capital letters"),
        ('"Ministère de la Santé"', f'"{"M" * 81}"', "80 characters at most"),
        ('key = "keys/ours.key"', "", "go together"),
        ('key = "keys/ours.key"', 'key = "keys/ours.key"\ntoken_file = "keys/state.token"', "name one of both"),
        ('certificate = "keys/ours.pem"\nkey = "keys/ours.key"', "", "name one of both"),
        ("https://dcc.example.fr", "http://127.0.0.1:9", "make it https"),
        ('key = "keys/certificates.key"\nhealth_cards = true\n', "", r"state in \[certificates\] needs key"),
        ("demo = false", "demo = true", "no state signs results that are invented"),
        ("country", "land", "is not a setting"),
    ],
)
def test_a_wrong_setting_is_refused_with_a_sentence(folder, old, new, words):
    path = changed(folder, old, new)
    if "demo = true" in new:
        path = changed(folder, 'rules = "us-elr"', 'rules = "demonstration"')

    with pytest.raises(ConfigError, match=words):
        read_config(path)


@pytest.mark.parametrize("name", ["state.pem", "ours.pem", "ours.key"])
def test_the_worker_alone_needs_the_files(folder, name):
    (folder / "keys" / name).unlink()

    assert found(folder, Process.STAFF) == []
    assert any("is missing" in one for one in found(folder))


def test_a_key_of_another_certificate_is_refused(folder):
    make_identity(folder / "keys", "state")
    changed(folder, 'key = "keys/ours.key"', 'key = "keys/state.key"')
    (folder / "keys" / "state.key").chmod(0o600)

    (told,) = found(folder)
    assert "key must be the private key of certificate" in told


def test_a_token_that_others_may_read_is_refused(folder):
    changed(folder, 'certificate = "keys/ours.pem"\nkey = "keys/ours.key"', 'token_file = "keys/state.token"')
    write_secret(folder / "keys" / "state.token", b"a token of theirs")
    assert found(folder) == []
    (folder / "keys" / "state.token").chmod(0o644)

    (told,) = found(folder)
    assert "chmod 600" in told
