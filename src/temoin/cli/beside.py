"""The commands of the packages that stand beside the product, which a production install does not have.

No other module of the product names those packages: see the walls in pyproject.toml.
"""

from __future__ import annotations

import argparse
from importlib.util import find_spec

from temoin.cli.commands import Commands
from temoin.cli.django_process import follow_supervisor
from temoin.cli.serve import tell_ready
from temoin.lib.config_error import ConfigError


def add_commands(commands: Commands) -> None:
    """Wire the commands."""
    # It stands on its own and reads its own command line; --help is its own as well.
    witness = commands.add_parser("witness", help="countersign journals that only grow", add_help=False)
    witness.set_defaults(run=run_witness, takes_rest=True)


def run_witness(options: argparse.Namespace) -> int:
    """Run a witness; it needs neither settings nor database."""
    follow_supervisor()
    require("witness", "temoin_witness", remedy="pip install ./packages/witness")
    from temoin_witness.main import main

    return main(options.rest, on_ready=tell_ready)


def require(command: str, *modules: str, remedy: str) -> None:
    """Refuse a command whose package, or what that package stands on, is not installed here."""
    if any(find_spec(module) is None for module in modules):
        raise ConfigError(f"temoin {command} is not part of this installation: in a clone of Témoin, run {remedy}")
