"""Where each process of a parallel run begins to collect."""

from __future__ import annotations

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
