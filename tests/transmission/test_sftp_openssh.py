"""The courier of files against OpenSSH, which knows nothing of us."""

from __future__ import annotations

import asyncio
import getpass
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from patience import PATIENCE
from ports import free_port
from programs import need
from sftp_peer import Desk, box_of

from temoin.outbox.courier import Answer, Consignment, Verdict
from temoin.transmission.channels.sftp import courier as sftp
from temoin.transmission.channels.sftp.courier import SftpCourier
from temoin.transmission.channels.sftp.settings import SftpSettings
from temoin_sandbox.sftp_keys import KeyFiles, make_key_files

PARCEL = Consignment(key="k", body=b"columns\r\nrow\r\n" * 10_000)
CONFIG = """
ListenAddress 127.0.0.1
Port {port}
HostKey {keys.host}
AuthorizedKeysFile {keys.user_public}
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
UsePAM no
PidFile none
Subsystem sftp internal-sftp
"""


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyFiles:
    return make_key_files(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path).make()


@contextmanager
def sshd(folder: Path, keys: KeyFiles, port: int) -> Iterator[None]:
    program = need("openssh-server", "/usr/sbin/sshd")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # as the service does when it starts
    config, log = folder / "sshd_config", folder / "sshd.log"
    config.write_text(CONFIG.format(port=port, keys=keys))
    with subprocess.Popen([program, "-D", "-E", log, "-f", config]) as server:
        try:
            _wait_for(port, server, log)
            yield
        finally:
            server.terminate()


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


@pytest.fixture
def box(desk: Desk, keys: KeyFiles, tmp_path: Path) -> Iterator[SftpSettings]:
    port = free_port()
    with sshd(tmp_path, keys, port):
        box = box_of(keys, port, folder=str(desk.results), answers=str(desk.answers))
        yield replace(box, user=getpass.getuser())


def told(answer: Answer) -> tuple[Verdict, str]:
    return answer.verdict, answer.code


def test_a_file_goes_its_whole_way(desk, box):
    async def run() -> list[Answer]:
        courier = SftpCourier(box, demo=True)
        try:
            unknown = await courier.enquire(PARCEL)
            carrying = asyncio.create_task(courier.carry(PARCEL))
            while not (desk.results / "k.csv").exists():
                await asyncio.sleep(0.01)
            desk.answer("k.csv", "k,accepted,7,")
            return [unknown, await carrying, await courier.enquire(PARCEL)]
        finally:
            await courier.close()

    unknown, accepted, again = asyncio.run(run())

    assert told(unknown) == (Verdict.UNKNOWN, "unknown_there")
    assert told(accepted) == told(again) == (Verdict.ACCEPTED, "acknowledged")
    assert desk.lying() == ["k.csv"]
    assert (desk.results / "k.csv").read_bytes() == PARCEL.body


def test_sent_again_it_takes_the_place_of_the_same_file(desk, box, monkeypatch):
    monkeypatch.setattr(sftp, "PATIENCE", 0)
    (desk.results / "k.csv").write_bytes(b"an older try")
    desk.answer("k.csv", "k,refused,,unknown pharmacy")

    async def run() -> Answer:
        courier = SftpCourier(box, demo=True)
        try:
            return await courier.carry(PARCEL)
        finally:
            await courier.close()

    assert told(asyncio.run(run())) == (Verdict.DOUBTFUL, "awaiting_acknowledgement")
    assert desk.lying() == ["k.csv"]
    assert (desk.results / "k.csv").read_bytes() == PARCEL.body


def test_a_host_that_is_not_the_known_one_gets_nothing(desk, box, tmp_path):
    (tmp_path / "other").mkdir()
    other = make_key_files(tmp_path / "other")

    async def run() -> Answer:
        return await SftpCourier(replace(box, host_keys=other.host_public), demo=True).carry(PARCEL)

    assert told(asyncio.run(run())) == (Verdict.POSTPONED, "host_key_refused")
    assert desk.lying() == []
