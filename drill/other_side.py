"""The authority of a drill, which goes on while the site is lost; and what the site's report says of it afterwards."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from site_under_load import wait_for
from trouble import ask_sandbox

from temoin_demo.ports import Ports
from temoin_demo.ways import FIRST_WAY, sandbox_words

TEMOIN = (sys.executable, "-m", "temoin.cli.main")


@dataclass(frozen=True)
class Authority:
    """A sandbox of its own process."""

    address: str

    def documents(self) -> Iterator[tuple[str, str]]:
        """Yield key and record of each document that it holds, page after page, copies too."""
        address = f"{self.address}/fhir/Bundle?_count=500"
        while address:
            page = ask_sandbox(address)
            for entry in page.get("entry", []):
                document = entry["resource"]
                head = document["entry"][0]["resource"]
                yield document["identifier"]["value"], head["identifier"]["value"]
            address = next((link["url"] for link in page["link"] if link["relation"] == "next"), "")

    def held_twice(self) -> int:
        return sum(count > 1 for count in Counter(key for key, _ in self.documents()).values())


@contextmanager
def authority_of(folder: Path, ports: Ports) -> Iterator[Authority]:
    """Start the authority that the settings in a folder name, with the patients' mailboxes."""
    process = subprocess.Popen([*TEMOIN, *sandbox_words([FIRST_WAY], ports, folder / "keys")])
    try:
        wait_for(ports.sandbox, process, "/")
        yield Authority(ports.url(ports.sandbox))
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def working(folder: Path, *names: str) -> Iterator[None]:
    """Run processes of a site until the block ends, however that is."""
    processes = [subprocess.Popen([*TEMOIN, name, "--data", str(folder)], stderr=subprocess.DEVNULL) for name in names]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def judge_report(report: dict[str, Any], authority: Authority, there: set[str]) -> list[str]:
    """Compare what the report names with what the authority holds of records that are not here; return the faults."""
    expected = {key for key, record in authority.documents() if record not in there}
    named = {each["key"] for each in report["results"]}
    (pharmacy,) = report["pharmacies"]
    share = len(named & expected) / len(expected) if expected else 0.0
    print(f"report: {len(named & expected)} of {len(expected)} results that the authority alone has: {share:.3f}")
    print(f"report: {pharmacy['patients']} messages to patients and {report['again']} in all may leave a second time")
    faults = []
    if share < 1 or named != expected:
        faults.append(f"the report names {len(named)} results, and {len(named - expected)} of them wrongly")
    if pharmacy["held"] != len(expected) or not report["whole"]:
        faults.append("the report tells the pharmacy of another number, or has not heard all")
    return faults


def judge_second_sending(folder: Path, authority: Authority, waiting: Any) -> list[str]:
    """Let the restored site send what it has; return the faults."""
    before, deadline = sum(1 for _ in authority.documents()), time.monotonic() + 120
    with working(folder, "worker"):
        while waiting() and time.monotonic() < deadline:
            time.sleep(0.2)
    after = sum(1 for _ in authority.documents())
    print(f"sent by the restored site: {after - before} documents more, {authority.held_twice()} held twice")
    faults = ["parcels are left that do not leave"] if waiting() else []
    return [*faults, *(["the authority holds a document twice"] if authority.held_twice() else [])]
