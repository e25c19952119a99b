"""Runs the courier against any FHIR R4 server: what Témoin asks of an authority, and whether that server gives it.

    python drill/standard_server.py URL [--at-least X]

URL is the base, without /Bundle. The documents are invented, marked as such, and stay there: point it at a server that
may keep them. The last line is the share of the questions that were answered as they must be.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from math import floor

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "temoin.site.settings")
django.setup()

from temoin.formats.fhir import document  # noqa: E402
from temoin.lib.clock import now  # noqa: E402
from temoin.outbox.courier import Answer, Consignment, Reconcilable, Verdict  # noqa: E402
from temoin.testing.report import Report  # noqa: E402
from temoin.transmission.channels.fhir.courier import FhirCourier  # noqa: E402
from temoin.transmission.channels.fhir.settings import FhirSettings  # noqa: E402
from temoin.transmission.rules.loading import load_rule_sets  # noqa: E402
from temoin_conformance.documents import make_story  # noqa: E402 rooms are imported once Django knows its settings

AT_ONCE = 8  # the same document, posted at the same moment


def main() -> int:
    """Ask, print, judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--at-least", type=float, default=0.0)
    options = parser.parse_args()
    authority = FhirSettings(base_url=options.url.rstrip("/"), enabled=True, rules=load_rule_sets()["demonstration"])
    answered = asyncio.run(_ask_all(FhirCourier(authority, demo=True)))
    print(f"{floor(sum(answered) / len(answered) * 1000) / 1000:.3f}")
    return 0 if sum(answered) / len(answered) >= options.at_least else 1


async def _ask_all(courier: FhirCourier) -> list[bool]:
    answered = []
    try:
        async for question, is_right, told in _questions(courier):
            print(f"{'yes' if is_right else 'NO '}  {question}: {told}", flush=True)
            answered.append(is_right)
    finally:
        await courier.close()
    return answered


async def _questions(courier: FhirCourier) -> AsyncIterator[tuple[str, bool, str]]:
    began = now() - timedelta(seconds=5)  # their clock may be a little behind
    story, rushed = make_story(now()), make_story(now()).first
    first, corrected, withdrawn = story.first, story.correction, story.cancellation

    unknown = await courier.enquire(_parcel(first))
    yield "an unknown key is unknown there", unknown.verdict is Verdict.UNKNOWN, unknown.code
    created = await courier.carry(_parcel(first))
    yield "a document is taken", created.verdict is Verdict.ACCEPTED, _told(created)
    again = await courier.carry(_parcel(first))
    yield "sent again, it is the same one there", _same(created, again), _told(again)
    found = await courier.enquire(_parcel(first))
    yield "asked by key, it is found", _same(created, found), _told(found)
    for words, version in (("a correction", corrected), ("a withdrawal", withdrawn)):
        answer = await courier.carry(_parcel(version))
        is_new = answer.verdict is Verdict.ACCEPTED and not _same(created, answer)
        yield f"{words} is a document of its own", is_new, _told(answer)
    many = await asyncio.gather(*(courier.carry(_parcel(rushed)) for _ in range(AT_ONCE)))
    names = {answer.receipt["id"] for answer in many if answer.verdict is Verdict.ACCEPTED}
    yield f"posted {AT_ONCE} times at once, it is one there", len(names) == 1, " ".join(sorted({a.code for a in many}))
    if isinstance(courier, Reconcilable):
        held = {each.key async for each in courier.holdings(began, now() + timedelta(seconds=5))}
        yield "what came today is told", {first.key, corrected.key, withdrawn.key} <= held, f"{len(held)} keys"


def _parcel(report: Report) -> Consignment:
    return Consignment(key=report.key, body=document(report))


def _same(one: Answer, other: Answer) -> bool:
    return bool(one.receipt.get("id")) and one.receipt.get("id") == other.receipt.get("id")


def _told(answer: Answer) -> str:
    return " ".join(filter(None, [answer.code, answer.receipt.get("id", ""), answer.detail]))


if __name__ == "__main__":
    sys.exit(main())
