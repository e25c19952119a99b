"""A release: what its words must say first, and that its signature is checked by the command that people are shown."""

from __future__ import annotations

import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest
import release
from building import ROOT, VERSION

DATED = "# Changelog\n\n## 0.1.0 - 2026-12-01\n\n### How to upgrade\n\nInstall it.\n\n## 0.0.9 - 2026-11-01\n"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    folder = tmp_path / "made"
    folder.mkdir()
    (folder / "temoin-0.1.0.tar.gz").write_bytes(b"sources")
    (folder / release.SUMS).write_text(release.sums(folder), encoding="utf-8")
    return folder


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return new_key(tmp_path / "maintainers")


def new_key(path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)
    return path


def line_of(key: Path) -> str:
    return f"{release.IDENTITY} {key.with_suffix('.pub').read_text('utf-8')}"


def test_what_was_signed_is_taken_by_the_command_of_the_page(made: Path, key: Path):
    release.sign(made, key)

    release.verify(made, line_of(key))


def test_a_changed_file_another_key_and_changed_sums_are_refused(made: Path, key: Path, tmp_path: Path):
    release.sign(made, key)

    with pytest.raises(release.ReleaseError, match="does not check"):
        release.verify(made, line_of(new_key(tmp_path / "stranger")))
    (made / "temoin-0.1.0.tar.gz").write_bytes(b"other sources")
    with pytest.raises(release.ReleaseError, match="FAILED"):
        release.verify(made, line_of(key))
    (made / release.SUMS).write_text(release.sums(made), encoding="utf-8")
    with pytest.raises(release.ReleaseError, match="Signature verification failed"):
        release.verify(made, line_of(key))


def test_a_version_goes_out_with_its_day_and_how_to_upgrade():
    assert release.changelog_findings(DATED, "0.1.0") == []
    for changed in (
        DATED.replace("0.1.0 - 2026-12-01", "Unreleased: 0.1.0"),
        DATED.replace("0.1.0", "0.2.0"),
        DATED.replace("### How to upgrade", "### Added"),
        DATED.replace("### How to upgrade", "") + "\n### How to upgrade\n",
        "",
    ):
        assert release.changelog_findings(changed, "0.1.0") != []


def test_the_pages_say_which_version_is_mended_and_how_to_upgrade_to_it():
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    released = changelog.replace(f"## Unreleased: {VERSION}\n", f"## {VERSION} - 2026-12-01\n")

    assert release.security_findings((ROOT / "SECURITY.md").read_text("utf-8"), VERSION) == []
    assert release.changelog_findings(released, VERSION) == []


def test_a_wheel_is_built_by_the_locked_builder_alone():
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    here = version("setuptools")

    assert release.builder_findings(f"wheel==1\nsetuptools=={here} \\\n") == []
    assert release.builder_findings(f"wheel==1\nsetuptools=={here}9 \\\n") != []
    assert "\nsetuptools==" in lock
