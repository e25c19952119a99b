"""The section [rates]: whole numbers of one at least, for destinations that exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from temoin.lib.config_error import ConfigError
from temoin.outbox.courier import couriers
from temoin.settings.checks import setup_findings
from temoin.settings.file import Process, read_config
from temoin_demo.folder import Ports, write_settings


def written(folder: Path, section: str) -> Path:
    folder.chmod(0o700)
    write_settings(folder, Ports(9400))
    path = folder / "temoin.toml"
    path.write_text(path.read_text() + section)
    return path


def test_a_rate_is_parcels_a_second(tmp_path):
    assert read_config(written(tmp_path, "")).rates == {}
    assert read_config(written(tmp_path, "[rates]\nfhir = 50\n")).rates == {"fhir": 50}


@pytest.mark.parametrize("value", ["0", "-1", "0.5", "true", '"50"'])
def test_a_rate_that_is_no_whole_number_is_refused(tmp_path, value):
    with pytest.raises(ConfigError, match=r"fhir in \[rates\]"):
        read_config(written(tmp_path, f"[rates]\nfhir = {value}\n"))


@pytest.mark.parametrize("process", Process)
def test_the_rate_of_a_destination_that_nothing_serves_is_found_by_every_process(tmp_path, process):
    config = read_config(written(tmp_path, "[rates]\nautority = 50\n"))

    (found,) = [finding for finding in setup_findings(config, process) if "[rates]" in finding]

    assert found.startswith("[rates] names autority")
    assert found.endswith("the destinations are email, fhir.")


def test_the_settings_know_every_destination_that_a_courier_serves(settings):
    assert settings.TEMOIN.destinations == set(couriers())
