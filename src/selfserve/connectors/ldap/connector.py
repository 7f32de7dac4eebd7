"""The directory as a connector: memberships, attributes, unlock and reset, on any OpenLDAP-like server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel

from selfserve.connectors.contract import (
    Action,
    Blocked,
    ChoicesAway,
    Connector,
    Context,
    Failed,
    FailureKind,
    Finding,
    Observation,
    Options,
    Outcome,
    Plan,
    Ports,
    State,
)
from selfserve.connectors.ldap import names
from selfserve.connectors.ldap.attribute import AttributeArgs, SetAttribute, not_writable_attribute
from selfserve.connectors.ldap.client import DirectoryClient
from selfserve.connectors.ldap.deed import CustomerArgs, Deed, Desk
from selfserve.connectors.ldap.errors import AmbiguousEntryError, DirectoryError, EntryNotFoundError
from selfserve.connectors.ldap.groups import Groups
from selfserve.connectors.ldap.known import Known
from selfserve.connectors.ldap.lookup import Lookup
from selfserve.connectors.ldap.membership import Membership, MembershipArgs, not_writable_group
from selfserve.connectors.ldap.names import fold
from selfserve.connectors.ldap.pins import Pins
from selfserve.connectors.ldap.reset import ResetPassword
from selfserve.connectors.ldap.rights import check_rights
from selfserve.connectors.ldap.settings import LdapSettings
from selfserve.connectors.ldap.unlock import Unlock
from selfserve.languages.messages import msg

R = TypeVar("R")

ACTIONS: Mapping[str, Action[Any]] = MappingProxyType(
    {
        action.name: action
        for action in (
            Action("add_member", MembershipArgs, msg("You get access"), quick=True, idempotent=True),
            Action("remove_member", MembershipArgs, msg("Your access ends"), quick=True, idempotent=True),
            Action("set_attribute", AttributeArgs, msg("Your directory entry changes"), quick=True, idempotent=True),
            Action(
                "unlock", CustomerArgs, msg("Your account is unlocked"),
                quick=True, idempotent=True, undoable=False, lasting=False,
            ),
            Action(
                "reset_password", CustomerArgs, msg("You get a temporary password"),
                quick=True, undoable=False, lasting=False, secret_result=True,
            ),
        )
    }
)  # fmt: skip


class LdapConnector(Connector):
    """See `LdapSettings` for its section of the configuration."""

    kind = "ldap"
    Settings = LdapSettings
    actions: ClassVar[Mapping[str, Action[Any]]] = ACTIONS

    def __init__(self, name: str, settings: LdapSettings, ports: Ports) -> None:
        super().__init__(name, settings, ports)
        now = ports.now or _utc_now
        self.client = DirectoryClient(settings)
        lookup = Lookup(self.client, settings, now)
        desk = Desk(self.client, lookup, settings, Pins(now), Known(now))
        self._groups = Groups(self.client, settings, now)
        self._deeds: dict[str, Deed[Any]] = {
            "add_member": Membership(desk, member=True),
            "remove_member": Membership(desk, member=False),
            "set_attribute": SetAttribute(desk),
            "unlock": Unlock(desk),
            "reset_password": ResetPassword(desk),
        }

    @classmethod
    def joins_group(cls, action: str, args: Mapping[str, Any], group: str, settings: Any = None) -> bool | None:
        """By name, however it is spelt and whatever branch its DN is in; a group that an answer chooses may be any that
        is writable."""
        if action != "add_member":
            return False
        named = args.get("group")
        if isinstance(named, str):
            return _called(named) == _called(group)
        known = isinstance(settings, LdapSettings)
        return None if not known or settings.could_write_group(group) else False

    @classmethod
    def forbidden(cls, action: str, args: Mapping[str, Any], settings: Any = None) -> Mapping[str, str]:
        """Groups outside of `writable_groups`, attributes outside of `writable_attributes`.

        Of groups nothing is said while none at all is writable, as in a fresh installation: `check` says that once.
        """
        if not isinstance(settings, LdapSettings):
            return {}
        group, attribute = args.get("group"), args.get("attribute")
        if action in ("add_member", "remove_member") and isinstance(group, str):
            fits = not settings.writable_groups or settings.could_write_group(group)
            return {} if fits else {"group": str(not_writable_group(group))}
        if action == "set_attribute" and isinstance(attribute, str):
            fits = settings.may_write_attribute(attribute)
            return {} if fits else {"attribute": str(not_writable_attribute(attribute))}
        return {}

    def check(self) -> list[Finding]:
        return [*self.client.check(), *check_rights(self.client, self.settings)]

    def options(self, action: str, field: str, query: str, cursor: str | None = None) -> Options:
        """Groups a catalog item may write into, and attributes it may set."""
        try:
            return self._groups.options(action, field, query, cursor)
        except DirectoryError as error:
            raise ChoicesAway(error.failed()) from error

    def resource(self, action: str, args: BaseModel) -> str:
        """One name by what the entries are known by wherever they are moved; by the words of the form where the
        directory has no such entry or several, and none while it cannot be asked."""

        def nameless(error: DirectoryError) -> str:
            answered = isinstance(error, (EntryNotFoundError, AmbiguousEntryError))
            return f"?{action}:{fold(args.model_dump_json())}" if answered else ""

        return _guarded(lambda: self._deeds[action].resource(args), nameless)

    def displaces(self, action: str, args: BaseModel, other: BaseModel) -> bool:
        """An attribute has one value."""
        if not isinstance(args, AttributeArgs) or not isinstance(other, AttributeArgs):
            return False
        return args.place == other.place and args.value != other.value

    def plan(self, action: str, args: BaseModel) -> Plan:
        def blocked(error: DirectoryError) -> Plan:
            title = self.actions[action].title
            nobody = error.kind in (FailureKind.NOT_FOUND, FailureKind.AMBIGUOUS)
            blocked = Blocked(error.words, for_good=nobody, away=not nobody)
            return Plan(f"{title}.", f"{title}: {args.model_dump_json()}.", blocked)

        return _guarded(lambda: self._deeds[action].plan(args), blocked)

    def apply(self, action: str, args: BaseModel, ctx: Context) -> Outcome:
        late = self._late(ctx)
        return late or _guarded(lambda: self._deeds[action].apply(args, ctx), DirectoryError.failed)

    def observe(self, action: str, args: BaseModel, state: State) -> Observation:
        def unknowable(error: DirectoryError) -> Observation:
            return Observation.failed(error.failed())

        return _guarded(lambda: self._deeds[action].observe(args, state), unknowable)

    def undo(self, action: str, args: BaseModel, state: State, ctx: Context) -> Outcome:
        late = self._late(ctx)
        return late or _guarded(lambda: self._deeds[action].undo(args, state, ctx), DirectoryError.failed)

    def close(self) -> None:
        self.client.close()

    @staticmethod
    def _late(ctx: Context) -> Failed | None:
        if ctx.now() < ctx.deadline:
            return None
        return Failed(FailureKind.TRANSIENT, msg("The time for this attempt was over before anything was sent."))


def _called(group: str) -> str:
    return names.fold(names.leaf(group) if names.is_dn(group) else group)


def _guarded(work: Callable[[], R], otherwise: Callable[[DirectoryError], R]) -> R:
    try:
        return work()
    except DirectoryError as error:
        return otherwise(error)


def _utc_now() -> datetime:
    return datetime.now(UTC)
