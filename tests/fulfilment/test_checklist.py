"""What a person is asked to do is stored with what makes it in their language."""

from __future__ import annotations

import json

from selfserve.connectors.contract import Todo
from selfserve.fulfilment import checklist
from selfserve.languages.messages import Spoken, msg
from selfserve.languages.reader import Reader


def test_a_line_is_told_in_the_language_of_who_does_it() -> None:
    """A sentence of a connector, and text that was written in two languages; plain text stays as it is."""
    lines = [
        Todo(msg("Remove {person} from {group}.", person="ana", group="vpn")),
        Todo(Spoken.of("Lock it.", {"de": "Schließ ab."})),
        Todo("Take it from the shelf.", "serial"),
    ]
    stored = json.loads(json.dumps([checklist.stored(line) for line in lines]))
    told = [checklist.told(line) for line in stored]
    assert [line["text"] for line in told] == ["Remove ana from vpn.", "Lock it.", "Take it from the shelf."]
    german = [Reader("de").tell(line["text"]) for line in told]
    assert german == ["Entferne ana aus vpn.", "Schließ ab.", "Take it from the shelf."]
    assert told[2] == {"text": "Take it from the shelf.", "field": "serial", "secret": False, "required": True}
