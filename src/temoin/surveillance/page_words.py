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
    "incidence": Label(fr="Positifs sur 7 jours pour 100 000 habitants", en="Positive in 7 days per 100,000"),
    "positivity_week": Label(fr="Positivité sur 7 jours", en="Positivity over 7 days"),
    "positivity": Label(fr="Positivité", en="Positivity"),
    "interval": Label(fr="Intervalle à 95 %", en="Interval of 95%"),
    "between": Label(fr="{low} à {high}", en="{low} to {high}"),
    "code": Label(fr="Code", en="Code"),
    "department": Label(fr="Département du domicile", en="Département of the home"),
    "per_100000": Label(fr="Pour 100 000 habitants", en="Per 100,000 inhabitants"),
    "areas": Label(fr="Incidence par département", en="Incidence by département"),
    "areas_of": Label(
        fr="{target} : incidence par département, semaine du lundi {period}",
        en="{target}: incidence by département, week of Monday {period}",
    ),
    "map": Label(fr="Carte. {title}", en="Map. {title}"),
    "map_reading": Label(
        fr="Résultats positifs de la semaine pour 100 000 habitants. Un carré par département, placé à peu près où il "
        "se trouve ; l’outre-mer en bas. Chaque carré mène à sa ligne du tableau, qui donne les intervalles : ils "
        "comprennent le bruit et le hasard des petits nombres.",
        en="Positive results of the week per 100,000 inhabitants. One square for each département, roughly where it "
        "lies; overseas at the bottom. Each square leads to its line of the table, which has the intervals: they hold "
        "the noise and the chance of small numbers.",
    ),
    "skip_map": Label(fr="Passer la carte", en="Skip the map"),
    "tile": Label(fr="{code} {place} : {rate}", en="{code} {place}: {rate}"),
    "tile_empty": Label(fr="{code} {place} : non montré", en="{code} {place}: not shown"),
    "step_none": Label(
        fr="non montré : trop peu de positifs pour les distinguer du bruit, ou population non estimée",
        en="not shown: too few positive to tell them from noise, or no estimate of inhabitants",
    ),
    "step_first": Label(fr="moins de {high}", en="under {high}"),
    "step": Label(fr="de {low} à moins de {high}", en="{low} to under {high}"),
    "step_last": Label(fr="{low} ou plus", en="{low} or more"),
    "inhabitants_from": Label(fr="Habitants au {day} :", en="Inhabitants on {day}:"),
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
    "expected": Label(fr="Estimation du chiffre définitif", en="Estimate of the final figure"),
    "key_estimates": Label(
        fr="En tirets : estimation du chiffre définitif et de sa moyenne, d’après la façon dont les jours précédents "
        "ont grandi ; bande : son intervalle à 95 %. Ce ne sont pas des résultats.",
        en="Dashed: estimate of the final figure and of its mean, from how earlier days grew; band: its interval of "
        "95%. These are no results.",
    ),
    "no_estimates": Label(
        fr="Pas d’estimation des chiffres définitifs : trop peu de jours sont publiés, ou ils sont trop petits, pour "
        "en faire une.",
        en="No estimate of final figures: too few days are published, or they are too small, to make one.",
    ),
    "threshold": Label(
        fr="La règle : {what}, positivité au-dessus de {percent} % pendant {weeks} semaines de suite, intervalle "
        "compris.",
        en="The rule: {what}, positivity above {percent}% for {weeks} weeks on end, with its whole interval.",
    ),
    "threshold_above": Label(
        fr="Seuil épidémique dépassé depuis la semaine du lundi {since}.",
        en="Epidemic threshold exceeded since the week of Monday {since}.",
    ),
    "threshold_below": Label(fr="Seuil épidémique non atteint.", en="Epidemic threshold not reached."),
    "threshold_unsure": Label(
        fr="Seuil épidémique : trop près, ou depuis trop peu de semaines, pour le dire.",
        en="Epidemic threshold: too near, or for too few weeks, to tell.",
    ),
    "threshold_unknown": Label(
        fr="Seuil épidémique : la positivité des dernières semaines n’est pas connue.",
        en="Epidemic threshold: the positivity of the last weeks is not known.",
    ),
    "no_threshold": Label(
        fr="Pas de seuil épidémique : aucune règle n’a été trouvée pour ce test, et un seuil calculé sur les saisons "
        "passées demande des années de chiffres.",
        en="No epidemic threshold: no rule was found for this test, and one computed from past seasons needs years of "
        "figures.",
    ),
    "unreviewed": Label(
        fr="Aucun épidémiologiste n’a encore relu cette règle.", en="No epidemiologist has reviewed this rule yet."
    ),
    "quality_title": Label(
        fr="Tests rapides en officine : qualité des envois", en="Rapid tests in pharmacies: quality of what is sent"
    ),
    "quality_reading": Label(
        fr="Tout ce qui suit est fait des chiffres publiés, avec leur bruit : aucune officine n’y est nommée.",
        en="All that follows is made of published figures, with their noise: no pharmacy is named.",
    ),
    "too_few": Label(
        fr="Rien n’est publié, ou trop peu pour que le bruit n’en soit pas une grande part.",
        en="Nothing is published, or so little that noise would be a great part of it.",
    ),
    "back": Label(fr="Ce qui circule", en="What spreads"),
    "silence": Label(
        fr="{silent} officines n’ont rien envoyé le {day} ; {sent} ont signé au moins un résultat.",
        en="{silent} pharmacies sent nothing on {day}; {sent} signed at least one result.",
    ),
    "silence_title": Label(fr="Officines silencieuses", en="Silent pharmacies"),
    "sent": Label(fr="Ont signé", en="Signed"),
    "silent": Label(fr="Silencieuses", en="Silent"),
    "usual": Label(
        fr="Silencieuses le même jour des quatre semaines précédentes, moyenne",
        en="Silent on that weekday of the four weeks before, mean",
    ),
    "date": Label(fr="Jour", en="Day"),
    "week": Label(fr="Semaine du lundi", en="Week of Monday"),
    "untold_title": Label(
        fr="Ce qui n’est pas dit, en part des résultats", en="What is not told, as a share of findings"
    ),
    "untold_homes": Label(fr="Département du domicile", en="Département of the home"),
    "untold_motives": Label(fr="Motif du test", en="Reason of the test"),
    "untold_sexes": Label(fr="Sexe", en="Sex"),
    "lots_title": Label(
        fr="Lots de kits : positivité des quatre dernières semaines", en="Lots of kits: positivity of four weeks"
    ),
    "lots_reading": Label(
        fr="Un lot se distingue quand son intervalle n’a rien de commun avec celui du lot médian de son kit. C’est un "
        "signal à vérifier, non une preuve : un lot peut aussi avoir servi là où il y avait plus de malades.",
        en="A lot stands out where its interval has nothing in common with that of its kit’s median lot. It is a "
        "signal to look into, not a proof: a lot may have been used where more people were ill.",
    ),
    "typical": Label(fr="Lot médian du kit", en="Median lot of the kit"),
    "verdict": Label(fr="Comparaison", en="Comparison"),
    "lot_above": Label(fr="plus de positifs que le lot médian", en="more positives than the median lot"),
    "lot_below": Label(fr="moins de positifs que le lot médian", en="fewer positives than the median lot"),
    "lot_alike": Label(fr="comme le lot médian", en="like the median lot"),
    "lot_alone": Label(fr="moins de trois lots à comparer", en="fewer than three lots to compare"),
    "source": Label(fr="Source :", en="Source:"),
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
        fr="L’incidence par âge : les populations par âge ne sont pas reprises. Les communes : une surface plus petite "
        "exige plus de bruit.",
        en="Incidence by age: populations by age are not taken over. Communes: a smaller area asks for more noise.",
    ),
}
