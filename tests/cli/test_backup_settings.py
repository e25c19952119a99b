"""The settings of pgBackRest: what may be read by whom, what is never written over, and what is refused."""

from __future__ import annotations

import argparse
import configparser
import os
import stat
from pathlib import Path

import pytest

from temoin.cli.backup_settings import write_settings
from temoin.cli.main import build_parser
from temoin.lib.config_error import ConfigError
from temoin_demo.folder import write_settings as write_site
from temoin_demo.ports import Ports


def asked(folder: Path, *words: str) -> argparse.Namespace:
    folder.chmod(0o700)
    if not (folder / "temoin.toml").exists():
        write_site(folder, Ports(21010))
    given = ["--data", str(folder), "--out", str(folder / "out"), "--cluster", "/srv/pg data/17 #1", *words]
    return build_parser().parse_args(["backup", "settings", *given])


def test_the_settings_may_be_read_and_the_passphrase_by_postgresql_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    before = os.umask(0o077)
    try:
        write_settings(asked(tmp_path))
    finally:
        os.umask(before)

    out = tmp_path / "out"
    passphrase = (out / "conf.d" / "passphrase.conf").read_text(encoding="ascii").partition("=")[2].strip()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (out, *out.rglob("*"))}
    assert modes == {"out": 0o755, "conf.d": 0o755, "pgbackrest.conf": 0o644, "passphrase.conf": 0o600}
    settings = configparser.RawConfigParser(inline_comment_prefixes=None)
    settings.read(out / "pgbackrest.conf", encoding="utf-8")
    assert settings["temoin"]["pg1-path"] == "/srv/pg data/17 #1"
    assert len(passphrase) >= 64
    assert passphrase not in capsys.readouterr().out + (out / "pgbackrest.conf").read_text(encoding="utf-8")


def test_nothing_is_written_over_and_a_passphrase_is_kept(tmp_path: Path):
    write_settings(asked(tmp_path))
    passphrase = tmp_path / "out" / "conf.d" / "passphrase.conf"
    content = passphrase.read_bytes()

    with pytest.raises(ConfigError, match="nothing is written over"):
        write_settings(asked(tmp_path))
    (tmp_path / "out" / "pgbackrest.conf").unlink()
    write_settings(asked(tmp_path))

    assert passphrase.read_bytes() == content


@pytest.mark.parametrize(
    "words",
    [
        ("--repository", "/srv/a\nrepo1-cipher-type=none"),
        ("--repository", "/srv/a\rx"),
        ("--socket", "relative"),
        ("--cluster", "/srv/a "),
        ("--stanza", "a]\n[b"),
        ("--stanza", "a'; x"),
    ],
)
def test_what_would_be_read_otherwise_is_refused_and_nothing_written(tmp_path: Path, words: tuple[str, str]):
    with pytest.raises(ConfigError):
        write_settings(asked(tmp_path, *words))

    assert not (tmp_path / "out").exists()
