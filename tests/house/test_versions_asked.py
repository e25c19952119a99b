"""Which version stands is asked of the versions, which seals bind: a record's row says it in clear, unbound."""

from __future__ import annotations

import re

from source_code import files

# Where the row's number may be read, and why that believes nothing.
READERS = {
    "testing/evidence.py": "compares it with the versions, and tells the difference",
    "testing/queries.py": "a signature begins with it, and a number that exists or leaves a gap is refused or found",
    "delivery/telling.py": "refuses a form that names another version than the row",
    "intake/results.py": "the act that it calls refuses another version than the last",
    "oversight/work_list.py": "offers a button; the act behind it decides",
}
READ = re.compile(r"\brecord(_in_scope\([^)]*\))?\.version\b")


def test_nobody_believes_the_version_of_a_record_s_row():
    found = {name for name, path in files("*.py") if READ.search(path.read_text("utf-8"))}

    assert found == set(READERS)
