"""A channel is one folder and one line: an invented one is found wherever the product speaks of channels.

The folder is `tests/invented/pigeon`; the line is the entry that `pigeon` adds to the list.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override
from fault_tables import fault_names_left
from people import make_lot, make_patient, make_signed, open_house, sign_in
from source_code import sources

import temoin.transmission.channels as folder_of_channels
from temoin.cli.check import look_at_channels, rule_lines
from temoin.delivery.channels.email.channel import EMAIL
from temoin.lib.config_error import ConfigError
from temoin.outbox import courier as register
from temoin.outbox import duties as duties_register
from temoin.outbox import open_channels as announced
from temoin.outbox.courier import couriers
from temoin.outbox.duties import duties
from temoin.outbox.settings import check_rates
from temoin.settings import channels as list_of_channels
from temoin.settings.channels import CHANNELS, all_channels
from temoin.settings.checks import setup_findings
from temoin.settings.file import Config, Process, read_config
from temoin.site.logs import logging_settings
from temoin.web.wording import REASON, reason_words
from temoin_demo.folder import write_settings
from temoin_demo.ports import Ports, count
from temoin_demo.ways import sandbox_words, ways

ROOT = Path(__file__).resolve().parents[2]
PORTS = Ports(9500)


@pytest.fixture
def pigeon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Add the invented channel: its folder among the others, and its line in the list."""
    inside = [*folder_of_channels.__path__, str(ROOT / "tests" / "invented")]
    monkeypatch.setattr(folder_of_channels, "__path__", inside)
    channel = import_module("temoin.transmission.channels.pigeon.channel").PIGEON
    monkeypatch.setattr(list_of_channels, "CHANNELS", (*CHANNELS, channel))
    yield channel
    for name in [name for name in sys.modules if name.startswith("temoin.transmission.channels.pigeon")]:
        del sys.modules[name]
    with suppress(AttributeError):
        del folder_of_channels.pigeon


@pytest.fixture
def config(pigeon, tmp_path: Path) -> Config:  # noqa: ARG001 adds the channel
    """The settings of a demonstration that sends by pigeon."""
    tmp_path.chmod(0o700)
    write_settings(tmp_path, PORTS, ["pigeon"])
    return read_config(tmp_path / "temoin.toml")


@pytest.fixture
def started(config: Config, pigeon, settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start as Django does, with those settings."""
    monkeypatch.setattr(register, "_couriers", couriers())
    monkeypatch.setattr(duties_register, "_duties", duties())
    monkeypatch.setattr(announced, "_channels", dict(announced._channels))
    settings.TEMOIN = settings.TEMOIN.with_channel("pigeon", config.of(pigeon))


def test_its_section_is_read_and_a_wrong_one_refused(config, pigeon, tmp_path):
    written = tmp_path / "temoin.toml"

    assert config.of(pigeon).port == PORTS.of(pigeon)
    assert config.rule_sets["pigeon"].name == "demonstration"
    written.write_text(written.read_text().replace("[pigeon]", "[pigeon]\nspeed = 90"))
    with pytest.raises(ConfigError, match=r"speed in \[pigeon\] is not a setting; .*enabled.*ring"):
        read_config(written)


@pytest.mark.usefixtures("config")
def test_a_demonstration_flies_nowhere_else(tmp_path):
    written = tmp_path / "temoin.toml"
    here = '[pigeon]\nhost = "127.0.0.1"'
    written.write_text(written.read_text().replace(here, here.replace("127.0.0.1", "loft.example.fr")))

    with pytest.raises(ConfigError, match=r"\[pigeon\] host is not on this machine"):
        read_config(written)


def test_check_names_what_is_wrong_with_it(config):
    found = setup_findings(config, Process.WORKER)

    assert any("ring of our pigeons" in finding for finding in found)
    assert any("no bird finds its way" in finding for finding in found)
    assert not any("pigeon" in finding for finding in setup_findings(config, Process.STAFF))
    assert look_at_channels(config).findings == ["the loft is closed on Sundays."]
    assert any(line.startswith("pigeon: rules demonstration") for line in rule_lines(config))
    check_rates({"pigeon": 3}, config.destinations)


def test_a_demonstration_sends_by_it(pigeon, tmp_path):
    words = sandbox_words(["pigeon"], PORTS, tmp_path / "keys")

    assert "pigeon" in ways()
    assert words[-2:] == ["--pigeon-port", str(PORTS.of(pigeon))]
    last = PORTS.base + count()
    assert [PORTS.of(pigeon), PORTS.lines, PORTS.authority] == [last - 3, last - 2, last - 1]


@pytest.mark.usefixtures("started")
def test_start_announces_its_courier_and_its_duty():
    assert couriers()["pigeon"].enabled
    assert "feed-pigeons" in duties()


@pytest.mark.usefixtures("started", "db")
def test_the_screens_know_it(client: Client):
    house = open_house()
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    sign_in(client, house.owner)

    pages = [client.get(reverse(name)).content.decode() for name in ("transmissions", "statement", "lawful_bases")]

    assert [page.count("Pigeonnier") > 0 for page in pages] == [True] * 3
    listed = client.get(reverse("transmissions"), {"portion": "on_the_way", "destination": "pigeon"}).content.decode()
    assert re.search(r'<option value="pigeon"[^>]*>Pigeonnier', listed)
    assert re.search("<td[^>]*>Pigeonnier</td>", listed)


@pytest.mark.usefixtures("started")
def test_its_own_answers_are_put_into_words():
    with override("en"):
        told = tuple(map(str, reason_words("hawk", is_refused=True)))

    assert told == ("A hawk took the bird.", "Call support, then send it again.")


def test_no_code_of_an_answer_has_two_meanings():
    codes = Counter([*REASON, *(code for channel in CHANNELS for code in channel.reasons)])

    assert [code for code, count in codes.items() if count > 1] == []


@pytest.mark.usefixtures("pigeon")
def test_the_drills_and_the_reference_know_it(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "drill"))
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    drill, reference = import_module("exactly_once"), import_module("write_reference")

    assert "pigeon" in drill.held_ways()
    assert "| `[pigeon]` | `pigeon` | Pigeonnier / Pigeon loft |" in reference.channels_page()


@pytest.mark.usefixtures("pigeon")
def test_its_libraries_tell_as_little_as_it_says():
    assert logging_settings("worker", all_channels())["loggers"]["wings"] == {"level": "ERROR"}


def test_a_fault_that_it_says_nothing_of_is_found(pigeon):
    assert "drop_answer" in fault_names_left(pigeon)
    assert "down" not in fault_names_left(pigeon)


@pytest.mark.parametrize("page", ["docs/temoin.example.toml", "docs/operator.md"])
def test_the_operator_reads_of_every_channel(page):
    text = (ROOT / page).read_text(encoding="utf-8")

    assert [channel.name for channel in CHANNELS if not re.search(rf"[\[`]{channel.name}[\].]", text)] == []


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.name)
def test_folder_section_class_and_destinations_bear_one_name(channel):
    module = type(channel).__module__
    settings = import_module(module.removesuffix(".channel") + ".settings")

    assert module.split(".")[-2:] == [channel.name, "channel"]
    assert hasattr(settings, f"{channel.name.capitalize()}Settings")
    assert type(channel).__name__ == f"{channel.name.capitalize()}Channel"
    names = [each.name for each in channel.destinations]
    assert names == [channel.name] or all(name.startswith(f"{channel.name}-") for name in names)
    assert channel.demo is None or channel.demo.section.startswith(f"[{channel.name}]\n")


def test_only_the_list_and_its_folder_name_a_channel():
    """Whoever asks something of every channel goes through the list, so that a new one is found there."""
    folders = [type(channel).__module__.removesuffix(".channel") for channel in CHANNELS if channel is not EMAIL]
    found = {
        source.path
        for source in sources()
        for node in source.nodes(ast.ImportFrom)
        for folder in folders
        if str(node.module).startswith(folder) and folder.replace(".", "/") not in f"temoin/{source.path}"
    }

    assert found == {"settings/channels.py"}
