"""What the answers of this channel alone mean on screen, and what to do."""

from __future__ import annotations

from temoin.lib.label import Label
from temoin.outbox.channel import CodeWords, Remedy

REASONS = {
    "secure_mailbox_refused": CodeWords(
        Label(
            fr="La boîte MSSanté refuse le message.",
            en="The secure mailbox refuses the message.",
        ),
        Label(
            fr="Vérifiez l’adresse MSSanté du médecin sur la fiche du patient, puis renvoyez.",
            en="Check the doctor's secure address on the patient's record, then send it again.",
        ),
    ),
    "no_secure_address": CodeWords(
        Label(
            fr="Aucune boîte MSSanté n’est connue pour ce résultat.",
            en="No secure mailbox is known for this result.",
        ),
        Label(
            fr=(
                "Saisissez le médecin traitant sur la fiche du patient puis corrigez le résultat, ou "
                "remettez un exemplaire imprimé."
            ),
            en="Enter the treating doctor on the patient's record, then correct the result, or give a printed copy.",
        ),
    ),
    "message_refused": CodeWords(
        Label(
            fr="L’opérateur MSSanté refuse le message.",
            en="The operator of the secure messaging refuses the message.",
        ),
        Remedy.SUPPORT,
    ),
    "unclear_answer": CodeWords(
        Label(
            fr="L’opérateur MSSanté n’a pas répondu clairement.",
            en="The operator of the secure messaging did not answer clearly.",
        ),
        Remedy.LATER,
    ),
    "returned": CodeWords(
        Label(
            fr="Le message est revenu : il n’a pas pu être remis.",
            en="The message came back: it could not be delivered.",
        ),
        Label(
            fr="Vérifiez l’adresse MSSanté du médecin sur la fiche du patient, puis renvoyez.",
            en="Check the doctor's secure address on the patient's record, then send it again.",
        ),
    ),
    "not_filed": CodeWords(
        Label(
            fr="Le message est arrivé, mais le logiciel du médecin n’a pas pu intégrer le document.",
            en="The message arrived, but the doctor's software could not file the document.",
        ),
        Label(
            fr="Appelez le cabinet du médecin ; renvoyez quand il peut le recevoir.",
            en="Call the doctor's practice; send it again once they can take it.",
        ),
    ),
}
