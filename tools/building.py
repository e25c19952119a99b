"""What every artefact is made of: the commit at hand, its time, and the wheel of it, the same bytes each time."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tomllib
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


def epoch(commit: str = "HEAD") -> int:
    """Return when a commit was made: the time that everything made of it bears."""
    return int(git("log", "-1", "--format=%ct", commit))


def checkout(commit: str, folder: Path) -> Path:
    """Write the files of a commit into a new folder; what lies about in the clone is not among them."""
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return folder


def build_wheel(source: Path, folder: Path, at: int) -> Path:
    """Build the product's wheel, without a network."""
    code = f"from setuptools.build_meta import build_wheel; print(build_wheel({str(folder)!r}))"
    folder.mkdir(parents=True, exist_ok=True)
    told = subprocess.run(
        ["/bin/sh", "-c", 'umask 022; exec "$@"', "sh", sys.executable, "-W", "ignore", "-c", code],
        cwd=source,
        env={**os.environ, "SOURCE_DATE_EPOCH": str(at), "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    return folder / told.stdout.splitlines()[-1]


def git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
