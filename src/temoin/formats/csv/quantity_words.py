"""The words of what is wrong with a measured result, in a table or a message; `{units}` are those that it may be in."""

from __future__ import annotations

from temoin.formats.csv.messages import CsvMessage

QUANTITY_WORDS: dict[str, CsvMessage] = {
    "quantity_malformed": CsvMessage(
        (
            "Ce test se mesure, et ceci n’est pas une valeur telle qu’un appareil l’affiche.",
            "Écrivez le nombre affiché, par exemple 1,26 ou 1.26, avec < ou > devant une limite, ou LO ou HI.",
        ),
        (
            "This test is measured, and this is no value as a device shows it.",
            "Write the number that it shows, for example 1.26, with < or > before a limit, or LO or HI.",
        ),
    ),
    "quantity_word": CsvMessage(
        (
            "Ce test se mesure : un mot tel que « positif » n’en est pas le résultat.",
            "Écrivez le nombre qu’affiche l’appareil et son unité ({units}), ou vérifiez le code du test.",
        ),
        (
            "This test is measured: a word such as “positive” is no result of it.",
            "Write the number that the device shows and its unit ({units}), or check the code of the test.",
        ),
    ),
    "quantity_no_unit": CsvMessage(
        (
            "L’unité de cette valeur manque, et rien ne permet de la deviner.",
            "Écrivez celle qu’affiche l’appareil, dans sa colonne ou après le nombre : {units}.",
        ),
        (
            "The unit of this value is missing, and nobody may guess it.",
            "Write the one that the device shows, in its column or after the number: {units}.",
        ),
    ),
    "quantity_unknown_unit": CsvMessage(
        (
            "Ce test ne se donne pas dans cette unité, et rien n’est converti.",
            "Écrivez la valeur et l’unité qu’affiche l’appareil : {units}.",
        ),
        (
            "This test is not told in this unit, and nothing is converted.",
            "Write the value and the unit that the device shows: {units}.",
        ),
    ),
    "quantity_decimals": CsvMessage(
        ("Aucun appareil n’affiche autant de décimales en {units}.", "Écrivez la valeur telle qu’il l’affiche."),
        ("No device shows so many decimals in {units}.", "Write the value as it shows it."),
    ),
    "quantity_other_unit": CsvMessage(
        (
            "Cette valeur est impossible dans cette unité, et possible en {units}.",
            "Vérifiez l’unité qu’affiche l’appareil, et corrigez celle des deux qui est fausse.",
        ),
        (
            "This value is not possible in this unit, and is in {units}.",
            "Check the unit that the device shows, and correct which of the two is wrong.",
        ),
    ),
    "quantity_impossible": CsvMessage(
        ("Aucun appareil n’affiche une telle valeur.", "Vérifiez la valeur et son unité."),
        ("No device shows such a value.", "Check the value and its unit."),
    ),
    "quantity_beyond": CsvMessage(
        (
            "Cet appareil affiche LO ou HI au lieu d’une telle valeur.",
            "Écrivez ce qu’il affiche, ou vérifiez le nom de l’appareil.",
        ),
        (
            "This device shows LO or HI instead of such a value.",
            "Write what it shows, or check the name of the device.",
        ),
    ),
    "quantity_no_limit": CsvMessage(
        (
            "Le catalogue ne connaît pas les limites de cet appareil dans cette unité.",
            "Écrivez < ou > et la limite que donne sa notice, au lieu de LO ou HI.",
        ),
        (
            "The catalogue does not know the limits of this device in this unit.",
            "Write < or > and the limit that its leaflet tells, instead of LO or HI.",
        ),
    ),
    "quantity_unit_of_code": CsvMessage(
        (
            "Le code LOINC n’est pas celui d’une valeur dans cette unité.",
            "Vérifiez l’unité, puis écrivez son code : {units}.",
        ),
        (
            "The LOINC code is not that of a value in this unit.",
            "Check the unit, then write its code: {units}.",
        ),
    ),
    "quantity_off_scale": CsvMessage(
        (
            "La valeur et son interprétation ne disent pas la même chose : hors des limites, ou non.",
            "Envoyez < ou > avec la limite, ou la valeur sans cette interprétation.",
        ),
        (
            "The value and its interpretation do not say the same: beyond the limits, or not.",
            "Send < or > with the limit, or the value without that interpretation.",
        ),
    ),
    "quantity_form": CsvMessage(
        (
            "Ce test se mesure, et ce type de valeur n’est pas celui d’une mesure.",
            "Envoyez le nombre et son unité : NM ou SN et OBX-6 en HL7, valueQuantity en FHIR.",
        ),
        (
            "This test is measured, and this type of value is not that of a measure.",
            "Send the number and its unit: NM or SN and OBX-6 in HL7, valueQuantity in FHIR.",
        ),
    ),
    "unit_of_none": CsvMessage(
        (
            "Ce test dit oui ou non et n’a pas d’unité.",
            "Videz la cellule de l’unité, ou vérifiez le code du test.",
        ),
        (
            "This test says yes or no and has no unit.",
            "Empty the cell of the unit, or check the code of the test.",
        ),
    ),
}
