"""The section [fhir]: right, or refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from certificates import make_identity
from joserfc.jwk import ECKey

from temoin.lib.config_error import ConfigError
from temoin.settings.checks import check_setup
from temoin.settings.file import Process, read_config
from temoin.settings.secrets import make_password, write_secret
from temoin.transmission.channels.fhir.settings import Profile, SignatureAlgorithm
from temoin_demo.folder import Ports, write_settings
from temoin_demo.postgresql.roles import ROLES, password_file

SECTION = """
[fhir]
base_url = "https://127.0.0.1:9443/fhir"
enabled = true
rules = "demonstration"
authorities = "keys/theirs.pem"
pin = "PIN"
certificate = "keys/ours.pem"
key = "keys/ours.key"

[fhir.tokens]
token_url = "https://127.0.0.1:9444/token"
client_id = "temoin"
key = "keys/token.key"
algorithm = "ES384"
""".replace("PIN", "0a" * 32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    write_settings(tmp_path, Ports(9400))
    keys = tmp_path / "keys"
    for role in ROLES:
        make_password(password_file(keys, role))
    for name in ("theirs", "ours"):
        make_identity(keys, name).key.chmod(0o600)
    write_secret(keys / "token.key", ECKey.generate_key("P-384").as_pem(private=True))
    return tmp_path


def settings(folder: Path, section: str = SECTION) -> Path:
    path = folder / "temoin.toml"
    before, _, rest = path.read_text().partition("[fhir]")
    path.write_text(f"{before}{section}\n[{rest.partition('[')[2]}")
    return path


@pytest.mark.parametrize(("line", "kept"), [("", True), ("later_extensions = false", False)])
def test_a_server_that_knows_r4_alone_may_be_spared_later_extensions(folder, line, kept):
    section = SECTION.replace("enabled = true", f"enabled = true\n{line}")

    assert read_config(settings(folder, section)).channels["fhir"].later_extensions is kept


def test_a_national_dialect_holds_what_its_guide_says(folder):
    section = SECTION.replace("enabled = true", 'enabled = true\nprofile = "demis"\nlater_extensions = false')
    section = section.replace("[fhir.tokens]", '[fhir.senders]\n750712184 = "1"\n\n[fhir.tokens]')

    with pytest.raises(ConfigError, match="later_extensions"):
        read_config(settings(folder, section))


def test_everything_of_the_authority_is_read(folder):
    authority = read_config(settings(folder)).channels["fhir"]

    assert (authority.pin, authority.key) == ("0a" * 32, folder / "keys" / "ours.key")
    assert authority.tokens is not None
    assert (authority.tokens.algorithm, authority.tokens.scope) == (SignatureAlgorithm.ES384, "")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("enabled = true", "", r"enabled in \[fhir\] is missing"),
        ("enabled = true", "enabled = true\ncolour = 1", r"colour in \[fhir\] is not a setting; .*, profile, "),
        ("https://127.0.0.1:9443", "http://fhir.example.fr", "results do not travel in clear"),
        ("https://127.0.0.1:9443", "http://127.0.0.1:9443", "certificates are named"),
        ('key = "keys/ours.key"', "", "go together"),
        ("0a0a", "0A:A", "64 digits"),
        ("https://127.0.0.1:9444", "http://auth.example.fr", "may speak for us"),
        ('"ES384"', '"HS256"', "must be one of RS384"),
        ('client_id = "temoin"', 'client_id = "temoin"\nsecret = "x"', r"secret in \[fhir.tokens\]"),
    ],
)
def test_a_wrong_setting_is_refused_with_a_sentence(folder, old, new, words):
    with pytest.raises(ConfigError, match=words):
        read_config(settings(folder, SECTION.replace(old, new)))


def test_a_dialect_is_read_with_the_numbers_of_the_pharmacies(folder):
    section = SECTION.replace("enabled = true", 'enabled = true\nprofile = "demis"')

    with pytest.raises(ConfigError, match=r"senders in \[fhir\] is missing"):
        read_config(settings(folder, section))
    path = folder / "temoin.toml"
    path.write_text(f'{path.read_text()}\n[fhir.senders]\n750712184 = "98765430"')
    authority = read_config(path).channels["fhir"]

    assert (authority.profile, authority.senders) == (Profile.DEMIS, {"750712184": "98765430"})


@pytest.mark.parametrize("name", ["theirs.pem", "ours.pem", "ours.key", "token.key"])
def test_the_worker_alone_needs_the_files(folder, name):
    config = read_config(settings(folder))
    (folder / "keys" / name).unlink()

    check_setup(config, Process.STAFF)
    with pytest.raises(ConfigError, match="is missing"):
        check_setup(config, Process.WORKER)


@pytest.mark.parametrize("name", ["ours.key", "token.key"])
def test_a_key_that_others_may_read_is_refused(folder, name):
    config = read_config(settings(folder))
    (folder / "keys" / name).chmod(0o644)

    with pytest.raises(ConfigError, match="chmod 600"):
        check_setup(config, Process.WORKER)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("theirs.pem", b"no certificate", "cannot open a connection"),
        ("ours.key", ECKey.generate_key("P-256").as_pem(private=True), "cannot open a connection"),
        ("token.key", ECKey.generate_key("P-256").as_pem(private=True), "no private key for ES384"),
        ("token.key", ECKey.generate_key("P-384").as_pem(private=False), "no private key for ES384"),
    ],
)
def test_a_file_of_no_use_is_told_before_anything_is_sent(folder, name, content, words):
    config = read_config(settings(folder))
    write_secret(folder / "keys" / name, content)

    with pytest.raises(ConfigError, match=words):
        check_setup(config, Process.WORKER)


def test_the_worker_starts_when_all_is_there(folder):
    check_setup(read_config(settings(folder)), Process.WORKER)
