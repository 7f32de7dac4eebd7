"""Whether an attribute that was not read is not there: what may not be read looks the same."""

from __future__ import annotations

from typing import Final

from selfserve.connectors.ldap.answers import Code
from selfserve.connectors.ldap.client import DirectoryClient
from selfserve.connectors.ldap.errors import UnreadableError
from selfserve.connectors.ldap.lookup import Lookup, Person
from selfserve.languages.messages import msg

LOOKS: Final = 2
"""Somebody may set the attribute between the look at the entry and the question whether it has it."""
NOTHING: Final = "0"
"""What an attribute is compared with where only the answer's code matters."""


def certain(client: DirectoryClient, lookup: Lookup, person: Person, attribute: str, host: str | None = None) -> Person:
    """`person`, who was read with `attribute`, read anew where that came meanwhile: without a value of it they have
    none, told by `host` where one is named. Raises UnreadableError where the directory does not tell, and
    EntryNotFoundError.

    A filter is undefined where its attribute may not be searched, and so is its negation (RFC 4511, section 4.5.1.7):
    only an entry that has no such attribute fits.
    """
    for look in range(LOOKS):
        if shows(person, attribute) or client.read(person.dn, (), f"(!({attribute}=*))", host) is not None:
            return person
        if look < LOOKS - 1:
            person = lookup.again(person.dn, host, (attribute,))
    if client.ask(person.dn, attribute, NOTHING, host).code in (Code.NO_SUCH_ATTRIBUTE, Code.UNKNOWN_ATTRIBUTE):
        return person
    raise UnreadableError(
        msg(
            "The directory does not show whether {person} has {attribute}. Let the service account read that "
            "attribute.",
            person=person.dn,
            attribute=attribute,
        )
    )


def shows(person: Person, attribute: str) -> bool:
    """True where the attribute was read, or the same with an option (RFC 4512, section 2.5), which the filter finds as
    well."""
    name = attribute.lower()
    return any(one == name or one.startswith(f"{name};") for one in person.entry.attributes)
