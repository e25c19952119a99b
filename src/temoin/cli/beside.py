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

EXTRA = "pip install -e '.[demo]'"
# What each command stands on, and what brings it, in a clone of the repository.
NEEDS: dict[str, tuple[tuple[str, ...], str]] = {
    "conformance": (("temoin_conformance",), "pip install . ./packages/conformance"),
    "sandbox": (("temoin_sandbox", "aiosmtpd", "trustme"), EXTRA),
    "witness": (("temoin_witness",), "pip install ./packages/witness"),
}


def add_commands(commands: Commands) -> None:
    """Wire the commands that are installed; the others say what brings them."""
    for name, (modules, _) in NEEDS.items():
        if any(find_spec(module) is None for module in modules):
            # Without help it is not listed either.
            commands.add_parser(name, add_help=False).set_defaults(run=_refuse, missing=name, takes_rest=True)
        else:
            _ADDERS[name](commands)


def _refuse(options: argparse.Namespace) -> int:
    raise ConfigError(
        f"temoin {options.missing} is not installed here: in a clone of Témoin, {NEEDS[options.missing][1]}"
    )


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


_ADDERS = {"conformance": _add_conformance, "sandbox": _add_sandbox, "witness": _add_witness}
