"""Who may do what: the service account writes, customers change their own password, nobody unnamed reads."""

from __future__ import annotations

from dataclasses import dataclass

from selfserve.demo.directory.names import Name
from selfserve.demo.directory.results import Code, Refusal


@dataclass(frozen=True, slots=True)
class Requester:
    """Whom a connection is bound as; `must_change` allows nothing but a new password of one's own."""

    dn: str = ""
    key: Name = ()
    must_change: bool = False

    @property
    def anonymous(self) -> bool:
        """True before a successful bind."""
        return not self.key


@dataclass(frozen=True, slots=True)
class Rights:
    """The rules for one tree: `writable` are the branches in which the service account writes."""

    service: Name
    writable: tuple[Name, ...]

    def require_read(self, who: Requester) -> None:
        """Refuse whoever is not bound as if there were nothing, or must choose a password first."""
        if who.anonymous:
            raise Refusal(Code.NO_SUCH_OBJECT)
        self.require_settled(who)

    def require_settled(self, who: Requester) -> None:
        """Refuse whoever must choose a new password before anything else."""
        if who.must_change:
            words = "Operations are restricted to bind/unbind/abandon/StartTLS/modify password"
            raise Refusal(Code.INSUFFICIENT_ACCESS_RIGHTS, words)

    def require_name(self, who: Requester, words: str) -> None:
        """Refuse whoever is not bound."""
        if who.anonymous:
            raise Refusal(Code.STRONGER_AUTH_REQUIRED, words)

    def may_write(self, who: Requester, key: Name) -> bool:
        """True where the requester may change an entry, or add and delete it."""
        return who.key == self.service and any(key[-len(one) :] == one and len(key) > len(one) for one in self.writable)

    def may_set_password(self, who: Requester, key: Name) -> bool:
        """True for one's own password, and for the service account in its branches."""
        return who.key == key or self.may_write(who, key)

    def unlimited(self, who: Requester) -> bool:
        """True where no size limit of the server's holds."""
        return who.key == self.service
