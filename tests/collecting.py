"""How each process collects the tests: from where on, and without looking through them for what is left over."""

from __future__ import annotations

import gc
from collections.abc import Generator
from pathlib import Path

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Let each process collect from another folder on: what one has rewritten, the others find.

    Only where the seed decides the order afterwards: it has to be the same in each.
    """
    worker: dict[str, str | int] | None = getattr(config, "workerinput", None)
    is_whole = config.args_source is config.ArgsSource.TESTPATHS
    if worker and is_whole and config.getoption("randomly_reorganize", default=False):
        files = sorted(Path(__file__).parent.glob("*/test_*.py"))
        begun = int(str(worker["workerid"]).removeprefix("gw")) * len(files) // int(worker["workercount"])
        config.args = list(dict.fromkeys(str(one.parent) for one in files[begun:] + files[:begun]))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for garbage once at the end, and afterwards no longer among the tests, their modules and ours: they stay."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()
