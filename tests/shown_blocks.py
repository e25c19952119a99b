"""The blocks of shell that the documentation shows, and those of them that are run in a demonstration.

`tests/docs/test_shown_commands.py` reads all of them; `tests/demo/test_demo_running.py` runs them where one runs.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md")])
BLOCK = re.compile(r"^```(?:sh|bash|shell|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)

# A block is known by its first line; what its words stand for is told here.
RUN = {
    "temoin journal key > journal.vkey": {"/mnt/folder": "{data}/checkpoints", "2026-11-01": "{today}"},
    "temoin journal export | awk": {"464": "{size}"},
    "openssl ecparam -name secp384r1": {},
    "openssl genpkey -algorithm EC": {"$PHARMACY/CN=$PROGRAM": "{subject}"},
    "openssl req -x509 -newkey rsa:3072": {"pharmacy-a.pem pharmacy-b.pem": "keys/hl7.pem"},
    "install -d -m 0700 keys": {},
    "temoin pharmacy open --finess": {},
    "temoin reconcile --status": {"2026-11-24": "{yesterday}"},
    "temoin journal verify": {},
    "python examples/hand_in.py": {
        "http://localhost:8600": "{staff}",
        "KEY": "{program_key}",
        "CLIENT_ID": "{client_id}",
    },
    "temoin breach count": {"[--pharmacy FINESS] [--since DAY] [--until DAY]": ""},
}
# Run from top to bottom, whatever their language, by tests/demo/test_tutorial.py and by drill/install.py.
RUN_WHOLE = {"tutorial.md", "install.md"}
DIFFERS = 1  # the status of `reconcile` when the two sides do: nothing was sent on the day asked for


def blocks() -> list[tuple[str, str]]:
    return [(page.name, block) for page in PAGES for block in BLOCK.findall(page.read_text(encoding="utf-8"))]
