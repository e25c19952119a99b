"""The section [sftp]: right, or refused with a sentence; optional as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from temoin.lib.config_error import ConfigError
from temoin.settings.checks import check_setup
from temoin.settings.file import Process, read_config
from temoin.settings.secrets import make_password, write_secret
from temoin_demo.folder import write_settings
from temoin_demo.ports import Ports
from temoin_demo.postgresql.roles import ROLES, password_file

SECTION = """
[sftp]
host = "127.0.0.1"
port = 22
enabled = true
rules = "demonstration"
user = "temoin"
key = "keys/sftp.key"
host_keys = "keys/sftp-host.pub"
folder = "/upload/results/"
acknowledgements = "/upload/acknowledgements"
daily_at = 22
"""
PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKs0n5RprCFBGdKiVx6KxVLtbpEbmIHqIGEQLGfEbTYu"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    write_settings(tmp_path, Ports(9400))
    for role in ROLES:
        make_password(password_file(tmp_path / "keys", role))
    write_secret(tmp_path / "keys" / "sftp.key", b"PEM")
    (tmp_path / "keys" / "sftp-host.pub").write_text(f"# the old key\n{PUBLIC} old\n\n{PUBLIC}\n")
    return tmp_path


def settings(folder: Path, section: str) -> Path:
    path = folder / "temoin.toml"
    path.write_text(path.read_text() + section)
    return path


def test_nobody_takes_files_unless_told(folder):
    assert read_config(folder / "temoin.toml").channels.get("sftp") is None


def test_a_receiver_is_read_with_its_folders_and_keys(folder):
    box = read_config(settings(folder, SECTION)).channels["sftp"]

    assert (box.host, box.port, box.user, box.daily_at) == ("127.0.0.1", 22, "temoin", 22)
    assert (box.folder, box.acknowledgements) == ("/upload/results", "/upload/acknowledgements")
    assert (box.key, box.host_keys) == (folder / "keys" / "sftp.key", folder / "keys" / "sftp-host.pub")


def test_without_an_hour_results_go_at_once(folder):
    assert read_config(settings(folder, SECTION.replace("daily_at = 22\n", ""))).channels["sftp"].daily_at is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("port = 22", "", r"port in \[sftp\] is missing"),
        ("port = 22", "port = 70000", "between 1 and 65535"),
        ("port = 22", "port = 22\npassword = 'x'", r"password in \[sftp\] is not a setting"),
        ('host_keys = "keys/sftp-host.pub"', "", r"host_keys in \[sftp\] is missing"),
        ("daily_at = 22", "daily_at = 24", "hour from 0 to 23"),
        ('"/upload/acknowledgements"', '"/upload/results"', "another folder"),
        ('"127.0.0.1"', '"sftp.example.fr"', r"demo is true and \[sftp\] host"),
    ],
)
def test_a_wrong_setting_is_refused_with_a_sentence(folder, old, new, words):
    path = settings(folder, SECTION.replace(old, new))

    with pytest.raises(ConfigError, match=words):
        read_config(path)


@pytest.mark.parametrize(("name", "words"), [("sftp.key", "is missing"), ("sftp-host.pub", "cannot be read")])
def test_the_worker_alone_needs_the_keys(folder, name, words):
    config = read_config(settings(folder, SECTION))
    (folder / "keys" / name).unlink()

    check_setup(config, Process.STAFF)
    with pytest.raises(ConfigError, match=words):
        check_setup(config, Process.WORKER)


@pytest.mark.parametrize("content", ["", "# none\n", f"{PUBLIC}\nsftp.example.fr {PUBLIC}\n", "ssh-ed25519 AAAA\n"])
def test_host_keys_that_are_none_are_refused(folder, content):
    config = read_config(settings(folder, SECTION))
    (folder / "keys" / "sftp-host.pub").write_text(content)

    with pytest.raises(ConfigError, match="public host keys, one on each line"):
        check_setup(config, Process.WORKER)


def test_a_key_that_others_may_read_is_refused(folder):
    config = read_config(settings(folder, SECTION))
    (folder / "keys" / "sftp.key").chmod(0o644)

    with pytest.raises(ConfigError, match="chmod 600"):
        check_setup(config, Process.WORKER)


def test_the_worker_starts_when_all_is_there(folder):
    check_setup(read_config(settings(folder, SECTION)), Process.WORKER)
