"""`make release`: what a version is handed out as: wheel, packages, sources, bill of materials, sums and signature.

Everything is built twice, in two places, and refused when the two differ. The signature is checked by the very command
that SECURITY.md shows. `--rehearse` goes the whole way for a version whose changelog has no day yet.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from build_package import SUITES, Wanted, build
from building import ROOT, VERSION, build_wheel, checkout, epoch, git

NAMESPACE, IDENTITY = "temoin-release", "release@temoin.example"
SUMS = "SHA256SUMS"
UPGRADE = "### How to upgrade"


class ReleaseError(Exception):
    """Why nothing is released."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--key", type=Path, required=True, help="private OpenSSH key of the maintainers")
    parser.add_argument("--into", type=Path, default=ROOT / "dist" / VERSION, metavar="FOLDER")
    parser.add_argument("--rehearse", action="store_true", help="do not ask for a dated changelog")
    options = parser.parse_args()
    try:
        release(options.key, options.into, rehearse=options.rehearse)
    except ReleaseError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write((options.into / SUMS).read_text("utf-8"))
    return 0


def release(key: Path, into: Path, *, rehearse: bool) -> None:
    """Check the words, build twice, compare, sum up and sign."""
    if git("status", "--porcelain"):
        raise ReleaseError("There are changes that are in no commit.")
    changelog, security = ((ROOT / name).read_text("utf-8") for name in ("CHANGELOG.md", "SECURITY.md"))
    found = security_findings(security, VERSION) + builder_findings((ROOT / "requirements.lock").read_text("utf-8"))
    found += [] if rehearse else changelog_findings(changelog, VERSION)
    if found:
        raise ReleaseError("\n".join(found))
    if into.exists():
        raise ReleaseError(f"{into} exists: a release is made once.")
    commit = git("rev-parse", "HEAD")  # whatever is committed meanwhile
    with tempfile.TemporaryDirectory() as scratch:
        first, second = (make(commit, Path(scratch) / name) for name in ("first", "second"))
        if differing := {line.split()[1] for line in set(sums(first).splitlines()) ^ set(sums(second).splitlines())}:
            raise ReleaseError(f"Built twice, and differs: {', '.join(sorted(differing))}.")
        (first / SUMS).write_text(sums(first), encoding="utf-8")
        sign(first, key)
        shutil.copytree(first, into)


def changelog_findings(text: str, released: str) -> list[str]:
    """Return what a changelog lacks to go out with a version."""
    newest = re.search(r"^## (.*)\n((?:(?!## ).*\n?)*)", text, re.MULTILINE)
    heading, body = newest.groups() if newest else ("", "")
    found = []
    if not re.fullmatch(rf"{re.escape(released)} - [0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}", heading):
        found.append(f'The newest heading of CHANGELOG.md is "{heading}", not "{released} - YEAR-MONTH-DAY".')
    if UPGRADE not in body.splitlines():
        found.append(f"The newest version in CHANGELOG.md does not say: {UPGRADE}")
    return found


def security_findings(text: str, released: str) -> list[str]:
    """Return what SECURITY.md says otherwise of the versions that are mended."""
    line = released.rpartition(".")[0]
    mended = re.findall(r"^\| ([0-9.]+) \| yes \|$", text, re.MULTILINE)
    return [] if mended == [line] else [f"SECURITY.md says that {', '.join(mended)} is mended, not {line}."]


def builder_findings(lock: str) -> list[str]:
    """Return why another machine might build another wheel: what builds it here is not what is locked."""
    here = version("setuptools")
    return [] if f"\nsetuptools=={here} " in lock else [f"setuptools here is {here}, which is not the locked one."]


def make(commit: str, folder: Path) -> Path:
    """Build everything that is handed out of a commit into a new folder."""
    source, made = checkout(commit, folder / "source"), folder / "made"
    build_wheel(source, made, epoch(commit))
    archive = subprocess.run(
        ["git", "archive", f"--prefix=temoin-{VERSION}/", commit], cwd=ROOT, capture_output=True, check=True
    )
    (made / f"temoin-{VERSION}.tar.gz").write_bytes(gzip.compress(archive.stdout, 9, mtime=0))
    shutil.copy(source / "requirements.lock", made)
    bill = [Path(sys.executable).with_name("cyclonedx-py"), "requirements", source / "requirements.lock", "--pyproject"]
    bill += [source / "pyproject.toml", "--mc-type", "application", "--output-reproducible", "--output-format", "JSON"]
    subprocess.run([*bill, "--output-file", made / "sbom.cdx.json"], check=True, stderr=subprocess.DEVNULL)
    for suite in SUITES:
        build(Wanted(suite, commit), made)
    return made


def sums(folder: Path) -> str:
    """Return the sums of a folder's files, as sha256sum writes them."""
    files = sorted(path for path in folder.iterdir() if not path.name.startswith(SUMS))
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)


def sign(folder: Path, key: Path) -> None:
    """Sign the sums, and check them as whoever takes the release will."""
    command = ["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", NAMESPACE, folder / SUMS]
    subprocess.run(command, check=True, capture_output=True)
    public = subprocess.run(["ssh-keygen", "-y", "-f", key], check=True, capture_output=True, text=True).stdout
    verify(folder, f"{IDENTITY} {public}")


def verify(folder: Path, line: str) -> None:
    """Do what SECURITY.md says to whoever takes a release, with the line of the maintainers' key."""
    (command,) = re.findall(r"```sh\n(ssh-keygen .*?)```", (ROOT / "SECURITY.md").read_text("utf-8"), re.DOTALL)
    with tempfile.TemporaryDirectory() as name:
        signers = Path(name) / "allowed_signers"
        signers.write_text(line, encoding="utf-8")
        typed = f"set -e\n{command}".replace("-f allowed_signers", f"-f {signers}")
        ended = subprocess.run(["/bin/sh", "-c", typed], cwd=folder, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise ReleaseError(f"The release does not check: {ended.stdout}{ended.stderr}")


if __name__ == "__main__":
    sys.exit(main())
