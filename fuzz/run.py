"""Drives every parser of what strangers send: `python fuzz/run.py [--inputs 100000] [--parser NAME] [--seeds FOLDER]`.

Each parser has a process of its own, with a bound of memory. An input that takes more than a second of processor
time, or more memory, or ends with an exception that the parser does not declare, is a failure, and is kept.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random

sys.path.append(str(Path(__file__).resolve().parents[1]))

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from fuzz.inputs import built, changed, of_kinds, seeds_in
from fuzz.parsers import PARSERS, Parser

SECONDS = 1.0  # of processor time for one input
MEMORY = 256 * 1024 * 1024  # bytes that all inputs of a parser may ever need beside the program itself
MOST_FAILURES = 20  # of one parser: then it is stopped
BUILT = 4  # one of so many inputs is built from nothing


class TooSlowError(BaseException):
    """More than a second; no parser's own `except Exception` swallows it."""


@dataclass
class Tally:
    """What came of one parser."""

    name: str
    inputs: int = 0
    refused: int = 0
    slowest: float = 0.0
    grown: int = 0  # kibibytes
    failures: dict[str, str] = field(default_factory=dict)  # what happened: the name of the input that was kept


def drive(name: str, parser: Parser, real: Sequence[bytes], *, inputs: int, number: int, kept: Path | None) -> Tally:
    """Give a parser its inputs: the real ones, changed ones, and built ones."""
    tally, random = Tally(name), Random(f"{number} {name}")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def give(data: bytes) -> None:
        if len(tally.failures) < MOST_FAILURES:
            _give(parser, data, tally, kept)

    for data in real[:inputs]:
        give(data)
    for _ in range(inputs - tally.inputs - inputs // BUILT):
        give(changed(real, random))
    _build(real, inputs - tally.inputs, random, give)
    tally.grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return tally


def _build(real: Sequence[bytes], count: int, random: Random, give: Callable[[bytes], None]) -> None:
    """Let hypothesis build the rest; faults are told by `give`, so that one does not end the search for others."""
    if count <= 0:
        return
    quiet = settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    seeded(random.randint(0, 2**32))(quiet(given(built(real))(give)))()


def _give(parser: Parser, data: bytes, tally: Tally, kept: Path | None) -> None:
    tally.inputs += 1
    began = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        parser.take(data)
    except parser.refuses:
        tally.refused += 1
    except TooSlowError:
        _fail(tally, "took more than a second", data, kept)
    except Exception as error:  # noqa: BLE001 whatever it is, it is what is looked for
        place = traceback.extract_tb(error.__traceback__)[-1]
        _fail(tally, f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}", data, kept)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    took = time.process_time() - began
    tally.slowest = max(tally.slowest, took)
    if took > SECONDS:
        _fail(tally, "took more than a second", data, kept)


def _fail(tally: Tally, what: str, data: bytes, kept: Path | None) -> None:
    if what not in tally.failures:
        name = sha256(data).hexdigest()[:16]
        tally.failures[what] = name
        if kept is not None:
            kept.mkdir(parents=True, exist_ok=True)
            (kept / name).write_bytes(data)


def _stop(*_: object) -> None:
    raise TooSlowError


def bound() -> None:
    """Bound this process: memory, and a signal when the time of an input is over."""
    signal.signal(signal.SIGPROF, _stop)
    used = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))


def one(name: str, options: argparse.Namespace) -> Tally:
    """Drive one parser, in a process of its own."""
    real = of_kinds(PARSERS[name].like, seeds_in(options.seeds) if options.seeds else {})
    bound()
    return drive(name, PARSERS[name], real, inputs=options.inputs, number=options.seed, kept=options.keep)


def all_of(names: Sequence[str], options: argparse.Namespace) -> Iterator[Tally]:
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.jobs, mp_context=spawned, max_tasks_per_child=1) as pool:
        for told in [pool.submit(one, name, options) for name in names]:
            yield told.result()


def main(words: Sequence[str] | None = None) -> int:
    """Print a line for each parser; 1 when one failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=5000, help="of each parser (default: 5000)")
    parser.add_argument("--parser", action="append", choices=PARSERS, help="this one alone; may be given several times")
    parser.add_argument("--seeds", type=Path, help="folder of real inputs, told apart by their suffixes")
    parser.add_argument("--seed", type=int, default=1, help="another number gives other inputs (default: 1)")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once (default: 2)")
    parser.add_argument("--keep", type=Path, help="folder for the inputs that failed")
    options = parser.parse_args(words)
    failed = 0
    print(f"{'parser':<66} {'inputs':>7} {'refused':>7} {'slowest':>9} {'memory':>9}")
    for tally in all_of(options.parser or list(PARSERS), options):
        failed += bool(tally.failures)
        print(
            f"{tally.name:<66} {tally.inputs:>7} {tally.refused:>7} {tally.slowest * 1000:>6.0f} ms"
            f" {tally.grown / 1024:>5.0f} MiB",
            flush=True,
        )
        for what, name in tally.failures.items():
            print(f"  FAILED: {what}: {name}", flush=True)
    print(json.dumps({"failed": failed}))
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
