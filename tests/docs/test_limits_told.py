"""Limits and spans that the guides tell people in words are those that the product keeps."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from temoin.api import bodies, hl7_taken, message_notes, paging, whole_results, write_pace
from temoin.arrivals import box
from temoin.arrivals import queries as arrivals
from temoin.certificates import state as state_signer
from temoin.delivery import actions, following, letter_box, recall
from temoin.delivery.channels.email import returned_mail
from temoin.delivery.channels.sms import receipts, text
from temoin.formats.csv import reading, tables
from temoin.intake import handing, runs
from temoin.journal import cuts, sealer
from temoin.lib import lengths
from temoin.officers import accounts
from temoin.outbox import circuit, repetition, settling, worker
from temoin.outbox.actions import MOST_AT_ONCE
from temoin.oversight import alarms, results, signed_tests, statement
from temoin.patients import starts
from temoin.pharmacies import programs, team, token_pace
from temoin.serving import lines
from temoin.signin import enrolment, freshness, two_holders
from temoin.surveillance import counting
from temoin.testing import groups, lists, orphans, proposals
from temoin.transmission import differences
from temoin.transmission.channels.fhir import http_line, tokens
from temoin.transmission.channels.mllp import lines as mllp
from temoin.transmission.channels.sftp import courier as sftp
from temoin.web import kept_forms, patient_search, pro_sante_connect
from temoin.web.views import journal

DOCS = Path(__file__).resolve().parents[2] / "docs"
WORDS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "ten": 10,
    "twelve": 12,
    "twenty": 20,
    "fifteen": 15,
    "thirty": 30,
    "forty": 40,
    "Fifty": 50,
    "a hundred": 100,
    "a thousand": 1000,
    "a dozen": 12,
    "un": 1,
    "deux": 2,
    "trois": 3,
    "quatre": 4,
    "cinq": 5,
    "dix": 10,
    "douze": 12,
    "trente": 30,
    "quarante": 40,
    "cinquante": 50,
    "cent": 100,
    "mille": 1000,
    "a week": 7,
    "a minute": 1,
    "a day": 1,
    "an hour": 1,
    "a quarter": 15,
}
PACE = lines.LinePace()


def minutes(span: timedelta | float) -> float:
    return (span.total_seconds() if isinstance(span, timedelta) else span) / 60


# Of each limit: what it is, and the sentences that tell it, by page; `N` stands for the number.
AT_THE_COUNTER = [
    (lists.PAGE, "the finished ones, N to a page", "les tests terminés, N par page"),
    (proposals.PAGE, "N stand on a page", "Une page en montre N"),
    (
        lists.BROUGHT,
        "propose more than N results that they brought",
        "proposent plus de N résultats qu’ils ont apportés",
    ),
    (patient_search.SHOWN, "The first N are shown", "Les N premiers sont affichés"),
    (starts.LETTERS, "beginning of a name\\*\\* \\(N letters at least", "début d’un nom\\*\\* \\(N lettres au moins"),
    (starts.DIGITS, "the last N digits of the telephone", "les N derniers chiffres du téléphone"),
    (groups.MOST, "up to N people a group", "N personnes au plus par groupe"),
    (MOST_AT_ONCE, "for the same reason \\(N at a time\\)", "pour le même motif \\(N à la fois\\)"),
    (statement.PAGE, "several pages of N sendings", "plusieurs pages de N envois"),
    (signed_tests.MOST_DAYS, "of the days from one to another \\(N at most", "d’un jour à un autre \\(N au plus"),
    (journal.MOST.days + 1, "shows, day by day \\(N at most", "montre, jour par jour \\(N au plus"),
    (journal.DAYS_OF_OBJECT.days + 1, "of the last N days unless", "des N derniers jours sauf"),
    (results.MOST_OPENED, "N for one page, and says so", "N pour une page, et dit"),
    (recall.MOST, "prints the page, of N tests", "imprime la page, de N tests"),
    (actions.LIFE.days, "a link, good for N days", "un lien, valable N jours"),
    (team.VALIDITY // timedelta(hours=1), "good for N hours and one use", "valable N heures et une seule fois"),
    (enrolment.LIFE // timedelta(hours=1), "good for N hours and once", "valable N heures et une fois"),
    (box.LIFE // timedelta(hours=1), "is gone after N hours", "disparaît au bout de N heures"),
    (minutes(arrivals.LATE), "\\*late\\* after N minutes", "\\*en retard\\* après N minutes"),
    (minutes(arrivals.ABSENT), "\\*did not come\\* after N,", "\\*pas venu\\* après N,"),
    (letter_box.TRIES, "are left; N wrong codes", "il reste ; N codes faux"),
    (lengths.NAME, "A name has N characters at most", "Un nom a N caractères au plus"),
    (minutes(freshness.FRESH), "if the last one is older than N minutes", "si le dernier a plus de N minutes"),
]
TOLD = [
    ("operator.md", sealer.EVERY, "seals new events every N seconds"),
    ("operator.md", alarms.MOST_IN_A_ROUND, "At most N leave in a minute"),
    ("operator.md", repetition.TIMES, "meets the same answer N times"),
    ("operator.md", circuit.THRESHOLD, "open until … \\| N troubles in a row"),
    ("operator.md", circuit.FIRST_PACE, "some N parcels a second"),
    ("operator.md", minutes(returned_mail.EVERY), "one worker reads that box every N minutes"),
    ("operator.md", returned_mail.COMES_BACK_WITHIN.days, "is kept, sealed, for N days"),
    ("operator.md", text.LONGEST, "The message has N characters at most"),
    ("operator.md", receipts.KNOWN_WITHIN.days, "became of each, for N days"),
    ("operator.md", tokens.MARGIN, "renews it N seconds before it ends"),
    ("operator.md", pro_sante_connect.AT_ONCE, "and N sign-ins at a time per server process"),
    ("operator.md", team.VALIDITY // timedelta(hours=1), "one-time code, good for N hours"),
    ("operator.md", enrolment.LIFE // timedelta(hours=1), "The code is good once, for N hours"),
    ("operator.md", two_holders.KNOWN_FOR.days, "in the sealed journal for N days"),
    ("operator.md", orphans.MOST_WAITING, "with N of them waiting, no more are taken"),
    ("operator.md", minutes(PACE.message), "A message has N from its first byte"),
    ("operator.md", minutes(PACE.idle), "is closed after N of an hour"),
    ("operator.md", PACE.each, "a program has N lines"),
    ("operator.md", PACE.at_once, "and N of the eight threads"),
    ("operator.md", PACE.threads, "two of the N threads"),
    ("operator.md", PACE.unproved, "N connections may be in their handshake"),
    ("operator.md", PACE.again, "each message is tried for N seconds"),
    ("operator.md", minutes(differences.GRACE), "and ends N minutes before now"),
    ("integrator.md", minutes(programs.TOKEN_LIFE) * 60, '"expires_in": N,'),
    ("integrator.md", token_pace.FAILURES, "`slow_down` \\(N failures a minute of one address"),
    ("integrator.md", token_pace.TOKENS, "or N tokens a minute of one program"),
    ("integrator.md", whole_results.LARGEST_RESULTS, "\\(N for `POST /api/v1/results`\\)"),
    ("integrator.md", bodies.MOST_RESULTS, "One call takes N results"),
    ("integrator.md", hl7_taken.MOST_MESSAGES, "up to N HL7 v2 messages"),
    ("integrator.md", write_pace.PIECE, "one more for each N bytes of its body"),
    ("integrator.md", paging.MOST, "lines at a time: 1 to N, and"),
    ("integrator.md", paging.USUAL, "and N where nothing is said"),
    ("integrator.md", following.MOST, "something happened, at most N at a time"),
    ("integrator.md", following.BACK.days, "a cursor it begins N ago"),
    ("integrator.md", minutes(following.UNSETTLED), "What is younger than N comes with the next question"),
    ("integrator.md", message_notes.MOST, "is not read or not kept, N at most"),
    ("integrator.md", http_line.TIMEOUT.total, "no answer in N s \\|"),
    ("integrator.md", mllp.ANSWER, "none in N s, half of one"),
    ("integrator.md", worker.AT_ONCE, "up to N results in each"),
    ("integrator.md", sftp.OVERDUE / 3600, "After N hours the same file is put there again"),
    ("integrator.md", minutes(sftp.STILL), "has not grown for N minutes"),
    ("integrator.md", settling.LONGEST_WAIT / 3600, "Waits double up to N hour"),
    ("integrator.md", reading.MOST_ROWS, "MB and N rows"),
    ("integrator.md", runs.TOGETHER, "New results are stored N at a time"),
    ("integrator.md", handing.LARGEST_HANDED // 1_000_000, "takes a file of up to N MB by the same road"),
    ("integrator.md", tables.LARGEST_FILE >> 20, "At most N MB and"),
    ("authority.md", counting.KEPT_DAYS, "by pharmacy and day, for N days"),
    ("authority.md", accounts.CODE_LIFE.days, "a code that is good once, for N days"),
    ("auditor.md", minutes(cuts.SLACK), "is not older than that seal by more than N minutes"),
    ("certificates.md", state_signer.PAUSE // timedelta(minutes=1), "A state in trouble is left alone for N"),
    ("accessibility.md", kept_forms.LIFE / timedelta(hours=1), "own person for N an hour"),
]
A_NUMBER = "(" + "|".join(sorted(map(re.escape, [*WORDS, "half"]), key=len, reverse=True)) + r"|[0-9]+(?:,[0-9]{3})*)"


@cache
def page(name: str) -> str:
    """A page on one line, as a reader goes on from line to line, with one kind of space."""
    return " ".join((DOCS / name).read_text(encoding="utf-8").split())


def number(told: str) -> float:
    return 0.5 if told == "half" else WORDS[told] if told in WORDS else int(told.replace(",", ""))


CASES = [
    *(("pharmacist.md", limit, english) for limit, english, _ in AT_THE_COUNTER),
    *(("pharmacien.md", limit, french) for limit, _, french in AT_THE_COUNTER),
    *TOLD,
]


@pytest.mark.parametrize(("name", "limit", "sentence"), CASES, ids=[f"{name}-{said}" for name, _, said in CASES])
def test_a_limit_that_is_told_is_the_one_that_is_kept(name: str, limit: float, sentence: str):
    told = re.findall(re.sub(r"\bN\b", lambda _: A_NUMBER, sentence), page(name))

    assert told
    assert {number(one) for one in told} == {limit}
