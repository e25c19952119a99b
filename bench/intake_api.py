"""Results handed in by one call of the API per second, and how much memory the server process takes for it.

    python bench/intake_api.py [--results 10000] [--at-least-rate 100] [--at-most-mb 80]

The road is the real one: `temoin_client` hands all of them in by `POST /api/v1/results` to `temoin web` with one server
process, each of a patient of their own, and every one must be taken: patient, test, sample and proposal, each with its
event. Told is besides by how much the process grew at most.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from joserfc.jwk import ECKey
from site_under_load import Site, pharmacy_counter, prepare_tests, processor_time, staff_site

from temoin_client import KeyFile, Temoin
from temoin_client.models import NewPatient, ReadingBody, SampleBody, WholeResult, WholeResults


def main() -> int:
    """Measure, print, and judge."""
    options = _options()
    with staff_site(1) as site, TemporaryDirectory() as folder:
        key, client_id, results = _prepared(site, Path(folder), options.results)
        with Temoin(f"http://localhost:{site.port}", client_id=client_id, sign=KeyFile(key)) as temoin:
            temoin.whoami()
            before, spent = _peaks(site.folder), processor_time()
            began = time.monotonic()
            verdicts = temoin.hand_in(WholeResults(results=results)).results
            seconds, after = time.monotonic() - began, _peaks(site.folder)
            spent = processor_time() - spent
    if refused := [one for one in verdicts if not one.taken]:
        raise RuntimeError(f"{len(refused)} results were not taken: {refused[0]}")
    rate = len(verdicts) / seconds
    grown = max(after[process] - before[process] for process in before)
    print(f"machine: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{spent / len(verdicts) * 1000:.2f} ms of processor each: client, server and database")
    print(f"{len(verdicts)} results in {seconds:.1f} s: {rate:.0f} results/s; {grown:.0f} MB more than before, at most")
    return 0 if rate >= options.at_least_rate and grown <= options.at_most_mb else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--results", type=int, default=10_000)
    parser.add_argument("--at-least-rate", type=float, default=0.0)
    parser.add_argument("--at-most-mb", type=float, default=1e9)
    return parser.parse_args()


def _prepared(site: Site, folder: Path, count: int) -> tuple[Path, str, list[WholeResult]]:
    """Return the key of a program, its client id, and what it hands in. Loads Django."""
    prepare_tests(site.folder, 0)
    from temoin.patients.notice import CURRENT_NOTICE
    from temoin.pharmacies.programs import add_program
    from temoin.pharmacies.scopes import Scope

    by, _patient, lot = pharmacy_counter()
    key, path = ECKey.generate_key("P-256"), folder / "program.pem"
    path.write_bytes(key.as_pem(private=True))
    program = add_program(by=by, name="Mesure", public_key=key.as_pem(private=False).decode(), scopes=tuple(Scope))
    return path, f"{by.pharmacy_id}.{program}", list(_results(count, lot, CURRENT_NOTICE))


def _results(count: int, lot: Any, notice: str) -> Iterator[WholeResult]:
    from temoin.lib.clock import now

    sampled = SampleBody(specimen="nasal-swab", lot_id=lot, sampled_at=now() - timedelta(minutes=16))
    for number in range(count):
        letters = "".join(chr(ord("A") + int(digit)) for digit in f"{number:06}")
        patient = NewPatient(
            birth_family_name=f"MESURE{letters}",
            birth_given_names="Camille",
            sex="F",
            birth_date=date(1930, 1, 1) + timedelta(days=number * 3 % 30_000),
            phone="0299000000",
            street="12 rue du Port",
            postcode="35000",
            city="Rennes",
        )
        yield WholeResult(
            number=f"MESURE-{number}",
            patient=patient,
            kind="covid19-ag",
            notice_version=notice,
            sample=sampled,
            reading=ReadingBody(outcomes={"sars-cov-2": "negative"}),
        )


def _peaks(folder: Path) -> dict[str, float]:
    """Return the most memory that each process of the staff site had since the last time it was asked, in MB."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder).encode() in (words := (process / "cmdline").read_bytes()) and b"\0web\0" in words:
                status = (process / "status").read_text().splitlines()
                found[process.name] = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
                (process / "clear_refs").write_text("5")  # the peak is counted from here
        except OSError:
            continue
    return found


if __name__ == "__main__":
    raise SystemExit(main())
