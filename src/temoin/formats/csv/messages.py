"""The words of every problem, French and English, without ever repeating what a cell holds."""

from __future__ import annotations

from typing import NamedTuple


class CsvMessage(NamedTuple):
    """What is wrong and how to mend it, in each language."""

    fr: tuple[str, str]
    en: tuple[str, str]


FILE_MESSAGES: dict[str, CsvMessage] = {
    "empty": CsvMessage(
        ("Le fichier est vide.", "Choisissez un fichier dont la première ligne nomme les colonnes."),
        ("The file is empty.", "Choose a file whose first row names the columns."),
    ),
    "no_rows": CsvMessage(
        ("Le fichier ne contient que les noms des colonnes.", "Ajoutez au moins une ligne de résultat."),
        ("The file holds only the names of the columns.", "Add at least one row of results."),
    ),
    "too_large": CsvMessage(
        ("Le fichier dépasse 200 Mo.", "Partagez-le en plusieurs fichiers."),
        ("The file is over 200 MB.", "Split it into several files."),
    ),
    "too_many_rows": CsvMessage(
        ("Le fichier dépasse 250 000 lignes.", "Partagez-le en plusieurs fichiers."),
        ("The file has more than 250,000 rows.", "Split it into several files."),
    ),
    "not_utf8": CsvMessage(
        (
            "L'octet {byte}, ligne {row}, n'est pas de l'UTF-8.",
            "Enregistrez le fichier au format « CSV UTF-8 » : l’encodage n’est jamais deviné.",
        ),
        (
            "Byte {byte}, in row {row}, is not UTF-8.",
            "Save the file as “CSV UTF-8”: the encoding is never guessed.",
        ),
    ),
    "nul": CsvMessage(
        (
            "La ligne {row} contient un octet nul (octet {byte}).",
            "Enregistrez de nouveau le fichier au format « CSV UTF-8 ».",
        ),
        ("Row {row} holds a NUL (byte {byte}).", "Save the file again as “CSV UTF-8”."),
    ),
    "malformed": CsvMessage(
        (
            "La ligne {row} n’est pas du CSV : un guillemet ou une fin de ligne n’est pas à sa place.",
            "Fermez chaque guillemet ouvert et doublez ceux qui font partie d'une valeur.",
        ),
        (
            "Row {row} is not CSV: a quote or an end of line is out of place.",
            "Close every open quote, and double those that belong to a value.",
        ),
    ),
    "line_too_long": CsvMessage(
        (
            "La ligne {row} est trop longue pour être un résultat.",
            "Vérifiez qu’un guillemet n’est pas resté ouvert et que chaque résultat a sa ligne.",
        ),
        (
            "Row {row} is too long to be a result.",
            "Check that no quote was left open and that each result has its own row.",
        ),
    ),
    "semicolons": CsvMessage(
        (
            "Les colonnes sont séparées par des points-virgules.",
            "Enregistrez le fichier avec la virgule comme séparateur.",
        ),
        ("The columns are separated by semicolons.", "Save the file with commas as separators."),
    ),
    "missing_columns": CsvMessage(
        (
            "Ce n'est pas le format attendu. Colonnes absentes : {columns}.",
            "Nommez ces colonnes en première ligne : c’est le format « bulk results » de SimpleReport.",
        ),
        (
            "This is not the expected format. Missing columns: {columns}.",
            "Name these columns in the first row: it is SimpleReport's bulk results format.",
        ),
    ),
    "duplicate_columns": CsvMessage(
        ("Des colonnes sont nommées deux fois : {columns}.", "Ne gardez qu'une colonne de chaque nom."),
        ("Columns are named twice: {columns}.", "Keep one column of each name."),
    ),
}

FILE_MESSAGES |= {
    "dates_unsaid": CsvMessage(
        (
            "Ligne {row}, colonne {columns} : la date a deux lectures, et aucune autre de la colonne ne tranche.",
            "Dites-le par --dates dmy (jour/mois) ou --dates mdy (mois/jour), ou écrivez 2026-01-31.",
        ),
        (
            "The date in row {row}, column {columns}, has two readings, and no other of its column settles it.",
            "Say it with --dates dmy (day/month) or --dates mdy (month/day), or write 2026-01-31.",
        ),
    ),
    "dates_mixed": CsvMessage(
        (
            "La colonne {columns} écrit ses dates dans deux ordres : les lignes {row} et {other} se contredisent.",
            "Écrivez toutes ses dates dans le même ordre, ou sous la forme 2026-01-31.",
        ),
        (
            "Column {columns} writes its dates in two orders: rows {row} and {other} contradict each other.",
            "Write all its dates in one order, or as 2026-01-31.",
        ),
    ),
    "dates_not_dmy": CsvMessage(
        (
            "Les dates devaient être jour/mois/année : la ligne {row}, colonne {columns}, montre mois/jour/année.",
            "Vérifiez la cellule, ou dites l’ordre de ce fichier par --dates mdy.",
        ),
        (
            "Dates were to be day/month/year: row {row}, column {columns}, shows month/day/year.",
            "Check the cell, or say the order of this file with --dates mdy.",
        ),
    ),
    "dates_not_mdy": CsvMessage(
        (
            "Les dates devaient être mois/jour/année : la ligne {row}, colonne {columns}, montre jour/mois/année.",
            "Vérifiez la cellule, ou dites l’ordre de ce fichier par --dates dmy.",
        ),
        (
            "Dates were to be month/day/year: row {row}, column {columns}, shows day/month/year.",
            "Check the cell, or say the order of this file with --dates dmy.",
        ),
    ),
    "dates_not_iso": CsvMessage(
        (
            "Les dates devaient être écrites 2026-01-31 : la ligne {row}, colonne {columns}, est écrite autrement.",
            "Vérifiez la cellule, ou dites l’ordre de ce fichier par --dates dmy ou --dates mdy.",
        ),
        (
            "Dates were to be written 2026-01-31: row {row}, column {columns}, is written otherwise.",
            "Check the cell, or say the order of this file with --dates dmy or --dates mdy.",
        ),
    ),
    "utf16": CsvMessage(
        ("Le fichier est en UTF-16 (« Texte Unicode » d’Excel).", "Enregistrez-le au format « CSV UTF-8 »."),
        ("The file is UTF-16 (Excel's “Unicode text”).", "Save it as “CSV UTF-8”."),
    ),
    "blank_header": CsvMessage(
        ("La première ligne est vide : elle doit nommer les colonnes.", "Supprimez les lignes vides du début."),
        ("The first row is blank: it must name the columns.", "Remove the blank rows at the top."),
    ),
    "separator": CsvMessage(
        (
            "Les colonnes ne sont pas séparées par des virgules (tabulation, barre ou autre signe).",
            "Enregistrez le fichier au format CSV, avec la virgule comme séparateur.",
        ),
        (
            "The columns are not separated by commas (but by tabs, bars or another sign).",
            "Save the file as CSV, with commas as separators.",
        ),
    ),
    "sep_line": CsvMessage(
        (
            "La première ligne dit « sep= », pour Excel seulement.",
            "Supprimez-la : la première ligne nomme les colonnes.",
        ),
        ("The first row says “sep=”, which is for Excel only.", "Remove it: the first row names the columns."),
    ),
    "old_mac": CsvMessage(
        (
            "Les lignes finissent comme sur un ancien Macintosh (CR seul).",
            "Enregistrez le fichier au format « CSV UTF-8 », et non « CSV (Macintosh) ».",
        ),
        (
            "Lines end as on an old Macintosh (CR alone).",
            "Save the file as “CSV UTF-8”, not as “CSV (Macintosh)”.",
        ),
    ),
    "patients": CsvMessage(
        (
            "C’est une liste de patients, sans résultats.",
            "Choisissez l’export des résultats (« bulk results »), non celui des patients.",
        ),
        ("This is a list of patients, without results.", "Choose the export of results, not that of patients."),
    ),
}

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
    "too_long": CsvMessage(
        ("La valeur est trop longue.", "Abrégez-la."),
        ("The value is too long.", "Shorten it."),
    ),
    "control_character": CsvMessage(
        ("La valeur contient un caractère invisible.", "Saisissez de nouveau la cellule."),
        ("The value holds an invisible character.", "Type the cell again."),
    ),
    "date": CsvMessage(
        ("Ce n'est pas une date.", "Écrivez année-mois-jour, par exemple 2022-01-31, ou selon l’ordre du fichier."),
        ("This is not a date.", "Write year-month-day, for example 2022-01-31, or in the order of the file."),
    ),
    "date_time": CsvMessage(
        (
            "Ce n'est pas une date, ni une date avec heure.",
            "Écrivez par exemple 2022-01-31T14:05+01:00, ou le jour selon l'ordre du fichier, puis 14:05 et le fuseau.",
        ),
        (
            "This is not a date, nor a date and time.",
            "Write for example 2022-01-31T14:05+01:00, or the day in the order of the file, then 14:05 and the zone.",
        ),
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
            "Le code d'État est inconnu.",
            "Écrivez deux lettres : un État américain, une province canadienne, ou FR.",
        ),
        ("The state is unknown.", "Write two letters: a state of the US, a province of Canada, or FR."),
    ),
    "country": CsvMessage(
        ("Ce pays est inconnu.", "Écrivez son nom ou son code ISO 3166, par exemple Suisse, CH ou CHE."),
        ("This country is unknown.", "Write its name or its code of ISO 3166, for example Switzerland, CH or CHE."),
    ),
    "state_of_country": CsvMessage(
        ("Cet État ou territoire n’est pas de ce pays.", "Vérifiez l’État et le pays."),
        ("This state is not one of that country.", "Check the state and the country."),
    ),
    "zip_code": CsvMessage(
        ("Ce n'est pas un code postal.", "Écrivez cinq chiffres, ou 99999-9999 aux États-Unis."),
        ("This is not a postal code.", "Write five digits, or 99999-9999 in the US."),
    ),
    "phone": CsvMessage(
        ("Ce n’est pas un numéro de téléphone.", "Écrivez par exemple 205-999-2800 ou 06 12 34 56 78."),
        ("This is not a phone number.", "Write for example 205-999-2800 or 06 12 34 56 78."),
    ),
    "email": CsvMessage(
        ("Ce n’est pas une adresse électronique.", "Corrigez l'adresse ou videz la cellule."),
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
        ("Ce n'est pas un code LOINC.", "Écrivez par exemple 94558-4 : le dernier chiffre est une clé."),
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
