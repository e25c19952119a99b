"""What the answers of this channel alone mean on screen, and what to do."""

from __future__ import annotations

from temoin.lib.label import Label
from temoin.outbox.channel import CodeWords

MEND_ADDRESS = Label(
    fr="Vérifiez l’adresse sur la fiche du patient et renvoyez, ou imprimez le résultat.",
    en="Check the address on the patient's record and send again, or print the result.",
)

REASONS = {
    "no_address": CodeWords(
        Label(
            fr="Le patient n’a pas d’adresse e-mail.",
            en="The patient has no e-mail address.",
        ),
        Label(
            fr="Saisissez-la sur la fiche du patient et renvoyez, ou imprimez le résultat.",
            en="Enter it on the patient's record and send again, or print the result.",
        ),
    ),
    "no_code": CodeWords(
        Label(
            fr="Le code du ticket a déjà servi.",
            en="The ticket's code was already used.",
        ),
        Label(
            fr="Renouvelez le ticket, ou imprimez le résultat.",
            en="Renew the ticket, or print the result.",
        ),
    ),
    "way_not_wanted": CodeWords(
        Label(
            fr="Le patient ne veut plus de ses résultats par ce moyen.",
            en="The patient no longer wants results by this way.",
        ),
        Label(
            fr="Envoyez un nouveau lien par le moyen qu’il a choisi, ou imprimez le résultat.",
            en="Send a new link by the way that they chose, or print the result.",
        ),
    ),
    "recipient_refused": CodeWords(
        Label(
            fr="La messagerie du patient refuse le message.",
            en="The patient's mailbox refuses the message.",
        ),
        MEND_ADDRESS,
    ),
    "address_unusable": CodeWords(
        Label(
            fr="Rien ne peut être envoyé à cette adresse e-mail telle qu’elle est écrite.",
            en="Nothing can be sent to this e-mail address as it is written.",
        ),
        MEND_ADDRESS,
    ),
    "mail_refused": CodeWords(
        Label(
            fr="Le serveur de messagerie refuse ce message.",
            en="The mail server refuses this message.",
        ),
        MEND_ADDRESS,
    ),
    "mail_returned": CodeWords(
        Label(
            fr="Le message est revenu : la boîte du patient ne l’a pas pris.",
            en="The message came back: the patient's mailbox did not take it.",
        ),
        MEND_ADDRESS,
    ),
}
