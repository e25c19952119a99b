"""Each kind of process starts with the rooms that it has, and with no other's."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from temoin.settings.file import Process


@pytest.mark.parametrize("process", Process)
def test_a_process_starts_with_its_own_rooms(process: Process):
    environment = {**os.environ, "TEMOIN_PROCESS": process.value}
    command = [sys.executable, "-c", "import django; django.setup()"]

    started = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert (started.returncode, started.stderr) == (0, "")
