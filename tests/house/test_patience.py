"""No test waits by a limit of its own: what a busy machine does late is not wrong."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
OWN_LIMIT = re.compile(r"monotonic\(\) \+ \d|set_default_timeout\(\d|\btimeout=(?:[5-9]|\d\d+)\b(?!\.)")
# A limit that is what the test is about, each with its reason.
MEANT = {
    "serving/served.py": "the server under test, with short limits",
    "serving/wire.py": "an honest client's own limit",
    "signin/test_memory.py": "how long a kept value lives",
}


def test_whoever_waits_waits_with_the_patience_of_all():
    files = [path for path in TESTS.rglob("*.py") if str(path.relative_to(TESTS)) not in MEANT]

    assert [str(path.relative_to(TESTS)) for path in files if OWN_LIMIT.search(path.read_text("utf-8"))] == []
