"""What notices say: each kind in both languages, in the singular and in the plural, as text and as HTML alike."""

from __future__ import annotations

import pytest
from page_tree import said, tree

from temoin.lib.site import Site
from temoin.oversight.notice_words import alert_text, all_arrived, staff_text, still_late, write_notice
from temoin.pharmacies.notices import NoticeKind

SITE = Site(demo=False, staff_url="https://staff.example", portal_url="https://letters.example")
ALERTS = ("seal.broken", "listing.lost", "register.differed", "reading.much")
TEXTS = {
    **{f"{kind} {count}": (alert_text, kind, count) for kind in ALERTS for count in (1, 2)},
    **{f"{kind.value} {count}": (staff_text, kind, count) for kind in NoticeKind for count in (1, 2)},
}


def late(**changed: object):
    return still_late(**{"count": 2, "refused": 1, "matters": 0, "minutes": 30, "is_reminder": False} | changed)


@pytest.mark.parametrize(("write", "kind", "count"), TEXTS.values(), ids=TEXTS)
def test_every_kind_of_notice_says_the_same_in_text_and_in_html(write, kind, count):
    text = write(kind, count)

    notice = write_notice("key", text, site=SITE, path="/journal/", place="Pharmacie du Marché")

    shown = said(tree(notice.html))
    for line in (line for label in text.lines for line in (label.fr, label.en)):
        assert line in notice.text
        assert line in shown
    assert f"[Témoin] {text.subject.fr} / {text.subject.en}" in notice.subject
    assert "&" not in notice.subject + notice.text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (late(count=1), ["1 envoi sans", "1 sending without"]),
        (late(count=2, refused=0), ["2 envois sans", "dont 0 rejeté.", "2 sendings without"]),
        (late(matters=1), ["1 reçoit toujours", "1 meets the same"]),
        (late(matters=2), ["2 reçoivent toujours", "2 meet the same"]),
        (late(is_reminder=True), ["Rappel", "Reminder"]),
        (all_arrived(30), ["Tout est arrivé", "Everything has arrived"]),
        (alert_text("seal.broken", 1), ["1 donnée scellée de votre pharmacie ne s’ouvre plus", "does not open"]),
        (alert_text("seal.broken", 3), ["3 données scellées de votre pharmacie ne s’ouvrent plus", "do not open"]),
        (staff_text(NoticeKind.FAILED_TRIES, 4), ["4 connexions à votre adresse ont été", "4 sign-ins under"]),
    ],
)
def test_counts_are_said_as_people_say_them(text, parts):
    words = " ".join(f"{line.fr} {line.en}" for line in text.lines)

    assert [part for part in parts if part not in words] == []
