"""The words of a page, in the language of whoever it is open for.

A page is built, and its events are handled, within NiceGUI's client: so what is said there needs no reader handed
through every function. Work in threads has no client; there, sentences are made with `languages.messages.msg` and told
by the page.
"""

from __future__ import annotations

from copy import copy
from typing import get_args
from weakref import WeakKeyDictionary

from nicegui import Client, ui
from nicegui.language import Language

from selfserve.languages.messages import Plain
from selfserve.languages.reader import Reader

_READERS: WeakKeyDictionary[Client, Reader] = WeakKeyDictionary()
_ANYBODY = Reader()
QUASAR: frozenset[Language] = frozenset(get_args(Language))
"""The languages that Quasar speaks too."""


def speak(client: Client, reader: Reader) -> None:
    """From now on the page speaks to `reader`, and says so in its `<html lang>`."""
    _READERS[client] = reader
    client.page = copy(client.page)  # the page itself is shared by all who have it open
    client.page.language = next((code for code in QUASAR if code == reader.language), "en-GB")


def reader() -> Reader:
    """Whoever reads the page at hand."""
    return _READERS.get(ui.context.client, _ANYBODY)


def say(text: str, /, **values: Plain) -> str:
    """A sentence in the language of the page: see `Reader.say`."""
    return reader().say(text, **values)


def say_n(one: str, many: str, count: int, /, **values: Plain) -> str:
    """A sentence that counts: see `Reader.say_n`."""
    return reader().say_n(one, many, count, **values)


def tell(words: str) -> str:
    """Words made elsewhere: see `Reader.tell`."""
    return reader().tell(words)
