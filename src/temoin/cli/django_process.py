"""Turns the present process into one of Témoin's Django processes."""

from __future__ import annotations

import os
from pathlib import Path

from temoin.lib.config_error import ConfigError
from temoin.settings.file import VARIABLE, Config, Process

DATA_FILE = "temoin.toml"


def become(process: Process, data: Path | None = None) -> None:
    """Load Django with the settings, the database role and the secrets of `process`."""
    if data is not None:
        os.environ[VARIABLE] = str(data / DATA_FILE)
    if not os.environ.get(VARIABLE):
        raise ConfigError(f"No settings file is named: set {VARIABLE} to the path of temoin.toml.")
    os.environ["TEMOIN_PROCESS"] = process.value
    os.environ["DJANGO_SETTINGS_MODULE"] = "temoin.site.settings"
    import django

    django.setup()


def settings_of_process() -> Config:
    from django.conf import settings

    config: Config = settings.TEMOIN
    return config


def settings_file(data: Path | None) -> Path:
    """Return the settings that are named, or else those of this account's demonstration."""
    if data is not None:
        return data / DATA_FILE
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    demonstration = default_folder() / DATA_FILE
    if demonstration.exists():
        return demonstration
    raise ConfigError("Say where Témoin is set up, with --data FOLDER, or start a demonstration: temoin demo")


def default_folder() -> Path:
    """Return where a demonstration lives unless told otherwise."""
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "temoin" / "demo"
