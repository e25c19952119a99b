"""The words of the authority's pages, in both languages."""

from __future__ import annotations

from temoin.lib.label import Label

WORDS = {
    "title": Label(fr="Tests rapides en officine : ce qui circule", en="Rapid tests in pharmacies: what spreads"),
    "language": Label(fr="Français", en="English"),
    "demonstration": Label(
        fr="Démonstration : les personnes sont inventées, ces chiffres ne disent rien de personne.",
        en="Demonstration: the persons are invented, these figures tell of nobody.",
    ),
    "updated": Label(fr="Dernière publication :", en="Last publication:"),
    "never": Label(fr="aucune", en="none"),
    "reading": Label(
        fr="Chaque nombre porte un bruit aléatoire, pour que personne ne puisse y être retrouvé ; ceux de "
        "moins de dix sont omis. Les chiffres d’un jour sont publiés trois fois, après 2, 9 et 28 jours, "
        "ceux d’une semaine deux fois : une publication ultérieure compte aussi les résultats tardifs et "
        "les corrections. Une courbe est la somme de toutes les sortes de "
        "test, ceux de moins de dix compris.",
        en="Each count carries random noise, so that nobody can be found through it; those under ten are left "
        "out. The figures of a day are published three times, after 2, 9 and 28 days, those of a week "
        "twice: a later publication counts late results and corrections too. A curve is the sum "
        "over all kinds of test, those under ten included.",
    ),
    "nothing": Label(fr="Rien n’est encore publié.", en="Nothing is published yet."),
    "small": Label(fr="tous les nombres sont inférieurs à dix.", en="all counts are under ten."),
    "colon": Label(fr=" : ", en=": "),
    "day": Label(fr="Jour du prélèvement", en="Day of the sample"),
    "positives": Label(fr="Positifs", en="Positive"),
    "tests": Label(fr="Tests concluants", en="Conclusive tests"),
    "mean": Label(fr="Positifs par jour, moyenne de 7 jours", en="Positive a day, mean of 7 days"),
    "positivity": Label(fr="Positivité sur 7 jours", en="Positivity over 7 days"),
    "share": Label(fr="Positivité", en="Positivity"),
    "standing": Label(fr="Publication", en="Publication"),
    "last": Label(fr="définitive", en="final"),
    "early": Label(fr="provisoire", en="provisional"),
    "without": Label(
        fr="incomplète, officines qui manquent : {count}", en="incomplete, pharmacies that are missing: {count}"
    ),
    "under": Label(fr="moins de 10", en="under 10"),
    "curve": Label(
        fr="Positifs par jour de prélèvement et moyenne de sept jours ; les chiffres suivent dans le tableau.",
        en="Positive by day of sample, and mean of seven days; the figures follow in the table.",
    ),
    "key": Label(
        fr="Barres pleines : chiffres définitifs ; barres claires : provisoires, des résultats arrivent "
        "encore ; ligne : moyenne de sept jours.",
        en="Solid bars: final figures; light bars: provisional, results still arrive; line: mean of seven days.",
    ),
    "figures": Label(fr="Les chiffres :", en="The figures:"),
    "of_day": Label(fr="jour du", en="day of"),
    "of_week": Label(fr="semaine du lundi", en="week of Monday"),
    "data": Label(fr="Données ouvertes", en="Open data"),
    "history": Label(
        fr="Ce qui a été publié n’est jamais modifié : chaque publication s’ajoute. Schéma, dates et empreintes :",
        en="What was published is never changed: each publication is added. Schema, dates and digests:",
    ),
    "missing_title": Label(fr="Ce qui manque", en="What is missing"),
    "missing": Label(
        fr="L’incidence pour 100 000 habitants : les populations ne sont pas encore reprises d’une source "
        "vérifiée. Les communes : une surface plus petite exige plus de bruit. Une carte : les contours ne "
        "sont pas repris. Une prévision des résultats encore attendus : les chiffres provisoires sont "
        "montrés tels quels.",
        en="Incidence per 100,000 inhabitants: populations are not taken from a verified source yet. Communes: "
        "a smaller area asks for more noise. A map: borders are not taken over. A forecast of results still "
        "awaited: provisional figures are shown as they are.",
    ),
}
