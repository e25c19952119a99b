"""What sealing costs the counter: results signed per second without the sealer and with it, turn by turn.

    python bench/seal_cost.py [--results 600] [--pairs 4] [--clients 8] [--at-least 0.9]

Both are the real requests of bench/sign.py against the real site; in every second turn `temoin sealer` runs beside it,
as in a demonstration, with a witness that is down (the costliest case) and its folder. Beside the rate, which depends
on what else the machine does, stands the processor time that site, database and sealer took per result. The last line
is the ratio of the median processor times, without the sealer over with it: 0.9 means that sealing costs a tenth.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sign import sign_all
from site_under_load import prepare_tests, processor_time, sign_in, staff_site


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--results", type=int, default=600)
    parser.add_argument("--pairs", type=int, default=4)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--at-least", type=float, default=0.0)
    options = parser.parse_args()
    costs: dict[bool, list[float]] = {False: [], True: []}
    with staff_site(options.workers) as site:
        records = prepare_tests(site.folder, options.results * (options.pairs * 2 + 1))
        visitor = sign_in(site.port)
        asyncio.run(sign_all(site, visitor, records[options.pairs * 2 * options.results :], options.clients))  # warm
        for turn in range(options.pairs * 2):
            is_sealed = turn % 4 in {1, 2}  # without, with, with, without: neither always comes second
            share = records[turn * options.results : (turn + 1) * options.results]
            with sealer(site.folder, wanted=is_sealed):
                before = processor_time()
                rate = asyncio.run(sign_all(site, visitor, share, options.clients))
                costs[is_sealed].append((processor_time() - before) / options.results * 1000)
            name = "with" if is_sealed else "without"
            print(f"{name} the sealer: {rate:.0f} results/s, {costs[is_sealed][-1]:.2f} ms of processor each")
    ratio = statistics.median(costs[False]) / statistics.median(costs[True])
    print(f"{ratio:.3f}")
    return 0 if ratio >= options.at_least else 1


@contextmanager
def sealer(folder: Path, *, wanted: bool) -> Iterator[None]:
    """Run the sealer for the block, once it has taken up what waits."""
    if not wanted:
        yield
        return
    command = [sys.executable, "-m", "temoin.cli.main"]
    subprocess.run([*command, "journal", "seal", "--data", str(folder)], check=True, stdout=subprocess.DEVNULL)
    process = subprocess.Popen(
        [*command, "sealer", "--data", str(folder)], env=os.environ.copy(), stderr=subprocess.DEVNULL
    )
    time.sleep(3)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    sys.exit(main())
