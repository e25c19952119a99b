"""The sections [hl7] and [astm]: right, or refused with a sentence; without TLS on a private network alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from temoin.api.listening_settings import AstmSettings, Hl7Settings, check_hl7_files, is_within
from temoin.cli.check import plain_lines
from temoin.lib.config_error import ConfigError
from temoin.lib.section import read_section
from temoin.settings.checks import secrets_of
from temoin.settings.file import Process, read_config
from temoin_demo.folder import add_lines, write_settings
from temoin_demo.ports import Ports

PROGRAM = "69cc9d2a-498d-401b-84b3-6afd63b287b6.ec1f4762-224d-4019-a3db-1857e51f704d"
TLS = {"notice": "2026-11", "port": 2575, "certificate": "a.pem", "key": "a.key", "authorities": "b.pem"}
PLAIN = {"host": "192.168.7.2", "port": 2576, "network": "192.168.7.0/24", "program": PROGRAM, "reason": "an old one"}


def section(content: dict[str, Any]) -> Hl7Settings:
    return read_section(Hl7Settings, "hl7", content, folder=Path("/nonexistent"))


def plain(**changes: Any) -> dict[str, Any]:
    return {"notice": "2026-11", "plain": {"analyser": PLAIN | changes}}


def test_a_port_with_tls_is_read_with_its_files():
    own = section(TLS)

    assert (own.host, own.port, own.key) == ("127.0.0.1", 2575, Path("/nonexistent/a.key"))
    with pytest.raises(ConfigError, match=r"a\.pem of \[hl7\] is missing"):
        check_hl7_files(own)


@pytest.mark.parametrize("missing", ["port", "certificate", "key", "authorities"])
def test_a_port_without_one_of_its_files_is_refused(missing: str):
    with pytest.raises(ConfigError, match="go together"):
        section({name: value for name, value in TLS.items() if name != missing})


def test_a_section_in_which_nothing_would_listen_is_refused():
    with pytest.raises(ConfigError, match="nothing would listen"):
        section({"notice": "2026-11"})


@pytest.mark.parametrize(
    "network", ["127.0.0.0/8", "10.0.0.0/8", "172.20.1.0/24", "192.168.7.0/24", "fd00::/8", "::1/128"]
)
def test_a_private_network_may_be_without_tls(network: str):
    host = network.partition("/")[0]

    assert section(plain(host=host, network=network)).plain["analyser"].network == network


@pytest.mark.parametrize("network", ["0.0.0.0/0", "8.8.8.0/24", "10.0.0.0/7", "::/0", "192.168.7.1/24", "analyser"])
def test_any_other_network_is_refused(network: str):
    with pytest.raises(ConfigError, match="this machine or a private network"):
        section(plain(network=network))


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.8.2", "localhost"])  # noqa: S104 the one that is refused
def test_an_address_outside_the_network_is_refused(host: str):
    with pytest.raises(ConfigError, match="an address of this machine in the network"):
        section(plain(host=host))


@pytest.mark.parametrize("name", ["reason", "program", "network"])
def test_without_tls_each_setting_is_needed(name: str):
    with pytest.raises(ConfigError, match=f"{name} in .hl7.plain.analyser. is missing"):
        section({"notice": "2026-11", "plain": {"analyser": {k: v for k, v in PLAIN.items() if k != name}}})


def test_who_calls_from_elsewhere_is_not_within():
    assert is_within("192.168.7.9", "192.168.7.0/24")
    assert not is_within("192.168.8.9", "192.168.7.0/24")
    assert not is_within("", "192.168.7.0/24")


def test_an_analyser_has_a_port_and_names_of_its_own():
    own = read_section(AstmSettings, "astm", {"analysers": {"nat": PLAIN | {"codes": {"COV2": "94500-6"}}}})

    assert own.analysers["nat"].codes == {"COV2": "94500-6"}
    with pytest.raises(ConfigError, match="check digits"):
        read_section(AstmSettings, "astm", {"analysers": {"nat": PLAIN | {"codes": {"COV2": "94500-7"}}}})
    with pytest.raises(ConfigError, match="is empty"):
        read_section(AstmSettings, "astm", {"analysers": {}})


def test_a_demonstration_may_listen_and_check_repeats_why_without_tls(tmp_path: Path):
    tmp_path.chmod(0o700)
    write_settings(tmp_path, Ports(9480))
    add_lines(tmp_path, Ports(9480), PROGRAM)

    config = read_config(tmp_path / "temoin.toml")

    (line,) = plain_lines(config)
    assert line.endswith("from 127.0.0.0/8: a demonstration on one machine")
    assert {noun for noun, _ in secrets_of(config, Process.LISTENER)} == {"password of temoin_app", "root key"}
