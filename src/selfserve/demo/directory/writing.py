"""Add, delete and modify (RFC 4511, sections 4.6 to 4.8), with what OpenLDAP's overlays do beside them."""

from __future__ import annotations

from enum import IntEnum

from selfserve.demo.directory import values
from selfserve.demo.directory.checks import check_entry, check_members, check_values, check_writable, with_rdn
from selfserve.demo.directory.passwords import Passwords
from selfserve.demo.directory.requests import Add, Delete, Modify
from selfserve.demo.directory.results import Answer, Code, Refusal
from selfserve.demo.directory.rights import Requester, Rights
from selfserve.demo.directory.tree import Entry, Tree, name_of

_ANONYMOUS = "modifications require authentication"


class Change(IntEnum):
    """Kinds of change in a modify request."""

    ADD = 0
    DELETE = 1
    REPLACE = 2


class Writing:
    """The writing operations on one tree."""

    def __init__(self, tree: Tree, passwords: Passwords, rights: Rights) -> None:
        """Parts of one directory."""
        self._tree, self._passwords, self._rights = tree, passwords, rights

    def add(self, who: Requester, request: Add) -> Answer:
        """A new entry. Raises Refusal."""
        self._rights.require_name(who, _ANONYMOUS)
        self._rights.require_settled(who)
        entry = Entry(request.entry, name_of(request.entry))
        password: list[bytes] = []
        for name, found in request.attributes:
            check_writable(name)
            check_values(name, found)
            if name.lower() == "userpassword":
                password = found
            else:
                entry.put(name, found)
        self._insert(who, with_rdn(entry), password)
        return Answer()

    def _insert(self, who: Requester, entry: Entry, password: list[bytes]) -> None:
        if self._tree.find(entry.key) is None and self._tree.find(entry.key[1:]) is not None:
            self._require_branch(who, entry)
        if len(password) > 1:
            raise Refusal(Code.CONSTRAINT_VIOLATION, "Password policy only allows one password value")
        if password:
            self._passwords.change(entry, password[0])
        check_entry(entry)
        check_members(self._tree, entry, [])
        self._tree.insert(entry, who.dn)

    def delete(self, who: Requester, request: Delete) -> Answer:
        """Remove a leaf, and its name wherever a group or a person's manager names it. Raises Refusal."""
        self._rights.require_name(who, _ANONYMOUS)
        self._rights.require_settled(who)
        entry = self._tree.entry(request.entry)
        self._require_branch(who, entry)
        self._tree.remove(entry)
        for other in self._tree:
            for attribute in ("member", "manager"):
                self._forget(other, attribute, entry)
        return Answer()

    def _require_branch(self, who: Requester, entry: Entry) -> None:
        if not self._rights.may_write(who, entry.key):
            raise Refusal(Code.INSUFFICIENT_ACCESS_RIGHTS, "no write access to parent")

    def _forget(self, entry: Entry, attribute: str, gone: Entry) -> None:
        found = entry.get(attribute)
        left = [value for value in found if not values.same(attribute, value, gone.dn.encode())]
        if len(left) == len(found):
            return
        if not left and attribute == "member":
            # A group must not be empty: OpenLDAP's refint fills in `refint_nothing`, here the service account.
            left = [self._service_dn()]
        entry.put(entry.attributes[attribute][0], left)

    def _service_dn(self) -> bytes:
        service = self._tree.find(self._rights.service)
        assert service, "the service account hangs outside the branches in which anyone may delete"
        return service.dn.encode()

    def modify(self, who: Requester, request: Modify) -> Answer:
        """All changes or none. Raises Refusal."""
        self._rights.require_name(who, _ANONYMOUS)
        entry = self._tree.entry(request.entry)
        changed = Entry(entry.dn, entry.key, dict(entry.attributes))
        before = self._tree.members(entry)
        for kind, name, given in request.changes:
            self._require_attribute(who, entry, name)
            self._apply(changed, kind, name, given)
        check_entry(changed)
        check_members(self._tree, changed, before)
        entry.attributes = changed.attributes
        self._tree.touch(entry, who.dn)
        return Answer()

    def _require_attribute(self, who: Requester, entry: Entry, name: str) -> None:
        if name.lower() == "userpassword":
            allowed = self._rights.may_set_password(who, entry.key)
        else:
            self._rights.require_settled(who)
            allowed = self._rights.may_write(who, entry.key)
        if not allowed:
            raise Refusal(Code.INSUFFICIENT_ACCESS_RIGHTS)

    def _apply(self, entry: Entry, kind: int, name: str, given: list[bytes]) -> None:
        check_writable(name)
        check_values(name, given)
        if name.lower() == "userpassword":
            self._apply_password(entry, kind, given)
        elif kind == Change.ADD:
            _add_values(entry, name, given)
        elif kind == Change.DELETE:
            _delete_values(entry, name, given)
        elif kind == Change.REPLACE:
            entry.put(name, given)
        else:
            words = f"{name}: attribute syntax inappropriate for increment"
            raise Refusal(Code.CONSTRAINT_VIOLATION, words)

    def _apply_password(self, entry: Entry, kind: int, given: list[bytes]) -> None:
        if len(given) > 1:
            raise Refusal(Code.CONSTRAINT_VIOLATION, "Password policy only allows one password value")
        if kind == Change.DELETE:
            if given and not self._passwords.is_current(entry, given[0]):
                words = "Must supply correct old password to change to new one"
                raise Refusal(Code.UNWILLING_TO_PERFORM, words)
            self._passwords.remove(entry)
            return
        if kind == Change.ADD and entry.get("userpassword"):
            raise Refusal(Code.CONSTRAINT_VIOLATION, "Password policy only allows one password value")
        if given:
            self._passwords.change(entry, given[0])
        else:
            self._passwords.remove(entry)


def _add_values(entry: Entry, name: str, given: list[bytes]) -> None:
    if not given:
        raise Refusal(Code.PROTOCOL_ERROR, "modify/add operation requires values")
    key, found = name.lower(), list(entry.get(name.lower()))
    for number, value in enumerate(given):
        if not any(values.same(key, value, one) for one in found):
            found.append(value)
        else:
            words = f"modify/add: {name}: value #{number} already exists"
            raise Refusal(Code.ATTRIBUTE_OR_VALUE_EXISTS, words)
    entry.put(entry.attributes.get(key, (name, []))[0], found)


def _delete_values(entry: Entry, name: str, given: list[bytes]) -> None:
    key = name.lower()
    found = list(entry.get(key))
    if not found:
        raise Refusal(Code.NO_SUCH_ATTRIBUTE, f"modify/delete: {name}: no such attribute")
    for value in given:
        left = [one for one in found if not values.same(key, value, one)]
        if len(left) == len(found):
            raise Refusal(Code.NO_SUCH_ATTRIBUTE, f"modify/delete: {name}: no such value")
        found = left
    entry.put(entry.attributes.get(key, (name, []))[0], found if given else [])
    if key == "pwdaccountlockedtime" and not entry.get(key):
        # Only taking the lock away by name forgives the failures too; replacing it by nothing does not (slapd 2.5).
        entry.put("pwdFailureTime", [])
