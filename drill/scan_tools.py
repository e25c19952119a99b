"""The scanners' own programs: pinned, each in a virtual environment of its own, run for a bounded time."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

# Others' programs are read and run, never imported: none comes near the project's own environment.
VERSIONS = {
    "bandit": "bandit==1.9.4",
    "schemathesis": "schemathesis==4.32.5",
    "semgrep": "semgrep==1.185.0",
    "sqlmap": "sqlmap==1.10.10",
    "wapiti": "wapiti3==3.2.3",
}
PROJECT = Path(__file__).parents[1]


@dataclass(frozen=True, order=True)
class Finding:
    """What a scanner says: its own identifier of the kind, the file or address, and words for a person."""

    scanner: str
    id: str
    where: str
    words: str = ""


@dataclass(frozen=True)
class Toolbox:
    """Where the environments are kept, and where a run may write."""

    cache: Path
    scratch: Path

    def install(self, name: str) -> Path:
        """Make the environment of a scanner unless it is there in this version, and return its folder of programs."""
        folder = self.cache / VERSIONS[name].replace("==", "-")
        done = folder / "installed"
        if not done.exists():
            venv.create(folder, with_pip=True, clear=True)
            words = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", VERSIONS[name]]
            subprocess.run(words, check=True)
            done.touch()
        return folder / "bin"

    def run(
        self, name: str, *options: str, seconds: int, folder: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a scanner at low priority, in the scratch folder unless told; it sees no home and no setting of ours."""
        programs = self.install(name)
        environment = {
            "PATH": f"{programs}:{os.defpath}",
            "HOME": str(self.scratch),
            "LANG": "C.UTF-8",
            "SEMGREP_SEND_METRICS": "off",
            "SEMGREP_ENABLE_VERSION_CHECK": "0",
        }
        words = ["nice", str(programs / name), *options]
        return subprocess.run(
            words,
            cwd=folder or self.scratch,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            check=False,
        )


def stopped(name: str, result: subprocess.CompletedProcess[str]) -> RuntimeError:
    """Return the error of a scanner that did not do its work: no finding would then mean nothing."""
    print(result.stdout[-2000:], result.stderr[-2000:], file=sys.stderr)
    return RuntimeError(f"{name} ended with {result.returncode} and no report")
