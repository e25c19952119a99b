"""The words of every problem of a row, French and English, without ever repeating what a cell holds."""

from __future__ import annotations

from typing import NamedTuple


class CsvMessage(NamedTuple):
    """What is wrong and how to mend it, in each language."""

    fr: tuple[str, str]
    en: tuple[str, str]


ROW_MESSAGES: dict[str, CsvMessage] = {
    "column_count": CsvMessage(
        (
            "La ligne n’a pas le même nombre de colonnes que l’en-tête.",
            "Mettez entre guillemets les valeurs qui contiennent une virgule.",
        ),
        (
            "The row has not as many columns as the header.",
            "Put values that hold a comma between quotes.",
        ),
    ),
    "missing": CsvMessage(
        ("Cette colonne est obligatoire.", "Remplissez la cellule."),
        ("This column is required.", "Fill in the cell."),
    ),
    "given_names": CsvMessage(
        ("Aucun prénom n’est indiqué.", "Écrivez les prénoms, ou « un seul nom » pour qui n’en a pas."),
        ("No given name is told.", "Write the given names, or “one name only” for a person who has none."),
    ),
    "one_name_and_more": CsvMessage(
        (
            "La ligne dit que la personne n’a qu’un seul nom, et donne un prénom.",
            "Écrivez les prénoms dans leur cellule.",
        ),
        (
            "The row says that the person has one name only, and tells a given name.",
            "Write the given names in their cell.",
        ),
    ),
    "too_long": CsvMessage(
        ("La valeur est trop longue.", "Abrégez-la."),
        ("The value is too long.", "Shorten it."),
    ),
    "control_character": CsvMessage(
        ("La valeur contient un caractère invisible.", "Saisissez de nouveau la cellule."),
        ("The value holds an invisible character.", "Type the cell again."),
    ),
    "date": CsvMessage(
        ("Ce n’est pas une date.", "Écrivez année-mois-jour, par exemple 2022-01-31, ou selon l’ordre du fichier."),
        ("This is not a date.", "Write year-month-day, for example 2022-01-31, or in the order of the file."),
    ),
    "date_time": CsvMessage(
        (
            "Ce n’est pas une date, ni une date avec heure.",
            "Écrivez par exemple 2022-01-31T14:05+01:00, ou le jour selon l’ordre du fichier, puis 14:05 et le fuseau.",
        ),
        (
            "This is not a date, nor a date and time.",
            "Write for example 2022-01-31T14:05+01:00, or the day in the order of the file, then 14:05 and the zone.",
        ),
    ),
    "date_iso": CsvMessage(
        (
            "Les dates de ce format commencent par l’année : celle-ci a deux lectures possibles.",
            "Écrivez année-mois-jour, par exemple 2026-01-31, ou 2026-01-31T14:05.",
        ),
        (
            "Dates of this format begin with their year: this one may be read in two ways.",
            "Write year-month-day, for example 2026-01-31, or 2026-01-31T14:05.",
        ),
    ),
    "zeros_lost": CsvMessage(
        (
            "Il manque un chiffre : un tableur a sans doute supprimé le zéro du début.",
            "Mettez la colonne au format Texte, puis saisissez de nouveau la valeur avec son zéro.",
        ),
        (
            "A digit is missing: a spreadsheet has probably dropped the leading zero.",
            "Format the column as Text, then type the value again with its zero.",
        ),
    ),
    "scientific": CsvMessage(
        (
            "Un tableur a abrégé ce numéro (par exemple 1,2E+11) : ses chiffres sont perdus.",
            "Mettez la colonne au format Texte et exportez de nouveau depuis le logiciel d’origine.",
        ),
        (
            "A spreadsheet has shortened this number (for example 1.2E+11): its digits are lost.",
            "Format the column as Text, and export again from the program it comes from.",
        ),
    ),
    "finess": CsvMessage(
        (
            "Ce n’est pas un numéro FINESS : neuf caractères, le dernier contrôle les autres.",
            "Écrivez le numéro FINESS de la pharmacie ou du laboratoire qui a fait le test.",
        ),
        (
            "This is not a FINESS number: nine characters, of which the last checks the others.",
            "Write the FINESS number of the pharmacy or laboratory that made the test.",
        ),
    ),
    "formula": CsvMessage(
        (
            "La cellule contient une formule : son résultat peut changer d’un tableur à l’autre.",
            "Copiez la colonne, puis collez-la en « valeurs seules ».",
        ),
        (
            "The cell holds a formula, whose result may change from one spreadsheet to another.",
            "Copy the column, then paste it as “values only”.",
        ),
    ),
    "cell_error": CsvMessage(
        ("La cellule montre une erreur du tableur (par exemple #N/A).", "Corrigez la cellule ou videz-la."),
        ("The cell shows an error of the spreadsheet (for example #N/A).", "Correct the cell or empty it."),
    ),
    "precision": CsvMessage(
        (
            "Ce nombre a plus de quinze chiffres : le tableur en a perdu.",
            "Mettez la colonne au format Texte et saisissez de nouveau la valeur.",
        ),
        (
            "This number has more than fifteen digits: the spreadsheet has lost some.",
            "Format the column as Text and type the value again.",
        ),
    ),
    "no_such_day": CsvMessage(
        ("Cette date n’existe pas dans le calendrier du tableur.", "Saisissez de nouveau la date."),
        ("This date does not exist in the spreadsheet's calendar.", "Type the date again."),
    ),
    "birth_year": CsvMessage(
        ("L’année de naissance a deux chiffres : le siècle manque.", "Écrivez l’année avec quatre chiffres."),
        ("The year of birth has two digits: the century is missing.", "Write the year with four digits."),
    ),
    "birth_too_old": CsvMessage(
        ("La date de naissance est antérieure à 1890.", "Vérifiez l’année."),
        ("The birth date is before 1890.", "Check the year."),
    ),
    "zone": CsvMessage(
        (
            "Le fuseau horaire est inconnu.",
            "Écrivez par exemple UTC, EST, PST ou America/Chicago, ou rien.",
        ),
        ("The time zone is unknown.", "Write for example UTC, EST, PST or America/Chicago, or nothing."),
    ),
    "other_clock": CsvMessage(
        (
            "À cette date, les horloges n’étaient pas à l’heure indiquée : CET est l’heure d’hiver, CEST celle d’été.",
            "Écrivez +01:00 ou +02:00, ou Europe/Paris pour l’heure affichée.",
        ),
        (
            "On that date clocks did not keep the time that is named: CET is that of winter, CEST that of summer.",
            "Write +01:00 or +02:00, or Europe/Paris for the time that clocks showed.",
        ),
    ),
    "skipped_hour": CsvMessage(
        ("Cette heure n’existe pas : l’heure d’été l’a sautée.", "Vérifiez l’heure et le fuseau."),
        ("This hour does not exist: summer time skipped it.", "Check the hour and the zone."),
    ),
    "hour_twice": CsvMessage(
        (
            "Cette heure a eu lieu deux fois : l’horloge a été retardée ce jour-là.",
            "Ajoutez le décalage, par exemple 2026-10-25T02:30+02:00.",
        ),
        (
            "This hour came twice: clocks went back on that day.",
            "Add the offset, for example 2026-10-25T02:30+02:00.",
        ),
    ),
    "sex": CsvMessage(
        ("Ce sexe est inconnu.", "Écrivez F, M ou U (inconnu), ou videz la cellule."),
        ("This sex is unknown.", "Write F, M or U (unknown), or empty the cell."),
    ),
    "language": CsvMessage(
        ("Cette langue est inconnue.", "Écrivez le code de la langue, par exemple fr, ou videz la cellule."),
        ("This language is unknown.", "Write the code of the language, for example fr, or empty the cell."),
    ),
    "garbled": CsvMessage(
        (
            "La valeur a été lue dans un autre encodage qu’elle n’était écrite : « Ã© » au lieu de « é ».",
            "Exportez de nouveau le fichier au format « CSV UTF-8 » depuis le logiciel d’origine.",
        ),
        (
            "The value was read in another encoding than it was written in: “Ã©” for “é”.",
            "Export the file again as “CSV UTF-8” from the program it comes from.",
        ),
    ),
    "future": CsvMessage(
        ("Cette date est dans le futur.", "Vérifiez la date, l’heure et le fuseau."),
        ("This date is in the future.", "Check the date, the hour and the zone."),
    ),
    "before_birth": CsvMessage(
        ("Cette date est antérieure à la naissance.", "Vérifiez cette date et la date de naissance."),
        ("This date is before the birth.", "Check this date and the birth date."),
    ),
    "before_collection": CsvMessage(
        ("Cette date est antérieure au prélèvement.", "Vérifiez cette date et celle du prélèvement."),
        (
            "This date is before the collection of the specimen.",
            "Check this date and that of the collection.",
        ),
    ),
    "state": CsvMessage(
        (
            "Le code d’État est inconnu.",
            "Écrivez deux lettres : un État américain, une province canadienne, ou FR.",
        ),
        ("The state is unknown.", "Write two letters: a state of the US, a province of Canada, or FR."),
    ),
    "country": CsvMessage(
        ("Ce pays est inconnu.", "Écrivez son nom ou son code ISO 3166, par exemple Suisse, CH ou CHE."),
        ("This country is unknown.", "Write its name or its code of ISO 3166, for example Switzerland, CH or CHE."),
    ),
    "country_shared": CsvMessage(
        ("Plusieurs pays ou territoires portent ce nom.", "Écrivez l’un d’eux, ou son code : {countries}."),
        ("Several countries or territories bear this name.", "Write one of them, or its code: {countries}."),
    ),
    "state_of_country": CsvMessage(
        ("Cet État ou territoire n’est pas de ce pays.", "Vérifiez l’État et le pays."),
        ("This state is not one of that country.", "Check the state and the country."),
    ),
    "state_or_territory": CsvMessage(
        ("Ce code est celui d’un État et d’un territoire français.", "Écrivez le pays, par exemple Mayotte."),
        ("This code is that of a state and of a French territory.", "Write the country, for instance Mayotte."),
    ),
    "zip_code": CsvMessage(
        ("Ce n’est pas un code postal.", "Écrivez cinq chiffres, ou 99999-9999 aux États-Unis."),
        ("This is not a postal code.", "Write five digits, or 99999-9999 in the US."),
    ),
    "phone": CsvMessage(
        ("Ce n’est pas un numéro de téléphone.", "Écrivez par exemple 205-999-2800 ou 06 12 34 56 78."),
        ("This is not a phone number.", "Write for example 205-999-2800 or 06 12 34 56 78."),
    ),
    "phone_twice": CsvMessage(
        ("Ce numéro existe dans deux pays.", "Commencez-le par + et l’indicatif du pays."),
        ("This number exists in two countries.", "Begin it with + and the country's number."),
    ),
    "email": CsvMessage(
        ("Ce n’est pas une adresse électronique.", "Corrigez l’adresse ou videz la cellule."),
        ("This is not an e-mail address.", "Correct the address or empty the cell."),
    ),
    "email_unseen": CsvMessage(
        (
            "Cette adresse contient un signe invisible.",
            "Saisissez-la de nouveau au lieu de la coller, ou videz la cellule.",
        ),
        ("This address holds a sign that cannot be seen.", "Type it anew instead of pasting it, or empty the cell."),
    ),
    "laboratory": CsvMessage(
        (
            "Ce n’est pas un numéro de laboratoire.",
            "Écrivez un numéro CLIA (par exemple 01D1058442), ou un numéro FINESS en France.",
        ),
        (
            "This is not a laboratory number.",
            "Write a CLIA number (for example 01D1058442), or a FINESS number in France.",
        ),
    ),
    "loinc": CsvMessage(
        ("Ce n’est pas un code LOINC.", "Écrivez par exemple 94558-4 : le dernier chiffre est une clé."),
        ("This is not a LOINC code.", "Write for example 94558-4: the last digit is a check digit."),
    ),
    "unknown_test": CsvMessage(
        (
            "Ce code LOINC n’est pas celui d’un test que le catalogue connaît.",
            "Vérifiez le code, ou demandez l’ajout du test au catalogue.",
        ),
        (
            "This LOINC code is not that of a test the catalogue knows.",
            "Check the code, or ask for the test to be added to the catalogue.",
        ),
    ),
    "unknown_device": CsvMessage(
        (
            "Le catalogue ne connaît pas ce dispositif pour ce code de test.",
            "Écrivez le nom du catalogue, et un code LOINC que ce dispositif peut rendre.",
        ),
        (
            "The catalogue does not know this device for this test code.",
            "Write the catalogue's name, and a LOINC code that this device can report.",
        ),
    ),
    "outcome": CsvMessage(
        (
            "Ce résultat est inconnu.",
            "Écrivez Positive, Negative, Detected, Not Detected, Invalid Result, ou un code SNOMED CT.",
        ),
        (
            "This result is unknown.",
            "Write Positive, Negative, Detected, Not Detected, Invalid Result, or a SNOMED CT code.",
        ),
    ),
    "test_not_done": CsvMessage(
        ("Le test n’a pas été fait : il n’y a pas de résultat à signer.", "Retirez la ligne."),
        ("The test was not done: there is no result to sign.", "Remove the row."),
    ),
    "specimen": CsvMessage(
        (
            "Ce type de prélèvement est inconnu.",
            "Écrivez par exemple Nasal Swab ou Throat Swab, ou le code SNOMED CT du prélèvement.",
        ),
        (
            "This type of specimen is unknown.",
            "Write for example Nasal Swab or Throat Swab, or the specimen's SNOMED CT code.",
        ),
    ),
    "answer": CsvMessage(
        ("La réponse est inconnue.", "Écrivez oui, non ou inconnu (Y, N, U), ou videz la cellule."),
        ("The answer is unknown.", "Write Y, N or U, or empty the cell."),
    ),
    "residence": CsvMessage(
        ("Ce type de résidence est inconnu.", "Écrivez un des noms ou codes admis, ou videz la cellule."),
        (
            "This type of residence is unknown.",
            "Write one of the accepted names or codes, or empty the cell.",
        ),
    ),
    "status": CsvMessage(
        ("Le statut est inconnu.", "Écrivez F (définitif), C (corrigé) ou X (annulé), ou videz la cellule."),
        ("The status is unknown.", "Write F (final), C (corrected) or X (cancelled), or empty the cell."),
    ),
}
