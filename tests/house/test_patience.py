"""No test waits by a limit of its own, or draws examples by one: what a busy machine does late is not wrong."""

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


# The beginning of a page that is still coming, taken for the whole of it; or a wait that the content policy of our
# pages lets look once only.
HALF_A_PAGE = re.compile(r"query_selector|wait_for_function|locator\(.*\)\.all\(\)")
# A profile that waits as long as the browser sees fit.
OWN_PROFILE = re.compile(r"\b(?:browser|chromium)\.new_(?:page|context)\(")

# A property that draws as many examples in every profile: `make explore` would try no more of it.
OWN_COUNT = re.compile(r"\bmax_examples=|\bderandomize=|@seed\(")


def test_every_property_has_its_count_of_examples_from_the_profile():
    assert found(OWN_COUNT) == {"conftest.py", "strategies.py"}


def test_whoever_waits_waits_with_the_patience_of_all():
    assert found(OWN_LIMIT) == MEANT.keys()


def test_who_uses_a_browser_waits_for_the_whole_page_with_the_patience_of_all():
    assert found(HALF_A_PAGE) == found(OWN_PROFILE) == {"browsing.py"}


def found(words: re.Pattern[str]) -> set[str]:
    files = {str(path.relative_to(TESTS)): path for path in TESTS.rglob("*.py") if path != Path(__file__)}
    return {name for name, path in files.items() if words.search(path.read_text("utf-8"))}
