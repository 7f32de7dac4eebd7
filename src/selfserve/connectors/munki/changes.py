"""What installing and uninstalling change in a manifest, and how exactly that is taken back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from selfserve.connectors.contract import State
from selfserve.connectors.munki import plist
from selfserve.connectors.munki.repository import Edit, Manifest
from selfserve.connectors.munki.settings import InstallInto
from selfserve.languages.messages import msg

INSTALLS, UNINSTALLS = "managed_installs", "managed_uninstalls"


class ManifestChange(ABC):
    """One kind of change; `when` is when a Mac looks next, in words."""

    def __init__(self, key: str, when: str) -> None:
        self.key, self.when = key, when

    @abstractmethod
    def tell(self, label: str) -> str:
        """The truth for the customer: a manifest is a wish, the Mac fulfils it later."""

    @abstractmethod
    def tell_back(self, label: str) -> str:
        """The same for taking it back."""

    def there(self, manifest: Manifest, item: str) -> bool:
        """Whether the manifest is as wanted."""
        return item in manifest.items(self.key)

    def evidence(self, manifest: Manifest, item: str) -> State:
        """What was read, for staff."""
        return {self.key: item in manifest.items(self.key)}

    def state(self, manifest: Manifest, item: str) -> State:
        """What an attempt that found it done leaves."""
        return {"manifest": manifest.name}

    def edit(self, item: str, before: dict[str, Any]) -> Edit:
        """The edit that brings it about; fills `before` with what taking it back needs."""

        def one(content: bytes, document: plist.Document) -> bytes | None:
            if item in document.get(self.key, []):
                return None
            before.clear()
            before.update(added=True, made_list=self.key not in document)
            return plist.insert(content, self.key, item, None, "the manifest")

        return one

    def back(self, item: str, state: State) -> Edit:
        """The edit that restores what was before; None where it is so already."""

        def one(content: bytes, document: plist.Document) -> bytes | None:
            ours = state.get("added", "installs_index" not in state)
            if not ours or item not in document.get(self.key, []):
                return None
            made = bool(state.get("made_list"))
            return plist.remove(content, self.key, item, "the manifest", drop_empty=made)

        return one


class Install(ManifestChange):
    """Adds the item to the list the repository uses for installs."""

    def __init__(self, into: InstallInto, when: str) -> None:
        super().__init__(into.value, when)

    def tell(self, label: str) -> str:
        if self.key == InstallInto.OPTIONAL:
            return msg(
                "{label} is offered in Managed Software Center after your Mac's next check-in ({when}).",
                label=label,
                when=self.when,
            )
        return msg("{label} is installed at your Mac's next check-in ({when}).", label=label, when=self.when)

    def tell_back(self, label: str) -> str:
        return msg("Your Mac no longer gets {label} from us; what is installed stays until it is removed.", label=label)


class Uninstall(ManifestChange):
    """Adds the item to `managed_uninstalls` and takes it out of `managed_installs`, where Munki would fetch it
    again."""

    def __init__(self, when: str) -> None:
        super().__init__(UNINSTALLS, when)

    def tell(self, label: str) -> str:
        return msg("{label} is removed at your Mac's next check-in ({when}).", label=label, when=self.when)

    def tell_back(self, label: str) -> str:
        return msg("{label} is no longer removed from your Mac.", label=label)

    def there(self, manifest: Manifest, item: str) -> bool:
        return item in manifest.items(UNINSTALLS) and item not in manifest.items(INSTALLS)

    def evidence(self, manifest: Manifest, item: str) -> State:
        return {key: item in manifest.items(key) for key in (UNINSTALLS, INSTALLS)}

    def edit(self, item: str, before: dict[str, Any]) -> Edit:
        add = super().edit(item, before)

        def one(content: bytes, document: plist.Document) -> bytes | None:
            added = add(content, document)
            installs = document.get(INSTALLS, [])
            if item not in installs:
                return added
            before["installs_index"] = installs.index(item)
            return plist.remove(added or content, INSTALLS, item, "the manifest")

        return one

    def back(self, item: str, state: State) -> Edit:
        take = super().back(item, state)

        def one(content: bytes, document: plist.Document) -> bytes | None:
            taken = take(content, document)
            index = state.get("installs_index")
            if index is None or item in document.get(INSTALLS, []):
                return taken
            return plist.insert(taken or content, INSTALLS, item, int(index), "the manifest")

        return one
