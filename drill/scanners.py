"""Sets independent scanners on the source and on a running demonstration, and tells what they find.

    python drill/scanners.py [--base-port N] [--only NAME …] [--cache FOLDER] [--at-least X]

Each scanner runs in a virtual environment of its own, made in the cache folder; versions are in scan_tools.py. They
talk to 127.0.0.1 only. What is found and accepted stands in scan_accepted.toml with its reason; everything else is
open. The last line is the share of scanners without an open finding: 1.000 is clean.
"""

from __future__ import annotations

import argparse
import sys
import time
import tomllib
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from fnmatch import fnmatchcase
from functools import partial
from math import floor
from pathlib import Path
from tempfile import TemporaryDirectory

from demonstration import demonstration
from path_sweep import sweep
from scan_site import schemathesis, sqlmap, wapiti
from scan_source import bandit, semgrep
from scan_tools import Finding, Toolbox
from site_map import Sites, read_sites

ACCEPTED = Path(__file__).with_name("scan_accepted.toml")
CACHE = Path("~/.cache/temoin-scanners")
OF_SOURCE = ("bandit", "semgrep")
OF_SITE = ("paths", "schemathesis", "sqlmap", "wapiti")
Scan = Callable[[], Iterable[Finding]]


def main() -> int:
    """Scan, sort what is found, judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--base-port", type=int, default=9340)
    parser.add_argument("--only", nargs="+", choices=[*OF_SOURCE, *OF_SITE], default=[*OF_SOURCE, *OF_SITE])
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--at-least", type=float, default=0.0)
    options = parser.parse_args()
    with TemporaryDirectory(prefix="temoin-drill-") as name, ExitStack() as running:
        tools = Toolbox(options.cache.expanduser().resolve(), Path(name))
        scans = source_scans(tools)
        if set(options.only) & set(OF_SITE):
            ready = running.enter_context(demonstration(Path(name), options.base_port)).ready
            scans |= site_scans(tools, read_sites(ready))
        clean = [tell(one, scans[one]) for one in options.only]
    print(f"{floor(sum(clean) / len(clean) * 1000) / 1000:.3f}")
    return 0 if sum(clean) / len(clean) >= options.at_least else 1


def source_scans(tools: Toolbox) -> dict[str, Scan]:
    """Return the scanners that read files."""
    return {"bandit": partial(bandit, tools), "semgrep": partial(semgrep, tools)}


def site_scans(tools: Toolbox, sites: Sites) -> dict[str, Scan]:
    """Return the scanners that ask a running demonstration."""
    return {
        "paths": partial(sweep, sites),
        "schemathesis": partial(schemathesis, tools, sites),
        "sqlmap": partial(sqlmap, tools, sites),
        "wapiti": partial(wapiti, tools, sites),
    }


def tell(name: str, scan: Scan) -> bool:
    """Run one scanner, say what is open, and return whether nothing is."""
    began = time.monotonic()
    found = sorted(set(scan()))
    reasons = tomllib.loads(ACCEPTED.read_text(encoding="utf-8"))["accepted"]
    open_ones = [one for one in found if not any(_accepts(reason, one) for reason in reasons)]
    for one in open_ones:
        print(f"OPEN {one.scanner} {one.id} {one.where} {one.words}")
    duration = time.monotonic() - began
    print(f"{name}: {len(open_ones)} open, {len(found) - len(open_ones)} accepted, {duration:.0f} s", flush=True)
    return not open_ones


def _accepts(reason: dict[str, str], finding: Finding) -> bool:
    if not reason["reason"].strip():
        raise RuntimeError(f"{finding.id} is accepted without a reason")
    is_same = (reason["scanner"], reason["id"]) == (finding.scanner, finding.id)
    return is_same and fnmatchcase(finding.where, reason["where"])


if __name__ == "__main__":
    sys.exit(main())
