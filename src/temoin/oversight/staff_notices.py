"""Short messages to people of a pharmacy about their own sign-in and their team; no name and no word of health."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import timedelta
from functools import partial

from temoin.delivery.channels.email.notices import NoticeMail, PatientNotice
from temoin.lib.site import Site
from temoin.outbox.duties import Duty
from temoin.outbox.set_aside import apart
from temoin.oversight.notice_words import staff_text, write_notice
from temoin.oversight.settings import NoticeSettings
from temoin.pharmacies.models import StaffNotice
from temoin.pharmacies.notices import NoticeKind
from temoin.signin.models import Person
from temoin.signin.tries import record_tries

DUTY = "staff notices"
MOST_IN_A_ROUND = 200
LEADS_TO = {
    NoticeKind.FACTORS_RESET: "/account/security/",
    NoticeKind.FACTORS_RECOVERED: "/account/security/",
    NoticeKind.FAILED_TRIES: "/account/security/",
    NoticeKind.APPROVAL_ASKED: "/team/",
    NoticeKind.PROGRAM_STOPPED: "/programs/",
    NoticeKind.PROGRAM_UNTOLD: "/programs/",
    NoticeKind.PROGRAM_READDRESSED: "/programs/",
}


def staff_notice_duty(settings: NoticeSettings) -> Duty:
    return Duty(DUTY, timedelta(minutes=1), partial(write_to_staff, settings))


def write_to_staff(settings: NoticeSettings, stop: threading.Event) -> None:
    """Record what failed, then write what waits: the message leaves first, and is forgotten after."""
    with apart(DUTY, "failed tries"):
        record_tries()
    with closing(NoticeMail(settings.email, settings.site)) as mail:
        # Some of all: the oldest may be those whose mailboxes are full.
        for waiting in StaffNotice.objects.order_by("?")[:MOST_IN_A_ROUND]:
            if stop.is_set():
                return
            with apart(DUTY, str(waiting.id), passing=(OSError,)):
                _send(mail, waiting, settings.site)


def _send(mail: NoticeMail, waiting: StaffNotice, site: Site) -> None:
    person = Person.objects.filter(id=waiting.person_id, is_active=True).values_list("email", flat=True).first()
    if person is None or mail.send(_notice(waiting, site), person):
        waiting.delete()


def _notice(waiting: StaffNotice, site: Site) -> PatientNotice:
    kind = NoticeKind(waiting.kind)
    return write_notice(f"staff.{waiting.id}", staff_text(kind, waiting.count), site=site, path=LEADS_TO[kind])
