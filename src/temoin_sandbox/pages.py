"""The HTML of the sandbox's pages: plain, readable without script, every outside value escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape

import orjson

from temoin_sandbox.faults import FaultDesk, Faults, fault_names
from temoin_sandbox.issues import RULES, Issue
from temoin_sandbox.mailbox import ReceivedMail, SandboxMailbox
from temoin_sandbox.outcomes import OUTCOMES
from temoin_sandbox.store import Store, StoredDocument
from temoin_sandbox.words import LANGUAGES, word, word_or

PAGE_SIZE = 50
CASES = "docs/conformance.md"
COUNTERS = ("stored", "keys", "posts", "duplicates", "differing", "refused", "throttled", "mails")
_LINK = re.compile(r"https?://[^\s<>\"']+")
_TRAILING = ".,;:!?)»"


@dataclass(frozen=True, slots=True)
class View:
    """How a page is shown: its language, its own address, and whether it refreshes by itself."""

    language: str
    path: str
    refreshes: bool = False

    def say(self, name: str) -> str:
        """Return a word of the page, escaped."""
        return escape(word(self.language, name))

    @property
    def other(self) -> str:
        return next(language for language in LANGUAGES if language != self.language)


def page(view: View, title: str, body: str) -> str:
    """Return a whole page around its content; `title` and `body` are HTML already."""
    other = view.other
    refresh = '<meta http-equiv="refresh" content="5">' if view.refreshes else ""
    return f"""<!DOCTYPE html>
<html lang="{view.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
{refresh}<title>{title} – {view.say("title")}</title>
<link rel="icon" href="/sandbox.svg" type="image/svg+xml">
<link rel="stylesheet" href="/sandbox.css">
</head>
<body>
<a class="skip" href="#content">{view.say("skip")}</a>
<p class="banner" role="note">{view.say("banner")}</p>
<header>
<p class="name">{view.say("title")}</p>
<nav>
<a href="/">{view.say("documents")}</a>
<a href="/mailbox">{view.say("mailbox")}</a>
<a href="/conformance">{view.say("conformance")}</a>
<a href="{escape(view.path)}?lang={other}" lang="{other}" hreflang="{other}">{view.say("other_language")}</a>
</nav>
</header>
<main id="content">
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""


def message_page(view: View, text: str) -> str:
    """Return a page that only says one thing."""
    return page(view, escape(text), f'<p><a href="/">{view.say("back")}</a></p>')


def home_page(view: View, store: Store, box: SandboxMailbox, desk: FaultDesk, number: int) -> str:  # noqa: PLR0917
    """Return the list of documents with the counters and the faults."""
    documents = _newest(store.documents, number)
    parts = [
        f"<p>{view.say('memory')}</p>",
        _refresh_links(view),
        _counters(view, stats(store, box)),
        _documents(view, store, documents),
        _pager(view, number, len(store.documents)),
        _faults(view, desk),
    ]
    return page(view, view.say("documents"), "\n".join(parts))


def stats(store: Store, box: SandboxMailbox) -> dict[str, int]:
    counts = store.counts
    return {
        "stored": counts.stored,
        "keys": store.key_count(),
        "posts": counts.posts,
        "duplicates": counts.duplicates,
        "differing": counts.differing,
        "refused": counts.refused,
        "throttled": counts.throttled,
        "mails": box.received,
    }


def _newest(documents: Sequence[StoredDocument], number: int) -> list[StoredDocument]:
    stop = max(len(documents) - number * PAGE_SIZE, 0)
    return list(reversed(documents[max(stop - PAGE_SIZE, 0) : stop]))


def _refresh_links(view: View) -> str:
    toggle = (
        f'<a href="/">{view.say("refresh_off")}</a>'
        if view.refreshes
        else f'<a href="/?refresh=5">{view.say("refresh_on")}</a>'
    )
    return f'<p class="actions"><a href="/">{view.say("refresh_now")}</a> {toggle}</p>'


def _counters(view: View, counts: dict[str, int]) -> str:
    cells = "".join(
        f'<div><dt>{view.say(name)}</dt><dd id="count-{name}">{counts[name]}</dd></div>' for name in COUNTERS
    )
    heading = f'<h2 id="counters">{view.say("counters")}</h2>'
    return f'<section aria-labelledby="counters">{heading}<dl class="counters">{cells}</dl></section>'


def _documents(view: View, store: Store, documents: Iterable[StoredDocument]) -> str:
    rows = "".join(_row(view, store, document) for document in documents)
    if not rows:
        return f"<p>{view.say('none')}</p>"
    names = ("received", "kind", "outcome", "tested_on", "pharmacy", "version", "status", "key", "details")
    return _table(view, names, rows, view.say("pseudonymous"))


def _table(view: View, names: Iterable[str], rows: str, caption: str) -> str:
    heads = "".join(f'<th scope="col">{view.say(name)}</th>' for name in names)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{caption}"><table><caption>{caption}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(view: View, store: Store, document: StoredDocument) -> str:
    summary = document.summary
    cells = (
        _time(document),
        _lines(finding.target for finding in summary.findings),
        _lines(_outcome(view, finding.outcome) for finding in summary.findings),
        escape(summary.tested_on),
        escape(summary.finess),
        str(store.version_of(document)),
        _state(view, document),
        f"<code>{escape(document.identifier.partition('|')[2])}</code>",
        f'<a href="/documents/{document.id}">{view.say("details")}<span class="sr"> {document.id}</span></a>',
    )
    row_class = ' class="replaced"' if document.replaced_by else ""
    return f"<tr{row_class}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _time(item: StoredDocument | ReceivedMail) -> str:
    moment = item.received.isoformat(timespec="seconds").replace("+00:00", "Z")
    return f'<time datetime="{moment}">{item.received:%d/%m/%Y %H:%M:%S} UTC</time>'


def _lines(values: Iterable[str]) -> str:
    return "<br>".join(escape(value) for value in values)


def _outcome(view: View, code: str) -> str:
    known = OUTCOMES.get(code)
    return known[LANGUAGES.index(view.language)] if known else code or "–"


def _state(view: View, document: StoredDocument) -> str:
    summary = document.summary
    shown = summary.report_status if summary.report_status == "cancelled" else summary.status
    state = escape(word_or(view.language, shown, shown))
    return f"{state} · <strong>{view.say('replaced')}</strong>" if document.replaced_by else state


def _pager(view: View, number: int, total: int) -> str:
    links = []
    if number:
        links.append(f'<a href="/?page={number - 1}">{view.say("newer")}</a>')
    if (number + 1) * PAGE_SIZE < total:
        links.append(f'<a href="/?page={number + 1}">{view.say("older")}</a>')
    return f'<p class="actions">{" ".join(links)}</p>' if links else ""


def _faults(view: View, desk: FaultDesk) -> str:
    rows = "".join(_fault_row(view, desk, name) for name in fault_names())
    is_calm = desk.faults == Faults(seed=desk.faults.seed, retry_after=desk.faults.retry_after)
    told = view.say("faults_none" if is_calm else "faults_on")
    return (
        f'<section aria-labelledby="faults"><h2 id="faults">{view.say("faults")}</h2><p role="status">{told}</p>'
        f'<form method="post" action="/faults"><div class="fields">{rows}</div>'
        f'<p><button type="submit">{view.say("apply")}</button></p></form>'
        f'<form method="post" action="/faults"><input type="hidden" name="off" value="true">'
        f'<p><button type="submit" class="quiet">{view.say("all_off")}</button></p></form></section>'
    )


def _fault_row(view: View, desk: FaultDesk, name: str) -> str:
    value = getattr(desk.faults, name)
    fired = f' <span class="fired">({view.say("fired")} {desk.fired[name]} ×)</span>' if desk.fired[name] else ""
    label = f'<label for="fault-{name}">{view.say(name)}{fired}</label>'
    if isinstance(value, StrEnum):
        choices = [(mode.value, view.say(f"{name}.{mode.value}")) for mode in type(value)]
        return f"<div>{label}{_select(name, choices, value.value)}</div>"
    if isinstance(value, bool):
        choices = [("false", view.say("no")), ("true", view.say("yes"))]
        return f"<div>{label}{_select(name, choices, str(value).lower())}</div>"
    field = f'<input id="fault-{name}" name="{name}" value="{value!r}" inputmode="decimal" autocomplete="off">'
    return f"<div>{label}{field}</div>"


def _select(name: str, choices: Iterable[tuple[str, str]], chosen: str) -> str:
    options = "".join(
        f'<option value="{value}"{" selected" if value == chosen else ""}>{text}</option>' for value, text in choices
    )
    return f'<select id="fault-{name}" name="{name}">{options}</select>'


def document_page(view: View, store: Store, document: StoredDocument) -> str:
    """Return one document: its place in the chain, the warnings, the JSON."""
    former = store.find_former(document.former)
    facts = [(view.say("key"), escape(document.identifier)), (view.say("status"), _state(view, document))]
    if document.former:
        facts.append((view.say("replaces"), _link_to(former, document.former)))
    if document.replaced_by:
        facts.append((view.say("replaced_by"), _link_to(store.get(document.replaced_by), document.replaced_by)))
    told = "".join(_warning(view, issue) for issue in document.warnings)
    warnings = f"<h2>{view.say('warnings')}</h2><ul>{told}</ul>" if told else ""
    pretty = orjson.dumps(orjson.loads(document.body), option=orjson.OPT_INDENT_2).decode()
    body = (
        f'<p><a href="/">{view.say("back")}</a></p>{_facts(facts)}{warnings}<p>{view.say("full_content")}</p>'
        f'<pre tabindex="0">{escape(pretty)}</pre>'
    )
    return page(view, view.say("details"), body)


def _warning(view: View, issue: Issue) -> str:
    rule = RULES[issue.rule]
    told = rule.french if view.language == "fr" else rule.english
    return f"<li>{escape(told)} <code>{escape(issue.expression)}</code></li>"


def _link_to(document: StoredDocument | None, shown: str) -> str:
    text = escape(document.identifier if document else shown)
    return f'<a href="/documents/{document.id}">{text}</a>' if document else text


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    return f'<dl class="facts">{"".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)}</dl>'


def mailbox_page(view: View, box: SandboxMailbox, number: int) -> str:
    """Return the list of e-mails, newest first."""
    mails = list(box.mails)
    stop = max(len(mails) - number * PAGE_SIZE, 0)
    rows = "".join(_mail_row(view, mail) for mail in reversed(mails[max(stop - PAGE_SIZE, 0) : stop]))
    if not rows:
        return page(view, view.say("mailbox"), f"<p>{view.say('no_mail')}</p><p>{view.say('memory')}</p>")
    table = _table(view, ("received", "to", "subject"), rows, view.say("mailbox"))
    pager = _pager(view, number, len(mails)).replace('"/?page', '"/mailbox?page')
    return page(view, view.say("mailbox"), f"<p>{view.say('memory')}</p>{table}{pager}")


def _mail_row(view: View, mail: ReceivedMail) -> str:
    subject = escape(mail.subject) or view.say("no_subject")
    link = f'<a href="/mailbox/{mail.number}">{subject}</a>'
    return f"<tr><td>{_time(mail)}</td><td>{_lines(mail.to)}</td><td>{link}</td></tr>"


def conformance_page(view: View, origin: str) -> str:
    """Return how to try an endpoint: this one, or one's own."""
    commands = f"temoin conformance {origin}/fhir\ntemoin conformance https://…/fhir --html essai.html"
    body = (
        f"<p>{view.say('conformance_why')}</p><pre>{escape(commands)}</pre>"
        f"<p>{view.say('conformance_cases')} <code>{CASES}</code></p>"
    )
    return page(view, view.say("conformance"), body)


def mail_page(view: View, mail: ReceivedMail) -> str:
    """Return one e-mail as text, its links live."""
    facts = [(view.say("to"), _lines(mail.to)), (view.say("received"), _time(mail))]
    title = escape(mail.subject) or view.say("no_subject")
    back = f'<p><a href="/mailbox">{view.say("mailbox")}</a></p>'
    body = f'{_facts(facts)}<div class="mail">{with_links(mail.text)}</div>{back}'
    return page(view, title, body)


def with_links(text: str) -> str:
    """Escape a text and make its web addresses links; nothing but http and https becomes one."""
    parts, end = [], 0
    for match in _LINK.finditer(text):
        url = escape(match[0].rstrip(_TRAILING))
        parts.append(escape(text[end : match.start()]))
        parts.append(f'<a href="{url}" rel="noopener noreferrer">{url}</a>')
        end = match.start() + len(match[0].rstrip(_TRAILING))
    return "".join([*parts, escape(text[end:])])
