"""By which ways a demonstration sends: the settings file that is read, the sandbox that listens."""

from __future__ import annotations

from pathlib import Path

import pytest

from temoin.cli.main import main
from temoin.settings.file import read_config
from temoin.settings.secrets import check_secret
from temoin.transmission.channels.mssante.channel import MSSANTE
from temoin.transmission.channels.mssante.settings import check_mssante_files
from temoin.transmission.channels.sftp.channel import SFTP
from temoin.transmission.channels.sftp.settings import check_sftp_files
from temoin_demo.folder import write_settings
from temoin_demo.ports import LOOPBACK, Ports
from temoin_demo.ways import sandbox_words, ways
from temoin_sandbox.secure_mail import certificates_of

PORTS = Ports(9500)


@pytest.mark.parametrize("through", [("fhir",), ("mllp",), ("sftp",), ("mssante",), ("sftp", "fhir"), tuple(ways())])
def test_results_go_by_the_ways_chosen_and_no_other(tmp_path: Path, through: tuple[str, ...]):
    tmp_path.chmod(0o700)
    write_settings(tmp_path, PORTS, through)

    config = read_config(tmp_path / "temoin.toml")

    assert {channel.name for channel, _ in config.set_up} == {*through, "email"}
    words = sandbox_words(through, PORTS, tmp_path / "keys")
    assert {name for name in ways() if f"--{name}-port" in words} == {*through} - {"fhir"}


def test_the_keys_of_both_sides_are_made_once(tmp_path: Path):
    tmp_path.chmod(0o700)
    write_settings(tmp_path, PORTS, ["sftp"])
    box = read_config(tmp_path / "temoin.toml").channels["sftp"]
    before = box.key.read_bytes()

    write_settings(tmp_path, PORTS, ["sftp"])

    assert (box.host, box.port, box.key.read_bytes()) == (LOOPBACK, PORTS.of(SFTP), before)
    check_secret(box.key, "key")
    check_sftp_files(box)


def test_the_certificates_of_both_sides_are_made_once_and_trust_each_other(tmp_path: Path):
    tmp_path.chmod(0o700)
    write_settings(tmp_path, PORTS, ["mssante"])
    mail = read_config(tmp_path / "temoin.toml").channels["mssante"]
    before = mail.certificate.read_bytes()

    write_settings(tmp_path, PORTS, ["mssante"])

    assert (mail.host, mail.port, mail.certificate.read_bytes()) == (LOOPBACK, PORTS.of(MSSANTE), before)
    check_secret(mail.key, "key")
    check_mssante_files(mail)
    certificates_of(tmp_path / "keys" / "mssante").context()


def test_an_unknown_way_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(["demo", "--through", "pigeon"])

    assert "'fhir', 'mllp', 'sftp', 'mssante'" in capsys.readouterr().err
