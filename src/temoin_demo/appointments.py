"""Takes a demonstration's appointments in a process of its own, signed in to the database as the patients' site.

No other role may take one. Their patients are among those of the demonstration: at the counter they are known already.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

import orjson

from temoin.cli.django_process import become
from temoin.cli.supervised import follow_supervisor
from temoin.settings.file import Process
from temoin_demo.accounts_file import draft_path, recall_demonstration
from temoin_demo.set_up import run_step

AHEAD = (0, 1, 4, 30, 50, 51, 90)  # of the hours to come: some of them today's, unless it is late
KINDS = ("covid19-ag", "flu-ag", "covid19-flu-rsv-ag")


def main(data: Path) -> None:
    """Take them in each pharmacy."""
    follow_supervisor()
    become(Process.PORTAL, data)
    take_appointments(recall_demonstration(data, draft_path(data))["posters"])


def take_appointments(posters: Iterable[str]) -> None:
    """Take some places of each poster's pharmacy, each for another patient."""
    from temoin_demo.patients import invent_patients

    patients = invent_patients()
    for token in posters:
        for ahead in AHEAD:
            _take(token, ahead, patients.pop())


def _take(token: str, ahead: int, patient: dict[str, str]) -> None:
    from temoin.arrivals.appointments import Wish, calendar_of_poster, take_place
    from temoin.arrivals.box import HandedForm, find_poster
    from temoin.crypto.arrival import FormPlace, seal_form

    poster = find_poster(urlsafe_b64decode(token + "=="))
    calendar = calendar_of_poster(poster) if poster else None
    if poster is None or calendar is None:
        return
    offer, arrival_id, number = calendar.offers[ahead], uuid4(), 1000 + 137 * ahead % 9000
    place = FormPlace(poster.pharmacy_id, offer.key.key_id, arrival_id)
    sealed = seal_form(offer.key.public, place, orjson.dumps(_content(patient, KINDS[ahead % len(KINDS)])))
    form = HandedForm(arrival_id, offer.key.key_id, number, sealed)
    take_place(poster, form, Wish(offer.starts_at, uuid4().bytes, uuid4().bytes, remind=True))


def _content(patient: dict[str, str], kind: str) -> dict[str, object]:
    from temoin.arrivals.filled import TRAITS, VERSION
    from temoin.crypto.letter import draw_code
    from temoin.patients.notice import CURRENT_NOTICE

    traits = {name: patient[name] for name in TRAITS if name in patient} | {"way": "email", "language": "fr"}
    asked = {"kind": kind, "answers": {}, "notice": CURRENT_NOTICE}
    return {"v": VERSION, "traits": traits, "code": draw_code(), "remind": True, **asked}


if __name__ == "__main__":
    raise SystemExit(run_step(main))
