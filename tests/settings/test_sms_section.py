"""The section [sms]: one provider, a sender that operators let through, and addresses that fit into a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from temoin.delivery.channels.sms.channel import SMS
from temoin.delivery.channels.sms.text import longest_portal
from temoin.lib.config_error import ConfigError
from temoin.settings.checks import setup_findings
from temoin.settings.file import Process, read_config
from temoin_demo.folder import write_settings
from temoin_demo.ports import Ports

BREVO = '[sms.brevo]\nkey_file = "keys/sms.key"\nbase_url = "http://127.0.0.1:1/v3"\n'
OVH = (
    '[sms.ovh]\nservice = "sms-ab12345-1"\napplication_key = "a"\napplication_secret_file = "keys/sms.key"\n'
    'consumer_key_file = "keys/consumer.key"\nbase_url = "http://127.0.0.1:1/1.0"\n'
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The settings of a demonstration, which has no provider of its own."""
    write_settings(tmp_path, Ports(8600))
    written = tmp_path / "temoin.toml"
    written.chmod(0o600)
    return written


def add(path: Path, provider: str, *, sender: str = "Pharmacie") -> None:
    path.write_text(f'{path.read_text()}\n[sms]\nenabled = true\nsender = "{sender}"\n{provider}')


@pytest.mark.parametrize("provider", [BREVO, OVH])
def test_each_provider_is_read_and_its_secrets_are_the_workers(path, provider):
    add(path, provider)

    config = read_config(path)

    assert config.of(SMS).enabled
    missing = {process: [one for one in setup_findings(config, process) if "sms.key" in one] for process in Process}
    assert [process for process, found in missing.items() if found] == [Process.WORKER]


def test_a_site_without_it_has_no_such_courier(path):
    assert "sms" not in read_config(path).channels


@pytest.mark.parametrize(
    ("provider", "sender", "fault"),
    [
        ("", "Pharmacie", "name one provider"),
        (BREVO + OVH, "Pharmacie", "name one provider"),
        (BREVO, "0612345678", "letters and digits"),
        (BREVO, "PharmacieDuMarche", "letters and digits"),
        (BREVO, "Été", "letters and digits"),
        (BREVO.replace("http://127.0.0.1:1", "http://api.example"), "Pharmacie", "must be https"),
        (BREVO.replace("http://127.0.0.1:1", "https://api.brevo.com"), "Pharmacie", "is not on this machine"),
        (OVH.replace("sms-ab12345-1", "account"), "Pharmacie", "sms-ab12345-1"),
    ],
)
def test_what_is_wrong_is_said(path, provider, sender, fault):
    add(path, provider, sender=sender)

    with pytest.raises(ConfigError, match=fault):
        read_config(path)


def test_an_address_too_long_for_a_message_is_refused(path):
    add(path, BREVO)
    config = read_config(path)
    address = "https://" + "p" * (longest_portal() - 7)
    site = type(config.site)(**{**vars(config.site), "portal_url": address})

    with pytest.raises(ConfigError, match=f"may have {longest_portal()} characters at most"):
        SMS.couriers(config.of(SMS), site)
