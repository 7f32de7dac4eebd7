"""Words of each language that say nothing alone about what somebody wants: grammar, politeness, "it does not work".

Folded: lower case, no accents, no apostrophes. A word that a catalog could be about ("broken", "slow") is not here.
"""

from __future__ import annotations

from typing import Final

_ENGLISH: Final = """
a able again all also am an and any anymore are at be because been but by can could did do does doing for from get
gets getting give got had has have hello help hey hi how i id if im in into is issue issues it its ive just keep keeps
like longer m may me my need needed needs new of on one or our please pls problem problems properly really s seem
seems should so some somehow something still t thank thanks that the them then there these they thing this to today
too trouble trying us use using very want was we what when where which who why will with work worked working works
would yet you your
"""
_GERMAN: Final = """
aber alle als also am an auch auf aus bei bekomme bekommen benotige bin bitte brauch brauche brauchen da danke das dass
dem den der des die dies diese diesen dieser doch durch ein eine einem einen einer eines einfach er es etwas fur
funktioniert funktionieren funzt ganz gar geben geht gehen gern gerne gibt haben habe hab hallo hatte hat hi hier hilfe
ich ihr im immer in ins ist kann kannst klappt komme kommen kommt konnen konnte kriege lauft leider mal man mehr mein
meine meinem meinen meiner meines mich mir mit mochte muss nach neu neue neuem neuen neuer neues noch nun nur oder
problem probleme schon sehr seit sich sie sind so soll tut um und uns unser unsere vom von war warum was welche wenn wer
werden wie wieder will wir wird wo wollte zu zum zur
"""
FUNCTION_WORDS: Final = {"en": frozenset(_ENGLISH.split()), "de": frozenset(_GERMAN.split())}
"""By language (ISO 639)."""

_NOT: Final = {
    "en": "arent canot cannot cant couldnt didnt doesent doesnt dont hasnt isnt never no not nothing unable wont",
    "de": "kein keine keinem keinen keiner nciht nich nicht nichts nie niht nirgends",
}
NEGATIONS: Final = {language: frozenset(words.split()) for language, words in _NOT.items()}
"""By language, with how fast fingers write them: these say that something fails, and nothing of what."""
