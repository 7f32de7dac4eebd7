"""What a machine says of itself, from recorded answers of all three systems, and from missing, odd and hostile ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfserve.desktop import facts
from selfserve.desktop.facts import Facts, Machine, known, line, read
from selfserve.desktop.facts.windows import MANAGE_BDE, POWERSHELL
from selfserve.people.device_facts import MachineFacts

RECORDED = Path(__file__).parent / "recorded"
NOW = 1764566400.0


@dataclass(frozen=True)
class Recorded:
    """A machine that answers what was recorded; commands are named by their program and first word."""

    commands: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    there: frozenset[str] = frozenset()

    def run(self, *command: str) -> str:
        return self.commands.get(command[0], "")

    def text(self, path: str) -> str:
        return self.files.get(path, "")

    def exists(self, path: str) -> bool:
        return path in self.there

    def space(self) -> tuple[int, int] | None:
        return 120_000_000_000, 500_000_000_000

    def host(self) -> str:
        return "host"

    def now(self) -> float:
        return NOW

    def but(self, **commands: str) -> Recorded:
        """The same with other answers, by the last part of the program's path."""
        changed = {path: commands.get(Path(path).name.split("\\")[-1].split(".")[0].replace("-", "_"), text)
                   for path, text in self.commands.items()}  # fmt: skip
        return replace(self, commands=changed)


def recorded(name: str) -> str:
    return (RECORDED / name).read_text()


LINUX = Recorded(
    {
        "/usr/bin/lsblk": recorded("linux/lsblk.json"),
        "/usr/bin/hostnamectl": recorded("linux/hostnamectl.json"),
        "/usr/sbin/ip": recorded("linux/route.json"),
    },
    {
        "/etc/os-release": recorded("linux/os-release"),
        "/sys/class/dmi/id/sys_vendor": "LENOVO\n",
        "/sys/class/dmi/id/product_name": "21HDCTO1WW\n",
        "/sys/class/dmi/id/product_version": "ThinkPad X1 Carbon Gen 11\n",
        "/proc/uptime": "183742.51 1402311.08\n",
        "/proc/sys/kernel/osrelease": "6.1.0-28-amd64\n",
    },
    frozenset({"/sys/class/net/wlp0s20f3/wireless"}),
)
MAC = Recorded(
    {
        "/usr/sbin/system_profiler": recorded("macos/system_profiler.json"),
        "/usr/bin/sw_vers": recorded("macos/sw_vers"),
        "/usr/bin/fdesetup": recorded("macos/fdesetup"),
        "/usr/sbin/sysctl": recorded("macos/boottime"),
        "/sbin/route": recorded("macos/route"),
        "/usr/sbin/networksetup": recorded("macos/ports"),
        "/usr/sbin/scutil": "Ada’s MacBook Pro\n",
    }
)
WINDOWS = Recorded({POWERSHELL: recorded("windows/powershell.json"), MANAGE_BDE: recorded("windows/manage-bde")})
SPACE = {"free": 120_000_000_000, "total": 500_000_000_000}


def test_linux() -> None:
    """Without rights the serial number stays unknown on most machines; all else is there."""
    assert read(LINUX, "linux") == Facts(
        "linux", "ada-laptop", "", "LENOVO ThinkPad X1 Carbon Gen 11", "Debian GNU/Linux 12 (bookworm)", "12",
        "6.1.0-28-amd64", True, uptime=183742, network="wifi", **SPACE,
    )  # fmt: skip


def test_mac() -> None:
    """As `system_profiler`, `sw_vers`, `fdesetup`, `sysctl` and `route` of macOS 15 say it."""
    assert read(MAC, "darwin") == Facts(
        "macos", "Ada’s MacBook Pro", "C02FERN01", "MacBook Pro (Mac15,6)", "macOS 15.2", "15.2", "24C101", True,
        uptime=86400, network="wifi", **SPACE,
    )  # fmt: skip


def test_windows() -> None:
    """As one PowerShell of Windows 11 says it, without rights."""
    assert read(WINDOWS, "win32") == Facts(
        "windows", "ADA-LAPTOP", "7XK2Q94", "Dell Inc. Latitude 7450", "Microsoft Windows 11 Enterprise", "10.0.26100",
        "26100", True, uptime=183742, network="wifi", **SPACE,
    )  # fmt: skip


def devices(kind: str, where: object = "/") -> str:
    """`lsblk` of one disk with one part."""
    child = {"name": "sda1", "type": kind, "fstype": "ext4", "mountpoints": [where]}
    return json.dumps({"blockdevices": [{"name": "sda", "type": "disk", "mountpoints": [None], "children": [child]}]})


@pytest.mark.parametrize(
    ("text", "encrypted"),
    [
        (devices("part"), False),
        (devices("crypt"), True),
        (devices("part", "/home"), None),
        ("", None),
        ("no json", None),
        ("[]", None),
        ('{"blockdevices": 1}', None),
        ('{"blockdevices": [1, {"children": [null]}, {"mountpoints": "/"}]}', None),
        ("{" * 20_000, None),
    ],
)
def test_linux_says_whether_the_disk_is_encrypted_or_that_it_does_not_know(text: str, encrypted: bool | None) -> None:
    """Plain, encrypted, on another disk, a container, rubbish: a guess would be a lie."""
    assert read(LINUX.but(lsblk=text), "linux").encrypted is encrypted


@pytest.mark.parametrize(
    ("text", "encrypted"),
    [
        ("FileVault is Off.\n", False),
        ("FileVault is On.\nEncryption in progress: Percent completed = 23.4\n", False),
        ("FileVault is Off.\nDecryption in progress: Percent completed = 23.4\n", False),
        ("Error: Unable to determine FileVault status", None),
        ("FileVault is Only a name", None),
        ("", None),
    ],
)
def test_mac_says_whether_the_disk_is_encrypted(text: str, encrypted: bool | None) -> None:
    """While it is being encrypted, it is not."""
    assert read(MAC.but(fdesetup=text), "darwin").encrypted is encrypted


@pytest.mark.parametrize(
    ("shell", "bde", "encrypted"),
    [
        ("2", "", False),
        ("3", "", False),
        ("5", "", False),
        ("null", recorded("windows/manage-bde"), True),
        ("null", "    Schutzstatus:         Der Schutz ist aktiviert.\n", True),
        ("null", "    Protection Status:    Protection Off\n", False),
        ("null", "    Protection Status:    Unknown\n", None),
        ("0", "", None),
        ("true", "", None),
        ('"1"', "", None),
    ],
)
def test_windows_says_whether_the_disk_is_encrypted(shell: str, bde: str, encrypted: bool | None) -> None:
    """By the shell's number, which needs no rights, else by `manage-bde`, English and German."""
    told = recorded("windows/powershell.json").replace('"BitLocker":1', f'"BitLocker":{shell}')
    assert read(WINDOWS.but(powershell=told, manage_bde=bde), "win32").encrypted is encrypted


@pytest.mark.parametrize("device", ["tun0", "wg0", "eth0", "../../etc", "..", "x" * 40, 7, None])
def test_linux_names_the_way_out(device: object) -> None:
    """VPN and cable are told apart; a strange name leads to no file."""
    expected = {"tun0": "vpn", "wg0": "vpn", "eth0": "wired"}.get(str(device), "")
    assert read(LINUX.but(ip=json.dumps([{"dev": device}])), "linux").network == expected


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_a_machine_that_answers_nothing_is_no_fault(platform: str) -> None:
    """Everything unknown, and still to be sent."""
    found = read(Recorded(), platform)
    assert (found.serial, found.model, found.encrypted, found.uptime, found.network) == ("", "", None, None, "")
    assert found.name == "host"
    MachineFacts.model_validate(found.plain())


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
@given(text=st.text(max_size=400))
def test_whatever_is_answered_can_be_shown_and_sent(platform: str, text: str) -> None:
    """No command's answer breaks the app, hides signs, or is refused by the server."""

    class Odd(Recorded):
        def run(self, *command: str) -> str:
            return text

        def text(self, path: str) -> str:
            return text

    MachineFacts.model_validate(read(Odd(), platform).plain())


@pytest.mark.parametrize("platform", ["darwin", "win32"])
@given(
    told=st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=300),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    )
)
def test_whatever_json_is_answered_can_be_sent(platform: str, told: object) -> None:
    """Every key with every kind of value."""
    names = ("serial_number", "machine_name", "Caption", "Version", "Uptime", "Name", "Model", "BitLocker", "Medium")
    inner = dict.fromkeys(names, told)
    text = json.dumps({**inner, "SPHardwareDataType": [inner]})
    asked = Recorded({POWERSHELL: text, "/usr/sbin/system_profiler": text})
    MachineFacts.model_validate(read(asked, platform).plain())


@pytest.mark.parametrize(
    "filler",
    ["To be filled by O.E.M.", "Default string", "System Serial Number", "None", "0", "xxxxxxx", "N/A", "...."],
)
def test_what_makers_leave_is_no_serial_number(filler: str) -> None:
    """Two machines must not be one because both were never filled in."""
    assert known(filler) == ""
    assert known("C02FERN01") == "C02FERN01"


def test_a_line_hides_nothing() -> None:
    """Turned, hidden and endless text becomes one short line."""
    assert line("a\u202eb\u200bc\nd\0e") == "a b c d e"
    assert len(line("x" * 10_000)) == 120
    assert line(None) == ""


def test_this_very_machine_can_be_read() -> None:
    """Whatever it is: nothing is raised, and what comes can be sent."""
    found = read(Machine())
    assert found.platform == "linux"
    assert found.total is not None
    assert found.uptime is not None
    MachineFacts.model_validate(found.plain())


def test_a_command_that_is_missing_fails_or_hangs_is_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """No trace, no wait."""
    monkeypatch.setattr(facts, "TIMEOUT", 0.2)
    assert Machine().run("/nowhere/at-all") == ""
    assert Machine().run("/bin/false") == ""
    assert Machine().run("/bin/sleep", "5") == ""
    assert Machine().run("/bin/echo", "yes") == "yes\n"
    assert Machine().text("/nowhere/at-all") == ""


def test_an_account_without_a_home_has_no_space_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not known, and no mistake of the app."""

    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nowhere)
    assert Machine().space() is None
