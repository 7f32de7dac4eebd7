"""Our four connectors keep the promises every connector makes."""

from __future__ import annotations

import errno
import os
import plistlib
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.ldap.conftest import plain, settings_for
from tests.connectors.ldap.faults import before_next
from tests.connectors.ldap.test_unlock import lock
from tests.connectors.munki.repo import SERIAL, make_repo, manifest
from tests.connectors.seats.memory import MemorySeatStore
from tests.servers.slapd import Slapd
from tests.servers.tcp_fault import FaultProxy

from selfserve.connectors.conformance import Case, ConformanceSuite, context
from selfserve.connectors.contract import Connector, Done, Ports, SeatHolder
from selfserve.connectors.human import ChecklistArgs, HumanConnector, HumanSettings
from selfserve.connectors.ldap import LdapConnector, LdapSettings
from selfserve.connectors.ldap.attribute import AttributeArgs
from selfserve.connectors.ldap.deed import CustomerArgs
from selfserve.connectors.ldap.membership import MembershipArgs
from selfserve.connectors.munki import InstallArgs, MunkiConnector, MunkiSettings
from selfserve.connectors.seats import SeatArgs, SeatsConnector, SeatsSettings

CHANGING = {"entryCSN", "modifyTimestamp", "pwdChangedTime", "userPassword", "pwdHistory", "pwdReset", "modifiersName"}


class Directory(ConformanceSuite):
    """A real slapd behind a proxy that can lose answers."""

    action, write = "", "modify"
    member = False

    @pytest.fixture(autouse=True)
    def _target(self, slapd: Slapd, tcp_fault: Callable[[int], FaultProxy]) -> Any:
        self.slapd, self.proxy = slapd, tcp_fault(slapd.port)
        self.person = slapd.add_person()
        self.group = slapd.add_group(slapd.svc_dn, *([self.person.dn] if self.member else []))
        settings = LdapSettings(**settings_for(slapd, **plain(self.proxy.port), look_up_seconds=0))
        self.connector = LdapConnector("directory", settings, Ports())
        yield
        self.connector.close()

    def args(self) -> Any:
        return MembershipArgs(group=self.group, customer=self.person.uid)

    def case(self) -> Case:
        return Case(
            self.connector,
            self.action,
            self.args(),
            target=self.target,
            offline=self.proxy.offline,
            online=self.proxy.online,
            lose_answer=lambda: before_next(self.connector.client, self.write, self.proxy.lose_next_answer),
            take_rights=self.take_rights,
        )

    def target(self) -> Any:
        read = (self.slapd.attributes(self.person.dn), self.slapd.attributes(self.group))
        return [
            {name: sorted(values) for name, values in entry.items() if name not in CHANGING | {"memberOf"}}
            for entry in read
        ]

    def take_rights(self) -> None:
        """Somebody changed the service account's password."""
        wrong = LdapSettings(**settings_for(self.slapd, **plain(self.proxy.port), bind_password="another"))
        self.connector.close()
        self.connector.__init__("directory", wrong, Ports())  # type: ignore[misc]


class TestAddMember(Directory):
    action = "add_member"


class TestRemoveMember(Directory):
    action, member = "remove_member", True


class TestSetAttribute(Directory):
    action = "set_attribute"

    def args(self) -> Any:
        return AttributeArgs(customer=self.person.uid, attribute="description", value="Größe")


class TestUnlock(Directory):
    action = "unlock"

    def args(self) -> Any:
        return CustomerArgs(customer=self.person.uid)

    def case(self) -> Case:
        lock(self.slapd, self.person)
        return super().case()


class TestResetPassword(Directory):
    action, write = "reset_password", "set_password"

    def args(self) -> Any:
        return CustomerArgs(customer=self.person.uid)


class TestMunkiInstall(ConformanceSuite):
    """A repository folder; offline is a share that is not mounted."""

    action, item = "install", "Slack"

    @pytest.fixture(autouse=True)
    def _target(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.repo, self.patch = make_repo(tmp_path / "repo"), monkeypatch

    def case(self) -> Case:
        self.connector: Connector = MunkiConnector("munki", MunkiSettings(repo=self.repo), Ports())
        return Case(
            self.connector,
            self.action,
            InstallArgs(device=SERIAL, item=self.item),
            target=lambda: manifest(self.repo),
            offline=lambda: self.move("repo", "away"),
            online=lambda: self.move("away", "repo"),
            lose_answer=self.write_beforehand,
            take_rights=self.forbid,
        )

    def move(self, one: str, other: str) -> None:
        (self.repo.parent / one).rename(self.repo.parent / other)

    def write_beforehand(self) -> None:
        """The process died between the rename and the record: the manifest has it, nobody knows."""
        self.case().apply()

    def forbid(self) -> None:
        """Root may write everywhere, so the refusal comes from the call itself, as the kernel words it."""

        def denied(*_: Any, **__: Any) -> int:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

        self.patch.setattr(tempfile, "mkstemp", denied)


class TestMunkiUninstall(TestMunkiInstall):
    action, item = "uninstall", "Zoom"

    def case(self) -> Case:
        made = super().case()
        return replace(made, target=self.meaning)

    def meaning(self) -> Any:
        """The comment beside an item goes with it; all else must come back."""
        return plistlib.loads(manifest(self.repo))


class TestAssignSeat(ConformanceSuite):
    """A pool in a store that can go away."""

    action = "assign"
    pool: dict[str, Any] = {"label": "Figma editor", "total": 5}  # noqa: RUF012

    @pytest.fixture(autouse=True)
    def _target(self) -> None:
        self.store = MemorySeatStore()

    def case(self) -> Case:
        settings = SeatsSettings.model_validate({"pools": {"figma": self.pool}})
        self.connector = SeatsConnector("seats", settings, Ports(seats=self.store))
        self.connector.check()
        return Case(
            self.connector,
            self.action,
            SeatArgs(pool="figma", customer="ana"),
            target=self.target,
            offline=lambda: self.away(True),
            online=lambda: self.away(False),
            lose_answer=self.apply_beforehand,
            take_rights=self.no_pool,
        )

    def args(self) -> SeatArgs:
        return SeatArgs(pool="figma", customer="ana")

    def apply_beforehand(self) -> None:
        """The process died after the commit: the seat is taken, nobody knows."""
        self.connector.apply(self.action, self.args(), context())

    def target(self) -> Any:
        return self.store.figures("figma"), self.store.look("figma", "ana")

    def away(self, now: bool) -> None:
        self.store.away = now

    def no_pool(self) -> None:
        """An administrator took the pool out of the configuration."""
        self.connector.pools = {}


class TestAssignSeatToWhoIsKnown(TestAssignSeat):
    """By what never changes about them."""

    @pytest.fixture(autouse=True)
    def _target(self) -> None:
        self.store = MemorySeatStore()
        self.store.people = {"ana": SeatHolder("person-1", "ana"), "person-1": SeatHolder("person-1", "ana")}

    def target(self) -> Any:
        return self.store.figures("figma"), self.store.look("figma", "person-1")


class TestAssignKey(TestAssignSeat):
    pool = {"label": "IDE", "keys": "K-1\nK-2\nK-3"}  # noqa: RUF012


class TestReleaseSeat(TestAssignSeat):
    action = "release"

    def case(self) -> Case:
        made = super().case()
        self.connector.apply("assign", self.args(), context())
        return made

    def test_lost_rights_are_told_as_such(self) -> None:
        """The target is our own store, which refuses nobody: a pool that is not in the settings any more, which gives
        no seat, frees what it gave all the same."""
        case = self.case()
        self.no_pool()
        assert isinstance(case.apply(), Done)
        assert self.store.look("figma", "ana") is None


class TestChecklist(ConformanceSuite):
    """Reaches no target; everything is a human's turn."""

    def case(self) -> Case:
        args = ChecklistArgs.model_validate({"summary": "Laptop", "todo": [{"text": "Hand it over."}]})
        return Case(HumanConnector("human", HumanSettings(), Ports()), "checklist", args, target=lambda: None)
