"""What an entry must look like to be stored."""

from __future__ import annotations

from selfserve.demo.directory import names, schema, values
from selfserve.demo.directory.names import Name
from selfserve.demo.directory.results import Code, Refusal
from selfserve.demo.directory.tree import Entry, Tree


def check_writable(name: str) -> None:
    """Refuse attributes that do not exist and those only the directory writes."""
    if not schema.known(name.lower()):
        raise Refusal(Code.UNDEFINED_ATTRIBUTE_TYPE, f"{name}: attribute type undefined")
    if name.lower() in schema.SERVER_SET:
        raise Refusal(Code.CONSTRAINT_VIOLATION, f"{name}: no user modification allowed")


def check_values(name: str, given: list[bytes]) -> None:
    """Refuse values of a wrong syntax, the same value twice, and several where one is allowed."""
    key = name.lower()
    seen = set()
    for number, value in enumerate(given):
        try:
            form = values.key(key, value)
        except values.NotOfSyntaxError:
            raise Refusal(Code.INVALID_ATTRIBUTE_SYNTAX, f"{name}: value #{number} invalid per syntax") from None
        if form in seen:
            words = f"{name}: value #{number} provided more than once"
            raise Refusal(Code.ATTRIBUTE_OR_VALUE_EXISTS, words)
        seen.add(form)
    if key in schema.SINGLE and len(given) > 1:
        raise Refusal(Code.CONSTRAINT_VIOLATION, f"{name}: multiple values provided")


def check_entry(entry: Entry) -> None:
    """Refuse an entry without an object class, without what its classes require, or without its own name in it."""
    classes = [value.decode("utf-8", "replace").lower() for value in entry.get("objectclass")]
    if not classes:
        raise Refusal(Code.OBJECT_CLASS_VIOLATION, "no objectClass attribute")
    for name in classes:
        if not schema.known_class(name):
            raise Refusal(Code.INVALID_ATTRIBUTE_SYNTAX, "objectClass: value #0 invalid per syntax")
    for name, attribute in schema.required(classes):
        if not entry.get(attribute.lower()):
            raise Refusal(Code.OBJECT_CLASS_VIOLATION, f"object class '{name}' requires attribute '{attribute}'")
    for name in schema.SINGLE:
        if len(entry.get(name)) > 1:
            raise Refusal(Code.CONSTRAINT_VIOLATION, f"{name}: multiple values provided")
    for name, value in entry.key[0]:
        if not any(values.same(name, one, value.encode()) for one in entry.get(name)):
            words = f"value of naming attribute '{name}' is not present in entry"
            raise Refusal(Code.NAMING_VIOLATION, words)


def check_members(tree: Tree, group: Entry, before: list[Name]) -> None:
    """Refuse a group that gained a member who does not exist (OpenLDAP's `memberof-dangling error`)."""
    for member in tree.members(group):
        if member not in before and member != group.key and tree.find(member) is None:
            raise Refusal(Code.CONSTRAINT_VIOLATION, "adding non-existing object as group member")


def with_rdn(entry: Entry) -> Entry:
    """The entry, its naming attributes added where they were left out, as OpenLDAP does."""
    for name, value in names.first_values(entry.dn):
        if not any(values.same(name.lower(), one, value.encode()) for one in entry.get(name.lower())):
            entry.put(name, [*entry.get(name.lower()), value.encode()])
    return entry
