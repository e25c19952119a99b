"""The processes of a first start: what ended one is said in its words, once, and by whoever started it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from temoin.cli.console import complain
from temoin.cli.refusals import words_of
from temoin.cli.supervised import SUPERVISOR
from temoin.lib.config_error import ConfigError
from temoin_demo.processes import cause_of

PREFIX = "temoin: "


def run_step(work: Callable[[Path], None]) -> int:
    """Do a step's work in its process, whose argument is the data folder; complain of what ended it."""
    try:
        work(Path(sys.argv[1]))
    except Exception as error:  # noqa: BLE001 the outermost: whatever it is, the person is told in words
        complain(words_of(error))
        return 2
    return 0


def run_set_up(environment: Mapping[str, str], *words: str) -> None:
    """Run a step of the set-up to its end; ConfigError with its own words where it could not be done."""
    environment = {**os.environ, **environment, SUPERVISOR: str(os.getpid())}
    command = [sys.executable, "-m", *words]
    ended = subprocess.run(command, check=False, env=environment, stderr=subprocess.PIPE)
    said = ended.stderr.decode("utf-8", errors="replace").strip()
    if ended.returncode != 0:
        told = said[said.rfind(f"\n{PREFIX}") + 1 :] if f"\n{PREFIX}" in said else said
        raise ConfigError(told.removeprefix(PREFIX) or f"The set-up was ended by {cause_of(ended.returncode)}.")
    if said:
        sys.stderr.write(f"{said}\n")
