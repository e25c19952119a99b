"""The page for whoever answers for what is sent: silence, delays, corrections, what is not told, and lots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from temoin.surveillance.counts import SignatureDelay
from temoin.surveillance.dataset import About, Publication
from temoin.surveillance.dataset_words import COLUMNS, TABLE_WORDS
from temoin.surveillance.page_text import NO_NUMBER, PageText
from temoin.surveillance.quality import UNTOLD, LotQuality, lot_qualities, sender_days, weekly_shares
from temoin.surveillance.tables import TABLES, DaysLate, Receipt
from temoin.testing.report import ReportStatus

NAMES = {"fr": "index.html", "en": "en.html"}
QUALITY_NAMES = {"fr": "qualite.html", "en": "quality.html"}
WEEKLY = {"delays": SignatureDelay, "receipts": Receipt, "lateness": DaysLate, "statuses": ReportStatus}


def quality_page(lang: str, found: Sequence[Publication], about: About) -> str:
    """Return the page in one language."""
    page = PageText(lang)
    body = _silence(page, found) + "".join(_weekly(page, name, found) for name in WEEKLY)
    body += _untold(page, found) + _lots(page, found)
    back = f'<a href="{NAMES[lang]}">{page.say("back")}</a>'
    head = f"{page.banner(about.is_demo)}<p>{page.say('quality_reading')} {back}</p>"
    return page.frame(page.say("quality_title"), QUALITY_NAMES, head + body)


def _silence(page: PageText, found: Sequence[Publication]) -> str:
    days = sender_days(found)
    if not days:
        return _section(page.say("silence_title"), f"<p>{page.say('nothing')}</p>")
    newest = days[0]
    rows = [[one.day.isoformat(), str(one.sent), str(one.silent), page.decimal(one.usual)] for one in days]
    head = [page.say(name) for name in ("date", "sent", "silent", "usual")]
    told = page.say("silence", silent=newest.silent, sent=newest.sent, day=newest.day)
    return _section(page.say("silence_title"), f"<p>{told}</p>{page.table(page.words('silence_title'), head, rows)}")


def _weekly(page: PageText, name: str, found: Sequence[Publication]) -> str:
    weeks, title = weekly_shares(found, name), TABLE_WORDS[name].text(page.lang)
    if not weeks:
        return _section(escape(title), f"<p>{page.say('too_few')}</p>")
    words = list(WEEKLY[name])
    column = TABLES[name].columns[0]
    head = [page.say("week"), *(escape(page.value(column, word)) for word in words)]
    rows = [[week.isoformat(), *(page.percent(told.get(word)) for word in words)] for week, told in weeks.items()]
    caption = f"{title}, {COLUMNS[column].words.text(page.lang)}"
    return _section(escape(title), page.table(caption, head, rows))


def _untold(page: PageText, found: Sequence[Publication]) -> str:
    told = {name: weekly_shares(found, name) for name in UNTOLD}
    weeks = sorted({week for one in told.values() for week in one}, reverse=True)
    title = page.words("untold_title")
    if not weeks:
        return _section(escape(title), f"<p>{page.say('too_few')}</p>")
    head = [page.say("week"), *(page.say(f"untold_{name}") for name in UNTOLD)]
    rows = [
        [week.isoformat(), *(_share(page, told[name].get(week), word) for name, word in UNTOLD.items())]
        for week in weeks
    ]
    return _section(escape(title), page.table(title, head, rows))


def _share(page: PageText, shares: Mapping[str, float] | None, word: str) -> str:
    return NO_NUMBER if shares is None else page.percent(shares.get(word, 0))


def _lots(page: PageText, found: Sequence[Publication]) -> str:
    lots, title = lot_qualities(found), page.words("lots_title")
    if not lots:
        return _section(escape(title), f"<p>{page.say('too_few')}</p>")
    head = [page.label(COLUMNS[name].words) for name in ("reference", "lot", "target")]
    head += [page.say(name) for name in ("verdict", "positives", "tests", "positivity", "interval", "typical")]
    table = page.table(title, head, [_lot(page, one) for one in lots])
    return _section(escape(title), f"<p>{page.say('lots_reading')}</p>{table}")


def _lot(page: PageText, one: LotQuality) -> list[str]:
    return [
        escape(one.reference),
        escape(one.lot),
        escape(page.value("target", one.target)),
        page.say(f"lot_{one.standing}"),
        page.count(one.positives),
        str((one.positives or 0) + one.negatives),
        page.percent(one.rate.rate) if one.positives is not None else NO_NUMBER,
        page.between(one.rate),
        page.between(one.typical),
    ]


def _section(title: str, body: str) -> str:
    return f"<section><h2>{title}</h2>{body}</section>"
