"""What notices to staff and to the operator say, in both languages; one set of three templates draws them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string

from temoin.delivery.channels.email.notices import PatientNotice
from temoin.journal.events import EventKind
from temoin.lib.label import Label
from temoin.lib.site import Site
from temoin.pharmacies.notices import NoticeKind

PARTS = ("subject.txt", "body.txt", "body.html")


@dataclass(frozen=True)
class NoticeText:
    """A notice in words; each sentence begins a line."""

    subject: Label
    lines: tuple[Label, ...]


def write_notice(
    key: str, text: NoticeText, *, site: Site, path: str, place: str = "", answers: Iterable[Mapping[str, Any]] = ()
) -> PatientNotice:
    """Return a notice as mail; `path` is the page of the site that it leads to."""
    words = {
        "text": text,
        "place": place,
        "answers": list(answers),
        "link": site.staff_url + path,
        "is_demo": site.demo,
    }
    return PatientNotice(key, *(render_to_string(f"oversight/notice/{part}", words) for part in PARTS))


def all_arrived(minutes: int) -> NoticeText:
    """Say that nothing waits any more."""
    line = Label(
        fr=f"Tout est arrivé : plus aucun envoi n’attend depuis plus de {minutes} minutes.",
        en=f"Everything has arrived: no sending has waited for more than {minutes} minutes.",
    )
    return NoticeText(Label(fr="plus rien n’attend", en="nothing waits any more"), (line,))


def still_late(*, count: int, refused: int, matters: int, minutes: int, is_reminder: bool) -> NoticeText:
    """Say how much has waited for too long, and what of it somebody must decide about."""
    envois, sendings = _french(count, "envoi"), _english(count, "sending")
    lines = [
        Label(
            fr=f"{envois} sans accusé de réception depuis plus de {minutes} minutes, "
            f"dont {_french(refused, 'rejeté')}.",
            en=f"{sendings} without an acknowledgement for more than {minutes} minutes, of which {refused} rejected.",
        )
    ]
    if matters:
        lines.append(_always_the_same(matters))
    lines.append(
        Label(
            fr="Ce qui est rejeté demande une décision. Le reste est réessayé tout seul.",
            en="What is rejected asks for a decision. The rest is tried again by itself.",
        )
    )
    if is_reminder:
        lines.append(
            Label(fr="Rappel : cela dure depuis plus d’un jour.", en="Reminder: this has lasted for more than a day.")
        )
    return NoticeText(Label(fr=f"{envois} en attente", en=f"{sendings} waiting"), tuple(lines))


def _always_the_same(count: int) -> Label:
    receive, meets = ("reçoivent", "meet") if count > 1 else ("reçoit", "meets")
    return Label(
        fr=f"{count} {receive} toujours la même réponse : quelqu’un doit regarder.",
        en=f"{count} {meets} the same answer again and again: somebody must look.",
    )


def somebody_to_call() -> NoticeText:
    """Say that somebody is to be called, and not what about."""
    return NoticeText(
        Label(fr="des personnes à appeler", en="people to call"),
        (
            Label(
                fr="Des personnes ne savent peut-être pas ce que votre officine devait leur dire : leur message n’a "
                "pas été ouvert, n’est pas parti ou est revenu.",
                en="People may not know what your pharmacy had to tell them: their message was not opened, did not "
                "leave or came back.",
            ),
            Label(
                fr="La page dit qui appeler et pourquoi ; notez-y chaque appel.",
                en="The page tells whom to call and why; note each call there.",
            ),
        ),
    )


def alert_text(kind: str, count: int) -> NoticeText:
    """Say what owners must know at once."""
    return _ALERTS[EventKind(kind)](count)


def staff_text(kind: NoticeKind, count: int) -> NoticeText:
    """Say what concerns a person's own sign-in or team."""
    return _TO_STAFF[kind](count)


def _seal_broken(count: int) -> NoticeText:
    many = count > 1
    broken, opens = ("données scellées", "s’ouvrent") if many else ("donnée scellée", "s’ouvre")
    return NoticeText(
        Label(fr="une donnée scellée ne s’ouvre plus", en="a sealed value does not open"),
        (
            Label(
                fr=f"{count} {broken} de votre pharmacie ne {opens} plus : modification, déplacement, ou clé "
                "manquante.",
                en=f"{_english(count, 'sealed value')} of your pharmacy {'do' if many else 'does'} not open: altered, "
                "moved, or the key is missing.",
            ),
            Label(fr="Le journal les nomme.", en="The journal names each."),
            Label(
                fr="Prévenez votre exploitant aujourd’hui : c’est peut-être une attaque, et une violation de données à "
                "déclarer sous 72 heures.",
                en="Tell your operator today: this may be an attack, and a breach to be notified within 72 hours.",
            ),
        ),
    )


def _listing_lost(_count: int) -> NoticeText:
    return NoticeText(
        Label(fr="une partie de la liste des consultations manque", en="a part of the list of looks is missing"),
        (
            Label(
                fr="Pour des consultations de listes ou de recherches, on ne sait plus qui elles ont montré : la trace "
                "a été effacée hors de Témoin.",
                en="Of looks at lists or searches, whom they showed is not known any more: the trace was taken away "
                "outside Témoin.",
            ),
            Label(
                fr="Prévenez votre exploitant aujourd’hui : c’est peut-être une attaque.",
                en="Tell your operator today: this may be an attack.",
            ),
        ),
    )


def _register_differed(_count: int) -> NoticeText:
    return NoticeText(
        Label(fr="un numéro RPPS à vérifier", en="an RPPS number to check"),
        (
            Label(
                fr="Le répertoire national des professionnels de santé ne connaît pas, ou connaît autrement, un numéro "
                "RPPS donné dans votre équipe.",
                en="The national register of health professionals does not know a number given in your team, or shows "
                "it otherwise.",
            ),
            Label(
                fr="Comparez-le avec la carte de la personne sur la page de l’équipe, et suspendez sa place dans le "
                "doute.",
                en="Compare it with the person's card on the page of the team, and suspend the place when in doubt.",
            ),
        ),
    )


def _reading_much(_count: int) -> NoticeText:
    return NoticeText(
        Label(fr="beaucoup de dossiers ouverts ou de recherches", en="many files opened, or many searches"),
        (
            Label(
                fr="Une personne ou un logiciel de votre pharmacie a, en une heure, ouvert bien plus de dossiers que "
                "d’ordinaire, ou cherché bien plus de personnes qui ne sont pas vos patients.",
                en="A person or a program of your pharmacy opened far more files in an hour than is usual, or searched "
                "for far more people who are no patients of yours.",
            ),
            Label(fr="Regardez le journal, et demandez-lui pourquoi.", en="Look at the journal, and ask why."),
        ),
    )


def _factors_reset(_count: int) -> NoticeText:
    return NoticeText(
        Label(fr="vos moyens de connexion ont été réinitialisés", en="your ways in were reset"),
        (
            Label(
                fr="Une personne qui gère l’équipe de votre officine a réinitialisé vos moyens de connexion et fermé "
                "vos sessions.",
                en="Somebody who manages your pharmacy's team has reset your ways in and ended your sessions.",
            ),
            Label(
                fr="Si vous ne l’avez pas demandé, appelez aussitôt le titulaire.",
                en="If you did not ask for it, call the owner at once.",
            ),
        ),
    )


def _factors_recovered(_count: int) -> NoticeText:
    return NoticeText(
        Label(fr="vos moyens de connexion ont été réinitialisés", en="your ways in were reset"),
        (
            Label(
                fr="L’exploitant de Témoin, avec deux dépositaires des clés, a réinitialisé vos moyens de connexion et "
                "fermé vos sessions.",
                en="The operator of Témoin, with two holders of its keys, has reset your ways in and ended your "
                "sessions.",
            ),
            Label(
                fr="Si vous ne l’avez pas demandé, appelez aussitôt le titulaire.",
                en="If you did not ask for it, call the owner at once.",
            ),
        ),
    )


def _failed_tries(count: int) -> NoticeText:
    refused = "connexions à votre adresse ont été refusées" if count > 1 else "connexion à votre adresse a été refusée"
    were = "were" if count > 1 else "was"
    return NoticeText(
        Label(
            fr=f"{_french(count, 'connexion')} {_only(count, 'refusée')} à votre adresse",
            en=f"{_english(count, 'sign-in')} refused under your address",
        ),
        (
            Label(
                fr=f"{count} {refused} depuis votre dernière connexion.",
                en=f"{_english(count, 'sign-in')} under your address {were} refused since you last signed in.",
            ),
            Label(
                fr="Si ce n’était pas vous, quelqu’un essaie votre mot de passe : changez-le, ou utilisez une clé "
                "d’accès.",
                en="If that was not you, somebody is trying your password: change it, or use a passkey.",
            ),
        ),
    )


def _program_stopped(_count: int) -> NoticeText:
    return NoticeText(
        Label(fr="un logiciel attend un garant", en="a program waits for somebody to vouch for it"),
        (
            Label(
                fr="Un logiciel de votre officine demande à entrer, et la personne qui s’en portait garante ne le peut "
                "plus.",
                en="A program of your pharmacy asks to come in, and the person who vouched for it no longer may.",
            ),
            Label(
                fr="Il est arrêté jusqu’à ce que vous vous en portiez garant vous-même, ou que vous le révoquiez.",
                en="It is stopped until you vouch for it yourself, or revoke it.",
            ),
        ),
    )


def _program_readdressed(_count: int) -> NoticeText:
    return NoticeText(
        Label(fr="un logiciel a dit où il est averti", en="a program said where it is told"),
        (
            Label(
                fr="Un logiciel de votre officine a donné lui-même l’adresse où il est averti des changements. Les "
                "avis ne disent que des numéros.",
                en="A program of your pharmacy gave the address at which it is told of changes itself. Notices tell "
                "numbers alone.",
            ),
            Label(
                fr="Si son éditeur n’en sait rien, sa clé est peut-être en d’autres mains : révoquez-le sur la page "
                "des logiciels.",
                en="If its maker knows nothing of it, its key may be in other hands: revoke it on the page of "
                "programs.",
            ),
        ),
    )


def _program_untold(_count: int) -> NoticeText:
    return NoticeText(
        Label(fr="un logiciel ne prend plus ses avis", en="a program no longer takes its notices"),
        (
            Label(
                fr="Un logiciel de votre officine n’a pas pris ses avis depuis un jour. Rien n’est perdu : ils lui "
                "sont proposés à nouveau pendant trente jours.",
                en="A program of your pharmacy has not taken its notices for a day. Nothing is lost: they are offered "
                "again for thirty days.",
            ),
            Label(
                fr="Prévenez l’éditeur du logiciel, ou corrigez l’adresse sur la page des logiciels.",
                en="Tell the program's maker, or mend the address on the page of programs.",
            ),
        ),
    )


def _approval_asked(_count: int) -> NoticeText:
    return NoticeText(
        Label(fr="une invitation attend votre accord", en="an invitation waits for your approval"),
        (
            Label(
                fr="Un collègue a invité une personne à une place qui donne plus de droits que les siens. Rien ne "
                "s’ouvre avant votre accord.",
                en="A colleague has invited somebody to a place with more rights than their own. Nothing opens before "
                "you approve.",
            ),
            Label(fr="Ne l’accordez qu’à une personne que vous connaissez.", en="Approve only a person whom you know."),
        ),
    )


def _french(count: int, noun: str) -> str:
    return f"{count} {_only(count, noun)}"


def _only(count: int, word: str) -> str:
    return f"{word}s" if count > 1 else word  # nought is singular in French, and plural in English


def _english(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


_ALERTS: Mapping[EventKind, Callable[[int], NoticeText]] = {
    EventKind.SEAL_BROKEN: _seal_broken,
    EventKind.LISTING_LOST: _listing_lost,
    EventKind.REGISTER_DIFFERED: _register_differed,
    EventKind.READING_MUCH: _reading_much,
}
_TO_STAFF: Mapping[NoticeKind, Callable[[int], NoticeText]] = {
    NoticeKind.FACTORS_RESET: _factors_reset,
    NoticeKind.FACTORS_RECOVERED: _factors_recovered,
    NoticeKind.FAILED_TRIES: _failed_tries,
    NoticeKind.PROGRAM_STOPPED: _program_stopped,
    NoticeKind.PROGRAM_UNTOLD: _program_untold,
    NoticeKind.PROGRAM_READDRESSED: _program_readdressed,
    NoticeKind.APPROVAL_ASKED: _approval_asked,
}
