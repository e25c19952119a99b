"""The section [mllp]: right, or refused with a sentence; optional as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from temoin.lib.config_error import ConfigError
from temoin.settings.checks import check_setup
from temoin.settings.file import Process, read_config
from temoin.settings.secrets import make_password, write_secret
from temoin.transmission.channels.mllp.settings import MessageProfile
from temoin_demo.folder import write_settings
from temoin_demo.ports import Ports
from temoin_demo.postgresql.roles import ROLES, password_file

SECTION = """
[mllp]
host = "127.0.0.1"
port = 2575
enabled = true
rules = "demonstration"
profile = "elr"
tls = true
authorities = "keys/receiver.pem"
certificate = "keys/our.pem"
key = "keys/our.key"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    write_settings(tmp_path, Ports(9400))
    for role in ROLES:
        make_password(password_file(tmp_path / "keys", role))
    for name in ("receiver.pem", "our.pem", "our.key"):
        write_secret(tmp_path / "keys" / name, b"PEM")
    return tmp_path


def settings(folder: Path, section: str, *, demo: bool = True) -> Path:
    path = folder / "temoin.toml"
    text = path.read_text() + section
    real = text.replace("demo = true", "demo = false").replace('rules = "demonstration"', 'rules = "us-elr"')
    path.write_text(text if demo else real)
    return path


def test_nobody_is_reached_by_hl7_unless_told(folder):
    assert read_config(folder / "temoin.toml").channels.get("mllp") is None


def test_a_receiver_is_read_with_its_certificates(folder):
    receiver = read_config(settings(folder, SECTION)).channels["mllp"]

    assert (receiver.host, receiver.port, receiver.profile) == ("127.0.0.1", 2575, MessageProfile.ELR)
    assert (receiver.separators, receiver.pin) == ("|^~\\&", None)
    assert receiver.key == folder / "keys" / "our.key"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("port = 2575", "", r"port in \[mllp\] is missing"),
        ("port = 2575", "port = 70000", "between 1 and 65535"),
        ("port = 2575", "port = 2575\ncolour = 1", r"colour in \[mllp\] is not a setting"),
        ('profile = "elr"', 'profile = "hprim"', "must be one of elr, cisis"),
        ("tls = true", "tls = false", "certificates are named"),
        ('key = "keys/our.key"', "", "go together"),
        ("tls = true", 'tls = true\npin = "AB:CD"', "64 digits"),
        ("tls = true", 'tls = true\nseparators = "|^^&#"', "five different signs"),
        ("tls = true", 'tls = true\nseparators = "|^~a&"', "five different signs"),
        ('"127.0.0.1"', '"elr.example.fr"', "may only be sent to the sandbox"),
    ],
)
def test_a_wrong_setting_is_refused_with_a_sentence(folder, old, new, words):
    path = settings(folder, SECTION.replace(old, new))

    with pytest.raises(ConfigError, match=words):
        read_config(path)


def test_results_do_not_travel_in_clear(folder):
    bare = SECTION.split("tls")[0].replace("127.0.0.1", "elr.example.fr") + "tls = false\n"

    with pytest.raises(ConfigError, match="do not travel in clear"):
        read_config(settings(folder, bare, demo=False))


@pytest.mark.parametrize("name", ["receiver.pem", "our.pem", "our.key"])
def test_the_worker_alone_needs_the_files(folder, name):
    config = read_config(settings(folder, SECTION))
    (folder / "keys" / name).unlink()

    check_setup(config, Process.STAFF)
    with pytest.raises(ConfigError, match="is missing"):
        check_setup(config, Process.WORKER)


def test_a_key_that_others_may_read_is_refused(folder):
    config = read_config(settings(folder, SECTION))
    (folder / "keys" / "our.key").chmod(0o644)

    with pytest.raises(ConfigError, match="chmod 600"):
        check_setup(config, Process.WORKER)


def test_the_worker_starts_when_all_is_there(folder):
    check_setup(read_config(settings(folder, SECTION)), Process.WORKER)
