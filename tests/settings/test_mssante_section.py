"""The section [mssante]: right, or refused with a sentence; optional as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from temoin.lib.config_error import ConfigError
from temoin.settings.checks import check_setup
from temoin.settings.file import Process, read_config
from temoin.settings.secrets import make_password, write_secret
from temoin.transmission.channels.mssante.settings import AlwaysEncrypted
from temoin_demo.folder import Ports, write_settings
from temoin_demo.postgresql.roles import ROLES, password_file

SECTION = """
[mssante]
host = "127.0.0.1"
port = 465
enabled = true
encryption = "tls"
sender = "pharmacie@operateur.mssante.fr"
certificate = "keys/box.pem"
key = "keys/box.key"
authorities = "keys/igc.pem"
doctor = true
patient = false
doctor_rules = "demonstration"
patient_rules = "fr-mssante-patient"
source_id = "1.2.250.1.999.1"

[mssante.inbox]
host = "127.0.0.1"
port = 993
user = "pharmacie"
password_file = "keys/box.password"
"""
FILES = ("box.pem", "box.key", "igc.pem", "box.password")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    write_settings(tmp_path, Ports(9550))
    for role in ROLES:
        make_password(password_file(tmp_path / "keys", role))
    for name in FILES:
        write_secret(tmp_path / "keys" / name, b"PEM")
    return tmp_path


def settings(folder: Path, section: str, *, demo: bool = True) -> Path:
    path = folder / "temoin.toml"
    text = path.read_text() + section
    path.write_text(text if demo else text.replace("demo = true", "demo = false"))
    return path


def test_nobody_is_reached_by_secure_mail_unless_told(folder):
    assert read_config(folder / "temoin.toml").channels.get("mssante") is None


def test_an_operator_is_read_with_certificates_and_codes(folder):
    mail = read_config(settings(folder, SECTION)).channels["mssante"]

    assert (mail.host, mail.port, mail.encryption) == ("127.0.0.1", 465, AlwaysEncrypted.TLS)
    assert (mail.doctor, mail.patient, mail.product) == (True, False, "")
    assert mail.key == folder / "keys" / "box.key"
    assert (mail.sending.class_code.code, mail.sending.content_type.code) == ("10", "07")
    assert mail.inbox.password_file == folder / "keys" / "box.password"


def test_the_inbox_is_optional(folder):
    assert read_config(settings(folder, SECTION.split("[mssante.inbox]")[0])).channels["mssante"].inbox is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"demonstration"', '"none"', "is no rule set; there are"),
        ("port = 465", "", r"port in \[mssante\] is missing"),
        ("port = 465", "port = 70000", "between 1 and 65535"),
        ("port = 465", "port = 465\ncolour = 1", r"colour in \[mssante\] is not a setting"),
        ('encryption = "tls"', 'encryption = "none"', "must be one of tls, starttls"),
        ('key = "keys/box.key"', "", r"key in \[mssante\] is missing"),
        ("pharmacie@operateur.mssante.fr", "pharmacie@exemple.fr", "ends in mssante.fr"),
        ("1.2.250.1.999.1", "un.deux", "object identifier"),
        ("patient = false", 'patient = false\nclass_code = "10"', "must be code"),
        ('user = "pharmacie"', "", "go together"),
        ('"127.0.0.1"\nport = 465', '"smtp.operateur.fr"\nport = 465', "may only be sent to the sandbox"),
    ],
)
def test_a_wrong_setting_is_refused_with_a_sentence(folder, old, new, words):
    path = settings(folder, SECTION.replace(old, new))

    with pytest.raises(ConfigError, match=words):
        read_config(path)


@pytest.mark.parametrize("name", FILES)
def test_the_worker_alone_needs_the_files(folder, name):
    config = read_config(settings(folder, SECTION))
    (folder / "keys" / name).unlink()

    check_setup(config, Process.STAFF)
    with pytest.raises(ConfigError, match="is missing"):
        check_setup(config, Process.WORKER)


@pytest.mark.parametrize("name", ["box.key", "box.password"])
def test_a_secret_that_others_may_read_is_refused(folder, name):
    config = read_config(settings(folder, SECTION))
    (folder / "keys" / name).chmod(0o644)

    with pytest.raises(ConfigError, match="chmod 600"):
        check_setup(config, Process.WORKER)


def test_the_worker_starts_when_all_is_there(folder):
    check_setup(read_config(settings(folder, SECTION)), Process.WORKER)
