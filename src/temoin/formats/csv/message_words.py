"""The words of what is wrong with a result that a message tells, where those of a table would not fit."""

from __future__ import annotations

from temoin.formats.csv.messages import CsvMessage

MESSAGE_WORDS: dict[str, CsvMessage] = {
    "untold": CsvMessage(
        ("Le message ne le dit pas.", "Faites remplir ce champ par le logiciel qui envoie."),
        ("The message does not tell this.", "Have the sending software fill in this field."),
    ),
    "told_given_names": CsvMessage(
        (
            "Le message n’indique aucun prénom.",
            'Faites-le envoyer. Qui n’a qu’un seul nom : PID-5.2 à "", ou un `given` absent car `not-applicable`.',
        ),
        (
            "The message tells no given name.",
            'Have it sent. A person with one name only: PID-5.2 as "", or a `given` absent as `not-applicable`.',
        ),
    ),
    "hl7_form": CsvMessage(
        (
            "Le message n’est pas écrit ici comme le veut HL7 v2.",
            "Faites corriger l’envoi : séparateurs en MSH-1 et MSH-2, un nom de segment en tête de chaque ligne.",
        ),
        (
            "The message is not written here as HL7 v2 asks.",
            "Have the sending corrected: separators in MSH-1 and MSH-2, the name of a segment at each line's head.",
        ),
    ),
    "hl7_headless": CsvMessage(
        (
            "Des segments sont hors de tout message : leur MSH manque.",
            "Exportez de nouveau : chaque message commence par MSH.",
        ),
        (
            "Segments stand outside any message: their MSH is missing.",
            "Export again: each message begins with MSH.",
        ),
    ),
    "hl7_charset": CsvMessage(
        (
            "Les octets ne sont pas ceux du jeu de caractères annoncé, ou ce jeu n’est pas connu.",
            "Annoncez en MSH-18 celui qui est employé, par exemple UNICODE UTF-8 ou 8859/1.",
        ),
        (
            "The bytes are not of the character set that is announced, or that set is not known.",
            "Announce in MSH-18 the one that is used, for example UNICODE UTF-8 or 8859/1.",
        ),
    ),
    "hl7_type": CsvMessage(
        ("Ce message n’apporte pas de résultats.", "Envoyez les résultats en ORU^R01."),
        ("This message brings no results.", "Send results as ORU^R01."),
    ),
    "hl7_version": CsvMessage(
        ("Cette version de HL7 n’est pas lue.", "Envoyez une version de 2.3 à 2.5.1."),
        ("This version of HL7 is not read.", "Send a version from 2.3 to 2.5.1."),
    ),
    "message_too_long": CsvMessage(
        ("Le message est trop long pour être un résultat.", "Envoyez un message par patient."),
        ("The message is too long to be a result.", "Send one message for each patient."),
    ),
    "not_production": CsvMessage(
        (
            "Le message est marqué comme un essai ou une formation : rien n’en est signé.",
            "Faites marquer les vrais résultats comme tels (P en MSH-11).",
        ),
        (
            "The message is marked as a trial or for training: nothing of it is signed.",
            "Have real results marked as such (P in MSH-11).",
        ),
    ),
    "processing": CsvMessage(
        (
            "Rien ne dit que ce message apporte de vrais résultats, nouveaux : ce mot de MSH-11 n’est pas connu.",
            "Faites écrire P en MSH-11.",
        ),
        (
            "Nothing says that this message brings real, new results: this word of MSH-11 is not known.",
            "Have P written in MSH-11.",
        ),
    ),
    "no_result": CsvMessage(
        ("Aucun résultat ne s’y trouve.", "Ajoutez les résultats (OBX en HL7, Observation en FHIR)."),
        ("No result is there.", "Add the results (OBX in HL7, Observation in FHIR)."),
    ),
    "not_final": CsvMessage(
        (
            "Ce résultat n’est pas encore définitif.",
            "Envoyez-le une fois définitif (F), corrigé (C) ou annulé (X).",
        ),
        ("This result is not final yet.", "Send it once it is final (F), corrected (C) or cancelled (X)."),
    ),
    "status_differs": CsvMessage(
        (
            "La demande, l’échantillon ou le compte rendu est dit annulé ou saisi par erreur, et le résultat non.",
            "Donnez le même état à tout ce qui est envoyé ensemble.",
        ),
        (
            "The order, specimen or report is said to be cancelled or entered in error, and the result is not.",
            "Give all that is sent together the same status.",
        ),
    ),
    "state": CsvMessage(
        ("Ce mot n’est pas de ceux que le standard prévoit ici.", "Écrivez un mot de sa liste, ou rien."),
        ("This word is not one that the standard has here.", "Write a word of its list, or nothing."),
    ),
    "order_control": CsvMessage(
        (
            "Le message agit sur une demande au lieu d’apporter ses résultats.",
            "Envoyez les résultats avec RE en ORC-1.",
        ),
        ("The message acts on an order instead of bringing its results.", "Send results with RE in ORC-1."),
    ),
    "order_only_new": CsvMessage(
        (
            "Une demande est nouvelle, ou annulée : rien d’autre n’est lu d’une demande.",
            "Envoyez NW ou CA en ORC-1, et rien, IP ou SC en ORC-5.",
        ),
        (
            "An order is new, or cancelled: nothing else is read of an order.",
            "Send NW or CA in ORC-1, and nothing, IP or SC in ORC-5.",
        ),
    ),
    "order_kind": CsvMessage(
        (
            "Ce code ne désigne aucun test du comptoir, ou en laisse plusieurs au choix.",
            "Écrivez le code que donne GET /api/v1/kinds, ou le code LOINC d’un test qui ne cherche qu’une chose.",
        ),
        (
            "This code names no test of the counter, or leaves a choice of several.",
            "Write the code that GET /api/v1/kinds tells, or the LOINC code of a test that looks for one thing.",
        ),
    ),
    "specimen_unfit": CsvMessage(
        (
            "L’échantillon est dit inutilisable, et un résultat en est donné.",
            "Envoyez le résultat comme non interprétable, annulez-le (X), ou corrigez l’état de l’échantillon.",
        ),
        (
            "The specimen is said to be unusable, and a result of it is given.",
            "Send the result as unsatisfactory, cancel it (X), or correct the status of the specimen.",
        ),
    ),
    "not_in_use": CsvMessage(
        (
            "Cette fiche n’est plus en usage : une autre peut l’avoir remplacée.",
            "Envoyez le résultat avec la fiche en usage.",
        ),
        (
            "This record is no longer in use: another may have replaced it.",
            "Send the result with the record in use.",
        ),
    ),
    "other_subject": CsvMessage(
        ("Ceci est dit d’une autre personne que le résultat.", "Vérifiez de qui est le résultat."),
        ("This is said of another person than the result.", "Check whose result it is."),
    ),
    "tests_differ": CsvMessage(
        (
            "Les codes LOINC de ce champ ne désignent pas le même examen.",
            "Envoyez le code LOINC de l’examen qui a été fait, et lui seul.",
        ),
        (
            "The LOINC codes of this field do not name the same test.",
            "Send the LOINC code of the test that was made, and no other.",
        ),
    ),
    "told_twice": CsvMessage(
        (
            "Le message donne plusieurs résultats de cet examen sous un seul numéro.",
            "Donnez à chaque prélèvement son numéro, ou n’envoyez que le résultat qui vaut.",
        ),
        (
            "The message gives several results of this test under one number.",
            "Give each sample its own number, or send only the result that stands.",
        ),
    ),
    "test_system": CsvMessage(
        (
            "Ce code d’examen n’est pas un code LOINC, et n’est pas connu ici.",
            "Ajoutez le code LOINC de l’examen, avec son système.",
        ),
        (
            "This code of a test is no LOINC code, and is not known here.",
            "Add the LOINC code of the test, with its system.",
        ),
    ),
    "several_values": CsvMessage(
        ("Il y a plusieurs valeurs là où une seule est attendue.", "Envoyez chaque valeur dans son propre champ."),
        ("There are several values where one is expected.", "Send each value in a field of its own."),
    ),
    "values_differ": CsvMessage(
        (
            "Deux codes de ce résultat se contredisent.",
            "Vérifiez le résultat, son second code et son interprétation.",
        ),
        (
            "Two codes of this result contradict each other.",
            "Check the result, its second code and its interpretation.",
        ),
    ),
    "not_a_word": CsvMessage(
        (
            "Ce résultat est un nombre ou un document, et ce test dit positif, négatif ou indéterminé.",
            "Envoyez-le sous forme de code, par exemple SNOMED CT 260415000, ou vérifiez le code du test.",
        ),
        (
            "This result is a number or a document, and this test says positive, negative or indeterminate.",
            "Send it as a code, for example SNOMED CT 260415000, or check the code of the test.",
        ),
    ),
    "zone_untold": CsvMessage(
        (
            "L’heure est donnée sans décalage, et rien ne dit quelle horloge l’a montrée.",
            "Ajoutez le décalage, par exemple +0100, à cette heure ou à celle du message.",
        ),
        (
            "The time has no offset, and nothing tells which clock showed it.",
            "Add the offset, for example +0100, to this time or to that of the message.",
        ),
    ),
    "told_date": CsvMessage(
        (
            "Ce n’est pas un jour entier : il faut l’année, le mois et le jour.",
            "Écrivez AAAAMMJJ en HL7, AAAA-MM-JJ en FHIR.",
        ),
        ("This is not a whole day: year, month and day are needed.", "Write YYYYMMDD in HL7, YYYY-MM-DD in FHIR."),
    ),
    "told_time": CsvMessage(
        (
            "Ce n’est ni un jour ni une date avec heure.",
            "Écrivez AAAAMMJJHHMM+0100 en HL7, AAAA-MM-JJTHH:MM:SS+01:00 en FHIR.",
        ),
        (
            "This is neither a day nor a date and time.",
            "Write YYYYMMDDHHMM+0100 in HL7, YYYY-MM-DDTHH:MM:SS+01:00 in FHIR.",
        ),
    ),
    "told_invisible": CsvMessage(
        ("La valeur contient un caractère invisible ou illisible.", "Faites-la ressaisir dans le logiciel qui envoie."),
        ("The value holds an invisible or unreadable sign.", "Have it typed again in the sending software."),
    ),
    "told_garbled": CsvMessage(
        (
            "La valeur a été lue dans un autre encodage qu’elle n’était écrite : « Ã© » au lieu de « é ».",
            "Faites corriger le jeu de caractères par le logiciel qui envoie.",
        ),
        (
            "The value was read in another encoding than it was written in: “Ã©” for “é”.",
            "Have the sending software correct its character set.",
        ),
    ),
    "told_status": CsvMessage(
        ("L’état du résultat est inconnu.", "Écrivez F (définitif), C (corrigé) ou X (annulé)."),
        ("The status of the result is unknown.", "Write F (final), C (corrected) or X (cancelled)."),
    ),
    "fhir_json": CsvMessage(
        (
            "Cette ligne n’est pas du JSON, ou un nom y figure deux fois.",
            "Exportez de nouveau : chaque ligne est une ressource entière, en UTF-8.",
        ),
        (
            "This line is not JSON, or a name stands twice in it.",
            "Export again: each line is a whole resource, in UTF-8.",
        ),
    ),
    "fhir_resource": CsvMessage(
        ("Ce n’est pas une ressource FHIR.", "Envoyez un Bundle, ou des ressources qui disent leur resourceType."),
        ("This is no FHIR resource.", "Send a Bundle, or resources that tell their resourceType."),
    ),
    "fhir_modifier": CsvMessage(
        (
            "Un élément inconnu change ici le sens de la ressource : elle ne peut pas être comprise.",
            "Envoyez les résultats sans modifierExtension ni implicitRules.",
        ),
        (
            "An unknown element changes the meaning of the resource here: it cannot be understood.",
            "Send the results without modifierExtension and implicitRules.",
        ),
    ),
    "fhir_bundle": CsvMessage(
        (
            "Ce type de Bundle n’apporte pas de résultats.",
            "Envoyez un Bundle transaction, batch, document, collection ou message.",
        ),
        (
            "This type of Bundle brings no results.",
            "Send a Bundle of type transaction, batch, document, collection or message.",
        ),
    ),
    "fhir_method": CsvMessage(
        ("Cette entrée demande autre chose que l’ajout d’une ressource.", "N’envoyez que POST ou PUT."),
        ("This entry asks for something else than adding a resource.", "Send POST or PUT alone."),
    ),
    "fhir_reference": CsvMessage(
        ("La ressource désignée n’est pas dans l’envoi.", "Ajoutez-la au même Bundle."),
        ("The resource that is referred to is not in what was sent.", "Add it to the same Bundle."),
    ),
}
