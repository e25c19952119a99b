"""Loads the demonstration in a process of its own, signed in to the database as the staff site."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from temoin.cli.console import say
from temoin.cli.django_process import become
from temoin.cli.supervised import follow_supervisor
from temoin.settings.file import Process
from temoin_demo.accounts_file import keep_demonstration
from temoin_demo.set_up import run_step


def main(data: Path) -> None:
    """Load it, then keep its accounts."""
    follow_supervisor()
    become(Process.STAFF, data)
    from temoin.signin.passwords import SlowHasher
    from temoin_demo.demonstration import load_demonstration

    SlowHasher.memory_cost = 1024  # passwords that we print need no slow hash; a first sign-in makes one all the same
    keep_demonstration(data, asdict(load_demonstration(lambda text: say(f"    {text}"))))


if __name__ == "__main__":
    raise SystemExit(run_step(main))
