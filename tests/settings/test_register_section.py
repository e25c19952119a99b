"""The section [register]: right, or refused with a sentence; optional as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from temoin.lib.config_error import ConfigError
from temoin.settings.checks import secrets_of
from temoin.settings.file import Process, read_config
from temoin_demo.folder import write_settings
from temoin_demo.ports import Ports

KEY = "key to the register of professionals"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A demonstration's settings, which ask the sandbox's register."""
    write_settings(tmp_path, Ports(8600))
    return tmp_path / "temoin.toml"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.chmod(0o600)
    path.write_text(text.replace(old, new))


def test_a_demonstration_asks_the_sandbox(path: Path):
    register = read_config(path).register

    assert register.base_url == "http://127.0.0.1:8602/annuaire/fhir/v2"
    assert (register.key_file, register.seconds) == (path.parent / "keys" / "register.key", 10)


def test_only_the_worker_reads_the_key(path: Path):
    config = read_config(path)
    readers = [process for process in Process if KEY in dict(secrets_of(config, process))]

    assert readers == [Process.WORKER]


def test_the_section_is_optional(path: Path):
    text = path.read_text()
    start = text.index("[register]")
    path.write_text(text[:start] + text[text.index("[alarms]") :])

    assert read_config(path).register is None


@pytest.mark.parametrize(
    ("new", "fault"),
    [
        ('base_url = "http://annuaire.example"', "must be https"),
        ('base_url = "https://gateway.api.esante.gouv.fr/fhir/v2"', "asks about nobody real"),
        ('base_url = "x"', "must be an address"),
        ('seconds = 0\nbase_url = "http://127.0.0.1:1"', "seconds"),
        ('key = "x"\nbase_url = "http://127.0.0.1:1"', "is not a setting"),
    ],
)
def test_a_wrong_section_is_told(path: Path, new: str, fault: str):
    change(path, 'base_url = "http://127.0.0.1:8602/annuaire/fhir/v2"', new)

    with pytest.raises(ConfigError, match=fault):
        read_config(path)
