"""What the answers of this channel alone mean on screen, and what to do."""

from __future__ import annotations

from temoin.lib.label import Label
from temoin.outbox.channel import CodeWords, Remedy

REASONS = {
    "awaiting_acknowledgement": CodeWords(
        Label(
            fr="Le fichier attend l’accusé de réception du service.",
            en="The file waits for the service's acknowledgement.",
        ),
        Remedy.LATER,
    ),
    "waiting_for_the_hour": CodeWords(
        Label(
            fr="Il part avec le fichier du jour, à l’heure convenue avec le service.",
            en="It leaves with the day's file, at the hour agreed with the service.",
        ),
        Remedy.NOTHING,
    ),
    "host_key_refused": CodeWords(
        Label(
            fr="Le service n’est pas celui qui est connu : rien n’a été envoyé.",
            en="The service is not the one that is known: nothing was sent.",
        ),
        Remedy.SUPPORT,
    ),
    "account_refused": CodeWords(
        Label(
            fr="Le service ne nous laisse pas entrer : rien n’a été envoyé.",
            en="The service refuses our sign-in: nothing was sent.",
        ),
        Remedy.SUPPORT,
    ),
    "folder_refused": CodeWords(
        Label(
            fr="Le dossier du service ne peut pas être utilisé.",
            en="The service's folder cannot be used.",
        ),
        Remedy.SUPPORT,
    ),
}
