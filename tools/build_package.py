"""`make package`: a package of Debian, with the locked versions of the libraries; the same bytes each time.

It is made of a commit, on any machine with dpkg and uv: the libraries are wheels for the Python of the suite.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from building import ROOT, VERSION, build_wheel, checkout, epoch

# What a suite of Debian has: its number, and its Python.
SUITES = {"bookworm": (12, "3.11"), "trixie": (13, "3.13")}
PLATFORMS = {"amd64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}
HOME = Path("opt/temoin")
UNITS = Path("usr/lib/systemd/system")
# Where the files of packaging/ lie on a host; those of debian/ are the package's own.
PLACES = {
    "systemd": UNITS,
    "backup": UNITS,
    "sysusers.d": Path("usr/lib/sysusers.d"),
    "tmpfiles.d": Path("usr/lib/tmpfiles.d"),
    "nginx": Path("usr/share/temoin/nginx"),
    "caddy": Path("usr/share/temoin/caddy"),
    "prometheus": Path("usr/share/temoin/prometheus"),
    "grafana": Path("usr/share/temoin/grafana"),
}
DOCUMENTS = Path("usr/share/doc/temoin")
OVERRIDES = Path("usr/share/lintian/overrides/temoin")
SCRIPTS = ("postinst", "prerm", "postrm")
MAINTAINER = "Témoin <package@temoin.example>"
LAUNCHER = """#!/opt/temoin/bin/python3
import os
import sys

from temoin.cli.main import main

os.environ.setdefault("TEMOIN_CONFIG", "/etc/temoin/temoin.toml")
sys.exit(main())
"""
# It builds wheels, and runs no site.
OF_THE_BUILD = re.compile(r"^setuptools==.*\n(?:[ #].*\n)*", re.MULTILINE)
# Notes of the installer that tell where the wheel lay.
NOTES = {"direct_url.json", "uv_cache.json"}


@dataclass(frozen=True)
class Wanted:
    """A package to be made."""

    suite: str
    commit: str = "HEAD"
    upstream: str = VERSION

    @property
    def python(self) -> str:
        return SUITES[self.suite][1]

    @property
    def version(self) -> str:
        return f"{self.upstream}-1+deb{SUITES[self.suite][0]}"

    @cached_property
    def at(self) -> int:
        return epoch(self.commit)

    @cached_property
    def architecture(self) -> str:
        return run("dpkg", "--print-architecture").strip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", choices=SUITES, default="trixie")
    parser.add_argument("--commit", default="HEAD")
    parser.add_argument("--into", type=Path, default=ROOT / "dist", metavar="FOLDER")
    options = parser.parse_args()
    made = build(Wanted(options.suite, options.commit), options.into)
    sys.stdout.write(f"{hashlib.sha256(made.read_bytes()).hexdigest()}  {made}\n")
    return 0


def build(wanted: Wanted, into: Path) -> Path:
    """Write the package into a folder, and return its file."""
    into.mkdir(parents=True, exist_ok=True)
    made = into / f"temoin_{wanted.version}_{wanted.architecture}.deb"
    with tempfile.TemporaryDirectory() as scratch:
        source, tree = checkout(wanted.commit, Path(scratch) / "source"), Path(scratch) / "tree"
        install_program(source, tree, wanted)
        install_files(source, tree)
        write_documents(source, tree, wanted)
        write_control(source / "packaging/debian", tree, wanted)
        settle(tree, wanted.at)
        # One thread: what several compress depends on their number.
        command = ["dpkg-deb", "--build", "--root-owner-group", "-Zxz", "-z3", "--threads-max=1", tree, made]
        run(*command, SOURCE_DATE_EPOCH=str(wanted.at))
    return made


def install_program(source: Path, tree: Path, wanted: Wanted) -> None:
    """Lay out a virtual environment, and fill it with the locked libraries and the wheel of the product."""
    home = tree / HOME
    site = home / f"lib/python{wanted.python}/site-packages"
    (home / "bin").mkdir(parents=True)
    told = f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {wanted.python}\n"
    (home / "pyvenv.cfg").write_text(told, encoding="utf-8")
    (home / "bin/python3").symlink_to(f"/usr/bin/python{wanted.python}")
    (home / "bin/temoin").write_text(LAUNCHER, encoding="utf-8")
    locked = source / "of-the-program.lock"
    locked.write_text(OF_THE_BUILD.sub("", (source / "requirements.lock").read_text("utf-8")), encoding="utf-8")
    wheel = build_wheel(source, source / "made", wanted.at)
    uv = [Path(sys.executable).with_name("uv"), "pip", "install", "--quiet", "--target", site, "--link-mode=copy"]
    uv += ["--python-version", wanted.python, "--python-platform", PLATFORMS[wanted.architecture]]
    run(*uv, "--no-build", "--require-hashes", "--requirements", locked)
    run(*uv, "--no-deps", "--no-index", wheel)
    tidy(site)


def tidy(site: Path) -> None:
    """Take away what is of the building machine; what each library says of its own files stays true."""
    shutil.rmtree(site / "bin")  # programs of libraries, for another Python
    (site / ".lock").unlink(missing_ok=True)
    for note in site.glob("*.dist-info/*"):
        if note.name in NOTES:
            note.unlink()
    for record in site.glob("*.dist-info/RECORD"):
        lines = record.read_text("utf-8").splitlines(keepends=True)
        kept = [line for line in lines if (site / line.partition(",")[0].strip('"')).exists()]
        record.write_text("".join(sorted(kept)), encoding="utf-8")


def install_files(source: Path, tree: Path) -> None:
    for folder, place in PLACES.items():
        (tree / place).mkdir(parents=True, exist_ok=True)
        for file in (source / "packaging" / folder).iterdir():
            shutil.copy(file, tree / place)
    (tree / "usr/bin").mkdir()
    (tree / "usr/bin/temoin").symlink_to("/opt/temoin/bin/temoin")


def write_documents(source: Path, tree: Path, wanted: Wanted) -> None:
    folder = tree / DOCUMENTS
    folder.mkdir(parents=True)
    day = run("date", "--utc", "--rfc-email", f"--date=@{wanted.at}").strip()
    entry = f"temoin ({wanted.version}) unstable; urgency=medium\n\n  * See changelog.gz.\n\n -- {MAINTAINER}  {day}\n"
    for name, text in {
        "changelog.Debian": entry.encode(),
        "changelog": (source / "CHANGELOG.md").read_bytes(),
        "LICENSE": (source / "LICENSE").read_bytes(),
    }.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(text, 9, mtime=0))
    shutil.copy(source / "packaging/debian/copyright", folder)
    shutil.copy(source / "docs/temoin.example.toml", folder)
    (tree / OVERRIDES).parent.mkdir(parents=True)
    shutil.copy(source / "packaging/debian/lintian-overrides", tree / OVERRIDES)


def write_control(debian: Path, tree: Path, wanted: Wanted) -> None:
    """Write the package's description, its scripts, and the sums of its files."""
    control = tree / "DEBIAN"
    files = sorted(path for path in tree.rglob("*") if path.is_file() and not path.is_symlink())
    major, minor = wanted.python.split(".")
    told = {
        "VERSION": wanted.version,
        "ARCHITECTURE": wanted.architecture,
        "SIZE": str(sum(-(-path.stat().st_size // 1024) for path in files)),
        "PYTHON": f"{wanted.python}~",
        "NEXT_PYTHON": f"{major}.{int(minor) + 1}~",
        # Those that an operator may have enabled.
        "UNITS": " ".join(unit.name for unit in sorted((tree / UNITS).iterdir()) if "[Install]" in unit.read_text()),
    }
    control.mkdir()
    for name in ("control", *SCRIPTS):
        text = re.sub(r"@(\w+)@", lambda found: told[found[1]], (debian / name).read_text("utf-8"))
        (control / name).write_text(text, encoding="utf-8")
    sums = [f"{hashlib.md5(path.read_bytes()).hexdigest()}  {path.relative_to(tree)}\n" for path in files]  # noqa: S324
    (control / "md5sums").write_text("".join(sums), encoding="utf-8")


def settle(tree: Path, at: int) -> None:
    """Give every file the mode and the time that do not depend on who builds."""
    programs = {tree / HOME / "bin/temoin", *(tree / "DEBIAN" / name for name in SCRIPTS)}
    for path in [tree, *tree.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path in programs else 0o644)
        os.utime(path, (at, at), follow_symlinks=False)


def run(*words: str | Path, **more: str) -> str:
    # What it complains of is shown: who builds must see why.
    return subprocess.run(words, env={**os.environ, **more}, stdout=subprocess.PIPE, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
