"""What each page of the staff site costs the server, with a day of 200 tests and a group's records behind it.

    python bench/pages.py [--records 20000] [--rounds 30] [--workers 2] [--within 100] [--first-within 100]
                          [--at-least 0.5]

A pharmacy with a past of 200 tests a day has a day like that before it: of 200 patients 160 are signed, 20 sampled and
20 waiting. Every page of the table of addresses that takes no more than a patient, a test or a lot is asked for by its
owner, again and again, and so is the search for a patient by the beginning of a name. Then come `--records` results,
through the function of `temoin import results`: up to a year of this pharmacy's, and all others of pharmacies beside it
on the same site, which `--records` counts together. The same pages are asked for again.

The limit is the page with the small past, in the same run: what a page costs more with the large one is what an index
is missing for, or what is asked for each row. Times depend on what else the machine does; processor time of site and
database together does less so. Time is from the question to the last byte, over one kept connection on this machine.

Judged, each where it is asked for: the worst page's 95th centile in milliseconds (`--within`), what the first page
costs a browser that comes for the first time, with all that it names, in kilobytes (`--first-within`), and the last
line (`--at-least`): the worst ratio of processor times, small past to large.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import http.client
import io
import os
import platform
import re
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import cycle
from typing import Any
from uuid import UUID

from real_statements import superuser
from site_under_load import (
    Site,
    prepare_owner,
    prepare_pharmacy,
    prepare_tests,
    processor_time,
    sign_in,
    staff_site,
)

A_DAY, PAST_DAYS, YEAR = 200, 31, 365
OF_OTHERS = 5_000  # results of each pharmacy beside
WARM = 12  # a connection plans a statement for good when it comes for the tenth time
FRESH = 200  # seconds, of the 300 in which nobody is asked to confirm
PEOPLE = 4  # who ask
SETTLED = """
UPDATE outbox_parcel SET state = 'accepted', settled_at = posted_at WHERE state = 'waiting' AND posted_at < %s
"""
# The database stamps an event with its own clock: those of the past are of the hour of their record.
DATED = """
UPDATE journal_event event SET at = record.registered_at FROM testing_record record
 WHERE record.pharmacy_id = event.pharmacy_id AND event.subject_id IN (record.id, record.patient_id)
   AND record.registered_at < %s AND event.at > record.registered_at + interval '12 hours'
"""
COLUMNS = (
    *("result_number", "finess", "birth_name", "given_names", "birth_date", "sex", "device", "test_code", "result"),
    *("specimen", "sampled_at", "read_at"),
)
LETTERS = ("BDFGJKLMNPRSTVZ", "AEIOU")


@dataclass(frozen=True)
class Asked:
    """A page: what it is called, where it is for each of several tests, what is posted."""

    name: str
    paths: list[str]
    fields: dict[str, str] | None = None


@dataclass(frozen=True)
class Took:
    """What a page took: milliseconds, of processor too, and bytes."""

    times: list[float]
    processor: float
    size: int

    @property
    def half(self) -> float:
        return statistics.median(self.times)

    @property
    def most(self) -> float:
        return sorted(self.times)[-(-95 * len(self.times) // 100) - 1]

    def __str__(self) -> str:
        return f"{self.half:6.1f} {self.most:7.1f} ms"


def main() -> int:
    """Measure, print, and judge."""
    options = _options()
    print(
        f"machine: {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}"
    )
    with staff_site(options.workers) as site:
        first = first_page(site)
        before, after = _measure(site, options)
    ratios = {name: took.processor / max(after[name].processor, 0.01) for name, took in before.items()}
    _print(before, after, ratios)
    worst = max(after, key=lambda name: after[name].most)
    print(f"first page {first:.0f} kB; slowest {worst}, {after[worst].most:.0f} ms for 95 of 100")
    print(f"{min(ratios.values()):.3f}")
    is_fast = not options.within or after[worst].most <= options.within
    is_small = not options.first_within or first <= options.first_within
    return 0 if is_fast and is_small and min(ratios.values()) >= options.at_least else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--within", type=float, default=0.0)
    parser.add_argument("--first-within", type=float, default=0.0)
    parser.add_argument("--at-least", type=float, default=0.0)
    return parser.parse_args()


def _measure(site: Site, options: argparse.Namespace) -> tuple[dict[str, Took], dict[str, Took]]:
    """Return what each page took with the small past and with the large one."""
    prepare_tests(site.folder, 0)
    by, finess = prepare_pharmacy()
    small = min(PAST_DAYS * A_DAY, options.records // 4)
    load(by, finess, first=1, results=small)
    pages = _pages(_day(by))
    _settle(site)
    before = ask_all(Readers(site, by, "avant"), pages, options.rounds)
    own = min(YEAR * A_DAY, (options.records - small) // 2)
    load(by, finess, first=1 - (-small // A_DAY), results=own)
    for number, results in enumerate(_shares(options.records - small - own), 1):
        load(*_other(number), first=1, results=results)
    _settle(site)
    print(f"{options.records} results stored, {small + own} of them of the pharmacy that is looked at", flush=True)
    return before, ask_all(Readers(site, by, "apres"), pages, options.rounds)


def _shares(results: int) -> Iterator[int]:
    while results > 0:
        yield min(results, OF_OTHERS)
        results -= OF_OTHERS


def _other(number: int) -> tuple[Any, str]:
    """Open a pharmacy beside; return its owner's seat and its FINESS number."""
    from stdnum import luhn

    digits = f"51{number + 10:06}"
    return prepare_pharmacy(finess=digits + luhn.calc_check_digit(digits), email=f"mesure{number}@exemple.fr")


def load(by: Any, finess: str, *, first: int, results: int) -> None:
    """Take results in as files of a day each, on the evening of that day: `first` days ago and before."""
    from temoin.intake.results import import_results
    from temoin.intake.sameness import Sameness
    from temoin.lib.clock import now, shifted_by

    began, told = time.monotonic(), list[Any]()
    for ago in range(first, first + -(-results // A_DAY)):
        count = min(A_DAY, results - (ago - first) * A_DAY)
        evening = now().replace(hour=20) - timedelta(days=ago)
        file = io.BytesIO(_file(finess, evening.date(), ago, count))
        with shifted_by(evening - now()):
            counts = import_results(by=by, stream=file, dry_run=False, tell=told.append)
        if counts[Sameness.STORED] != count:
            raise RuntimeError(f"{count - counts[Sameness.STORED]} rows were not stored: {told[-1]}")
    print(f"{results} results stored in {time.monotonic() - began:.0f} s", flush=True)


def _file(finess: str, day: date, ago: int, count: int) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for place in range(count):
        number = ago * A_DAY + place
        hour, minute = 8 + place // 24, 2 * (place % 24)
        at, read = f"{day}T{hour:02}:{minute:02}", f"{day}T{hour:02}:{minute + 12:02}"
        born = f"19{number % 60 + 40}-{number % 12 + 1:02}-{number % 28 + 1:02}"
        test = ("ID NOW", "94534-5", "positive" if place % 9 == 0 else "negative", "Nasal Swab")
        writer.writerow([number, finess, name_of(number), "Camille", born, "F", *test, at, read])
    return text.getvalue().encode()


def name_of(number: int) -> str:
    """Return a name of three syllables that no other number under four hundred thousand has, each as often."""
    syllables = [first + second for first in LETTERS[0] for second in LETTERS[1]]
    spread = number * 7_919 % len(syllables) ** 3
    places = (spread, spread // len(syllables), spread // len(syllables) ** 2)
    return "".join(syllables[place % len(syllables)] for place in places)


def _day(by: Any) -> list[dict[str, UUID]]:
    """Make the day: patients who wait, are sampled, are signed; return the signed, with lot and patient."""
    from temoin.lib.clock import now
    from temoin.patients.actions import CURRENT_NOTICE, register_patient
    from temoin.patients.second_record import Asked
    from temoin.patients.traits import check_traits
    from temoin.testing.actions import register_test, take_sample
    from temoin.testing.sample import Reading, Sample
    from temoin.testing.signing import sign_result

    lot, made = _lot(by), list[dict[str, UUID]]()
    for number in range(A_DAY):
        told = {"birth_family_name": name_of(number), "birth_given_names": "Lou", "sex": "M"}
        told |= {"birth_date": f"{number % 28 + 1:02}/05/1985", "email": f"patient{number}@patient.example"}
        patient = register_patient(by=by, put_aside=Asked.NOBODY, traits=check_traits(told))
        record = register_test(by=by, patient_id=patient, kind="covid19-ag", notice_version=CURRENT_NOTICE)
        if number >= 20:
            sample = Sample("nasal-swab", now() - timedelta(minutes=15), lot_id=lot)
            take_sample(by=by, record_id=record, sample=sample, seen="")
        if number >= 40:
            outcome = "positive" if number % 9 == 0 else "negative"
            sign_result(by=by, record_id=record, reading=Reading({"sars-cov-2": outcome}, read_at=now()), seen="")
            made.append({"patient_id": patient, "record_id": record, "lot_id": lot})
    return made


def _lot(by: Any) -> UUID:
    from temoin.catalogue.actions import receive_lot

    return receive_lot(by=by, kit="abbott-panbio-covid19", number="MESURE2", expiry=date(2099, 1, 1))


def _pages(known: list[dict[str, UUID]]) -> list[Asked]:
    """Return the pages that are asked for: those of the table that need no more than is known."""
    from temoin.web.routes import ROUTES
    from temoin.web.scan_field import SCAN

    found = []
    for route in ROUTES:
        paths = [f"/{route.path}"]
        if "<" in route.path:
            paths = [re.sub(r"<uuid:(\w+)>", partial(_filled, one), paths[0]) for one in known]
        is_page = "GET" in route.methods and paths[0].endswith("/") and "<" not in paths[0] and route.name != "changes"
        if is_page and route.needs_seat and not route.step_up:
            found.append(Asked(route.name, paths))
    search = {SCAN: name_of(A_DAY * 2)[:5].lower()}
    return [*found, Asked("search by a name", ["/patients/"], search)]


def _filled(known: dict[str, UUID], place: re.Match[str]) -> str:
    return str(known.get(place[1], "<"))


class Readers:
    """New owners of the pharmacy, who ask in turn: what they saw before is asked for with each page.

    They sign in again before five minutes are over: whoever saw much and is not fresh is led to a confirmation.
    """

    def __init__(self, site: Site, by: Any, named: str) -> None:
        self._site = site
        self._emails = [f"{named}{number}@exemple.fr" for number in range(PEOPLE)]
        for email in self._emails:
            prepare_owner(by.pharmacy_id, email)
        self.sign_in()

    def sign_in(self) -> None:
        visitors = [sign_in(self._site.port, email) for email in self._emails]
        self._turns = cycle([(one, one.token("/patients/")) for one in visitors])
        self._signed_in = time.monotonic()

    def ask(self, page: Asked, turn: int = 0) -> tuple[int, str, float]:
        """Return status and body, and how many milliseconds they took; each turn is about another test."""
        visitor, token = next(self._turns)
        path = page.paths[turn % len(page.paths)]
        began = time.perf_counter()
        if page.fields is None:
            status, body, _where = visitor.get(path)
        else:
            status, body, _where = visitor.send(path, {**page.fields, "csrfmiddlewaretoken": token})
        return status, body, (time.perf_counter() - began) * 1000

    def renew(self) -> None:
        """Sign in again where that was a while ago."""
        if time.monotonic() - self._signed_in > FRESH:
            self.sign_in()


def ask_all(readers: Readers, pages: list[Asked], rounds: int) -> dict[str, Took]:
    """Ask for each page again and again; return what those that answer with a page took."""
    found = {}
    for page in pages:
        readers.renew()
        status = readers.ask(page)[0]
        if status == 200:
            found[page.name] = _took(readers, page, rounds)
        else:
            print(f"{page.name} is not asked for: it answers {status}")
    return found


def _took(readers: Readers, page: Asked, rounds: int) -> Took:
    for turn in range(WARM):
        readers.ask(page, turn)
    times, size, before = [], 0, processor_time()
    for turn in range(rounds):
        status, body, took = readers.ask(page, turn)
        if status != 200:
            raise RuntimeError(f"{page.name} answers {status}")
        times.append(took)
        size = len(body.encode())
    return Took(times, (processor_time() - before) / rounds * 1000, size)


def _settle(site: Site) -> None:
    """Let the authority have acknowledged the past, and the planner know the tables."""
    from temoin.lib.clock import now

    with superuser(site) as connection:
        connection.execute("SET session_replication_role = replica")
        for words in (SETTLED, DATED):
            connection.execute(words, [now().replace(hour=0, minute=0)])
        connection.execute("VACUUM ANALYZE")


def first_page(site: Site) -> float:
    """Return the kilobytes that the first page costs, with each file that it names, as a browser asks for them."""
    page, size = _fetched(site, "/account/sign-in/")
    files = sorted(set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.decode())))
    return (size + sum(_fetched(site, file)[1] for file in files)) / 1000


def _fetched(site: Site, path: str) -> tuple[bytes, int]:
    """Return what stands there, and how many bytes it came in, its head too."""
    connection = http.client.HTTPConnection("localhost", site.port)
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    came = answer.read()
    head = sum(len(name) + len(value) + 4 for name, value in answer.getheaders())
    plain = gzip.decompress(came) if answer.headers.get("Content-Encoding") == "gzip" else came
    return plain, head + len(came)


def _print(before: dict[str, Took], after: dict[str, Took], ratios: dict[str, float]) -> None:
    print(f"{'':<24} {'large past':>17}   {'small past':>17}   {'processor':>18}   ratio     kB")
    for name, small in sorted(before.items(), key=lambda one: -after[one[0]].most):
        large = after[name]
        processor = f"{small.processor:.1f} to {large.processor:.1f} ms"
        print(f"{name:<24} {large}   {small}   {processor:>18}   {ratios[name]:5.2f}  {large.size / 1000:5.1f}")


if __name__ == "__main__":
    sys.exit(main())
