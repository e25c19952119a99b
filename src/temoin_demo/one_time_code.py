"""`temoin demo-code E-MAIL`: a demonstration account's one-time code, without an authenticator."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from temoin.cli.commands import Commands
from temoin.cli.console import say
from temoin.cli.django_process import become, default_folder
from temoin.lib.config_error import ConfigError
from temoin.settings.file import Process
from temoin_demo.accounts_file import recall_demonstration


def add_commands(commands: Commands) -> None:
    parser = commands.add_parser("demo-code", help="show the one-time code of a demonstration account")
    parser.add_argument("email", metavar="E-MAIL")
    parser.add_argument("--data", type=Path, default=None, help=f"data folder (default: {default_folder()})")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the code that the sign-in page asks for now."""
    data = options.data or default_folder()
    accounts = {account["email"]: account for account in recall_demonstration(data)["accounts"]}
    if options.email not in accounts:
        raise ConfigError(f"No such account; the accounts are {', '.join(accounts)}.")
    become(Process.STAFF, data)
    from allauth.mfa import app_settings
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    counter = int(time.time()) // app_settings.TOTP_PERIOD
    say(format_hotp_value(hotp_value(accounts[options.email]["totp_secret"], counter)))
    return 0
