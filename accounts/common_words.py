"""Words that many German passwords are made of, which zxcvbn does not know, the most common first."""

_TEXT = """
passwort kennwort geheim passwort1 hallo willkommen schatz ichliebedich qwertz qwertzuiop qwertzuiopü asdfghjklö
asdfghjklöä yxcvbnm yxcvbn 1qay2wsx 1qay 2wsx 3edc qayxsw hallo1 hallohallo geheimnis geheimwort zugang anmeldung
anmelden einloggen benutzer benutzername nutzer administrator verwaltung kunde kunden kundendienst firma arbeit
arbeiten büro chef kollege kollegin abteilung kontakt telefon rechner computer drucker internet sommer winter herbst
frühling frühjahr weihnachten ostern silvester neujahr urlaub ferien feierabend wochenende januar jänner februar
märz april mai juni juli august september oktober november dezember montag dienstag mittwoch donnerstag freitag
samstag sonnabend sonntag heute morgen gestern guten gutenmorgen gutentag servus moin tschüss danke bitte liebe
ichliebe liebling schätzchen engel sonne sonnenschein mond stern sterne himmel blume rose mausi hase hasi bärchen
schnucki süße prinzessin prinz könig königin kaiser freundschaft freund freundin familie mama papa mutter vater oma
opa bruder schwester kinder baby hund katze pferd vogel fisch tiger löwe wolf adler drache fussball fußball bayern
münchen fcbayern dortmund borussia schalke schalke04 werder bremen hamburg hsv stpauli berlin köln frankfurt
stuttgart düsseldorf leipzig dresden hannover nürnberg essen duisburg bochum bonn mannheim karlsruhe wien graz linz
salzburg innsbruck zürich basel bern genf deutschland österreich schweiz europa überraschung geburtstag hochzeit
glück freiheit frieden hoffnung zukunft leben sommerzeit winterzeit haus garten küche auto motorrad fahrrad
werkstatt wagen schlüssel fenster tisch schokolade kaffee kuchen bier wasser milch brot käse apfel banane erdbeere
kirsche zitrone pizza nudeln schnitzel bratwurst rot blau grün gelb schwarz weiß braun orange eins zwei drei vier
fünf sechs sieben acht neun zehn der die das und ist nicht ein eine ich du wir mein meine dein deine sein für mit
von auf gut sehr neu neue musik gitarre klavier computerspiel schule schüler lehrer student universität
"""
COMMON_WORDS = tuple(_TEXT.split())
