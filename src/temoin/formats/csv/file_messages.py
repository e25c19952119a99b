"""The words of why a whole file is refused, French and English, without ever repeating what a cell holds."""

from __future__ import annotations

from temoin.formats.csv.messages import CsvMessage

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
            "L’octet {byte}, ligne {row}, n’est pas de l’UTF-8.",
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
            "Fermez chaque guillemet ouvert et doublez ceux qui font partie d’une valeur.",
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
            "Ce n’est pas le format attendu. Colonnes absentes : {columns}.",
            "Nommez-les en première ligne, ou dites à quelle colonne chaque titre correspond.",
        ),
        (
            "This is not the expected format. Missing columns: {columns}.",
            "Name them in the first row, or say which column each heading stands for.",
        ),
    ),
    "duplicate_columns": CsvMessage(
        ("Des colonnes sont nommées deux fois : {columns}.", "Ne gardez qu’une colonne de chaque nom."),
        ("Columns are named twice: {columns}.", "Keep one column of each name."),
    ),
}

FILE_MESSAGES |= {
    "dates_unsaid": CsvMessage(
        (
            "Ligne {row}, colonne {columns} : la date a deux lectures, et aucune autre de la colonne ne tranche.",
            "Dites-le : jour/mois (--dates dmy) ou mois/jour (--dates mdy), ou écrivez 2026-01-31.",
        ),
        (
            "The date in row {row}, column {columns}, has two readings, and no other of its column settles it.",
            "Say it: day/month (--dates dmy) or month/day (--dates mdy), or write 2026-01-31.",
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
    "tabs": CsvMessage(
        ("Des tabulations séparent les colonnes.", "Enregistrez le fichier au format « CSV UTF-8 » ou XLSX."),
        ("Tabs separate the columns.", "Save the file as “CSV UTF-8” or XLSX."),
    ),
    "separator": CsvMessage(
        (
            "Des barres, ou un autre signe, séparent les colonnes.",
            "Enregistrez le fichier au format « CSV UTF-8 » ou XLSX.",
        ),
        ("Bars, or another sign, separate the columns.", "Save the file as “CSV UTF-8” or XLSX."),
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

FILE_MESSAGES |= {
    "ods": CsvMessage(
        (
            "C’est un classeur LibreOffice (.ods), qui n’est pas lu ici.",
            "Dans LibreOffice, « Enregistrer sous » : choisissez Excel 2007-365 (.xlsx) ou CSV (UTF-8).",
        ),
        (
            "This is a LibreOffice workbook (.ods), which is not read here.",
            "In LibreOffice choose “Save as”, then Excel 2007-365 (.xlsx) or CSV (UTF-8).",
        ),
    ),
    "xls": CsvMessage(
        (
            "C’est un ancien classeur Excel (.xls) ou un classeur protégé par un mot de passe.",
            "Enregistrez-le au format « Classeur Excel (.xlsx) », sans mot de passe, ou « CSV UTF-8 ».",
        ),
        (
            "This is an old Excel workbook (.xls), or one protected by a password.",
            "Save it as “Excel workbook (.xlsx)” without a password, or as “CSV UTF-8”.",
        ),
    ),
    "xlsb": CsvMessage(
        (
            "C’est un classeur Excel binaire (.xlsb), qui n’est pas lu ici.",
            "Enregistrez-le au format « Classeur Excel (.xlsx) » ou « CSV UTF-8 ».",
        ),
        (
            "This is a binary Excel workbook (.xlsb), which is not read here.",
            "Save it as “Excel workbook (.xlsx)” or as “CSV UTF-8”.",
        ),
    ),
    "other_zip": CsvMessage(
        (
            "C’est une archive ZIP, non un fichier de résultats.",
            "Décompressez-la et choisissez le fichier qu’elle contient.",
        ),
        ("This is a ZIP archive, not a file of results.", "Unpack it, and choose the file inside."),
    ),
    "pdf": CsvMessage(
        ("C’est un PDF, non un tableau.", "Exportez les résultats au format CSV ou XLSX."),
        ("This is a PDF, not a table.", "Export the results as CSV or XLSX."),
    ),
    "markup": CsvMessage(
        (
            "C’est une page HTML ou un document XML, quel que soit le nom du fichier.",
            "Ouvrez-le dans un tableur, puis enregistrez-le au format « CSV UTF-8 » ou XLSX.",
        ),
        (
            "This is an HTML page or an XML document, whatever the file's name.",
            "Open it in a spreadsheet, then save it as “CSV UTF-8” or XLSX.",
        ),
    ),
    "hl7": CsvMessage(
        ("Ce sont des messages HL7, non un tableau.", "Exportez les résultats au format CSV ou XLSX."),
        ("These are HL7 messages, not a table.", "Export the results as CSV or XLSX."),
    ),
    "json": CsvMessage(
        ("C’est du JSON (FHIR, par exemple), non un tableau.", "Exportez les résultats au format CSV ou XLSX."),
        ("This is JSON (FHIR, perhaps), not a table.", "Export the results as CSV or XLSX."),
    ),
    "fhir_json": CsvMessage(
        (
            "Ce n’est pas du JSON en UTF-8, il est coupé, ou un nom y figure deux fois.",
            "Exportez de nouveau le fichier en entier.",
        ),
        ("This is not JSON in UTF-8, it was cut, or a name stands twice in it.", "Export the file again as a whole."),
    ),
    "fhir_xml": CsvMessage(
        (
            "Le document XML est mal formé, ou contient des déclarations (DTD) qui ne sont pas lues.",
            "Exportez de nouveau le fichier en entier, sans DTD.",
        ),
        (
            "The XML document is malformed, or holds declarations (a DTD) that are not read.",
            "Export the file again as a whole, without a DTD.",
        ),
    ),
    "fhir_large": CsvMessage(
        (
            "Un Bundle dépasse 16 Mo, ou le fichier 200 Mo.",
            "Partagez-le : un Bundle par patient, ou un par ligne (NDJSON).",
        ),
        (
            "A Bundle is over 16 MB, or the file over 200 MB.",
            "Split it: a Bundle for each patient, or on each line (NDJSON).",
        ),
    ),
    "astm": CsvMessage(
        (
            "Ce sont des enregistrements ASTM E1394 d’un automate, qui ne sont pas lus ici.",
            "Réglez l’automate sur HL7 v2, ou exportez les résultats au format CSV.",
        ),
        (
            "These are ASTM E1394 records of an instrument, which are not read here.",
            "Set the instrument to HL7 v2, or export the results as CSV.",
        ),
    ),
    "hl7_cut": CsvMessage(
        (
            "La ligne {row} n’annonce pas le nombre de messages, ou de lots, présents : le fichier est coupé ou joint.",
            "Exportez-le de nouveau en entier, ou corrigez le nombre de BTS-1 ou FTS-1.",
        ),
        (
            "Line {row} does not tell as many messages, or batches, as there are: the file is cut or joined.",
            "Export it again as a whole, or correct the number in BTS-1 or FTS-1.",
        ),
    ),
    "hl7_empty": CsvMessage(
        ("Le fichier ne contient aucun message HL7.", "Choisissez un fichier qui contient des messages ORU^R01."),
        ("The file holds no HL7 message.", "Choose a file that holds ORU^R01 messages."),
    ),
    "xlsx_broken": CsvMessage(
        (
            "Le classeur Excel est abîmé : il ne peut pas être lu.",
            "Ouvrez-le dans Excel, enregistrez-le de nouveau au format .xlsx, puis déposez-le.",
        ),
        (
            "The Excel workbook is damaged: it cannot be read.",
            "Open it in Excel, save it again as .xlsx, then hand it in.",
        ),
    ),
    "xlsx_bomb": CsvMessage(
        (
            "Le classeur, une fois décompressé, est bien plus grand qu’un fichier de résultats.",
            "Copiez les seules lignes de résultats dans un classeur vide, et enregistrez-le.",
        ),
        (
            "Unpacked, the workbook is far larger than a file of results.",
            "Copy the rows of results alone into an empty workbook, and save it.",
        ),
    ),
    "xlsx_entities": CsvMessage(
        (
            "Le classeur contient des déclarations XML qu’aucun tableur n’écrit : il est refusé.",
            "Enregistrez les résultats dans un classeur neuf.",
        ),
        (
            "The workbook holds XML declarations that no spreadsheet writes: it is refused.",
            "Save the results in a new workbook.",
        ),
    ),
    "several_sheets": CsvMessage(
        (
            "Plusieurs feuilles du classeur contiennent quelque chose : laquelle lire n’est pas deviné.",
            "Gardez une seule feuille. Une feuille masquée compte aussi.",
        ),
        (
            "Several sheets of the workbook hold something: which to read is not guessed.",
            "Keep one sheet only; a hidden one counts too.",
        ),
    ),
    "too_many_columns": CsvMessage(
        (
            "La ligne {row} a plus de 500 colonnes.",
            "Gardez les seules colonnes des résultats.",
        ),
        ("Row {row} has more than 500 columns.", "Keep the columns of results alone."),
    ),
    "header_formula": CsvMessage(
        (
            "Un nom de colonne, en première ligne, est une formule ou une erreur du tableur.",
            "Écrivez le nom de chaque colonne comme un texte.",
        ),
        (
            "The name of a column, in the first row, is a formula or an error of the spreadsheet.",
            "Write the name of each column as text.",
        ),
    ),
    "not_encoding": CsvMessage(
        (
            "L’octet {byte}, ligne {row}, n’existe pas dans l’encodage annoncé.",
            "Annoncez l’encodage du fichier, ou enregistrez-le au format « CSV UTF-8 ».",
        ),
        (
            "Byte {byte}, in row {row}, does not exist in the encoding that was said.",
            "Say the file's own encoding, or save it as “CSV UTF-8”.",
        ),
    ),
}
