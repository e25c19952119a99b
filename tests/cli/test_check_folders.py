"""`temoin check` looks at the receiver of files: a wrong folder is told before the first result is late."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sftp_peer import Desk, box_of, peer

from temoin.cli.check import look_at_channels
from temoin.settings.file import Config, read_config
from temoin.transmission.channels.sftp import look
from temoin.transmission.channels.sftp.settings import SftpSettings
from temoin_demo.folder import Ports, write_settings
from temoin_sandbox.sftp_keys import KeyFiles, make_key_files


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyFiles:
    return make_key_files(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "settings").mkdir(mode=0o700)
    write_settings(tmp_path / "settings", Ports(9400))
    return read_config(tmp_path / "settings" / "temoin.toml")


def looked(tmp_path: Path, keys: KeyFiles, **changes: object) -> str:
    async def run() -> str:
        async with peer(Desk(tmp_path).make(), keys) as courier:
            return await look.looked(replace(courier._box, **changes))

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, ""),
        ({"acknowledgements": "/answer"}, "folder_refused"),
        ({"folder": "/result"}, "folder_refused"),
        ({"port": 1}, "unreachable"),
    ],
)
def test_each_trouble_of_the_receiver_has_its_code(tmp_path, keys, changes, code):
    assert looked(tmp_path, keys, **changes) == code


@pytest.mark.parametrize(
    ("code", "findings"),
    [("", 0), ("folder_refused", 1), ("host_key_refused", 1), ("account_refused", 1), ("unreachable", 0)],
)
def test_what_the_operator_must_mend_is_a_finding(config, keys, monkeypatch, code, findings):
    async def told(_box: SftpSettings) -> str:
        return code

    monkeypatch.setattr(look, "looked", told)
    box = replace(box_of(keys, 1), enabled=True)

    assert len(look_at_channels(config.with_channel("sftp", box)).findings) == findings
    assert look_at_channels(config).findings == []


def test_a_key_file_that_cannot_be_read_is_told_elsewhere(config, keys, tmp_path):
    box = replace(box_of(keys, 1), host_keys=tmp_path / "none")

    assert look_at_channels(config.with_channel("sftp", box)).findings == []
