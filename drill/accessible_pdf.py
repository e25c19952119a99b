"""Has veraPDF, which knows nothing of us, judge our PDF files by PDF/UA-1 and PDF/A-1a.

    python drill/accessible_pdf.py [--at-least X] [FILE ...]

The files are pages of invented results (first, corrected, cancelled, with advice, as long as can be, in each language
of patients) and a poster, or those that are named. Maven brings veraPDF once, into artefacts/verapdf; it takes Java 11
or later. The last line is the share of the judgements that say yes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from math import floor
from pathlib import Path

import django

from temoin.formats.pdf import report_pdf
from temoin.formats.pdf.poster import poster_file
from temoin_conformance.documents import example_story

HERE = Path(__file__).parent
LIBRARIES = HERE.parent / "artefacts" / "verapdf"
STANDARDS = ("ua1", "1a")
ADVICE = [[("Ce que cela veut dire", "Le test a trouvé le virus."), ("Urgence", "Appelez le 15 ou le 112.")]]


def main() -> int:
    """Write, have judged, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--at-least", type=float, default=0.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        told = list(_judged(options.files or list(_written(Path(folder)))))
    print("\n".join(told))
    verdicts = [line for line in told if not line.startswith(" ")]
    share = sum(line.startswith("yes") for line in verdicts) / max(len(verdicts), 1)
    print(f"{floor(share * 1000) / 1000:.3f}")
    return 0 if verdicts and share >= options.at_least else 1


def _written(folder: Path) -> Iterator[Path]:
    for name, content in _files():
        path = folder / f"{name}.pdf"
        path.write_bytes(content)
        yield path


def _files() -> Iterator[tuple[str, bytes]]:
    story = example_story()
    for name in ("first", "correction", "cancellation"):
        yield name, report_pdf(getattr(story, name))
    yield "advice", report_pdf(story.first, ADVICE)
    yield from _in_each_language()
    place = replace(story.first.organisation, name="W" * 300)
    yield "longest", report_pdf(replace(story.first, organisation=place, comment="Une ligne. " * 1_000))
    site = "https://resultats.example.fr"
    made = datetime(2026, 11, 24, tzinfo=UTC)
    yield "poster", poster_file(place=place.name, address=f"{site}/form/#{'A' * 22}", site=site, at=made)


def _in_each_language() -> Iterator[tuple[str, bytes]]:
    os.environ |= {"DJANGO_SETTINGS_MODULE": "temoin.site.settings", "TEMOIN_PROCESS": "owner"}
    django.setup()  # whose forms of dates the pages have
    from temoin.delivery.own_words import own_page

    story = example_story()
    for language in ("en", "es", "pt", "ar", "uk"):
        for name in ("first", "correction", "cancellation"):
            report = getattr(story, name)
            yield f"{language}-{name}", report_pdf(report, ADVICE, own_page(report, language))


def _judged(files: list[Path]) -> Iterator[str]:
    if not LIBRARIES.is_dir():
        copy = ["mvn", "-q", "-B", "-f", HERE / "verapdf.xml", "dependency:copy-dependencies"]
        subprocess.run([*copy, f"-DoutputDirectory={LIBRARIES}"], check=True)
    for standard in STANDARDS:
        java = ["java", "-cp", LIBRARIES / "*", HERE / "Judge.java", standard, *files]
        run = subprocess.run(java, check=True, capture_output=True, text=True)
        yield from run.stdout.splitlines()


if __name__ == "__main__":
    sys.exit(main())
