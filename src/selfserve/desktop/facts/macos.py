"""macOS: `system_profiler`, `sw_vers`, `fdesetup`, `sysctl`, `route`; all run without rights."""

from __future__ import annotations

import json
import re
from typing import Any

from selfserve.desktop.facts import Ask, Facts, known, line, seconds


def facts(ask: Ask) -> Facts:
    """What a Mac says of itself."""
    hardware, version = _hardware(ask), _pairs(ask.run("/usr/bin/sw_vers"))
    name, number = version.get("ProductName", "macOS"), version.get("ProductVersion", "")
    return Facts(
        platform="macos",
        name=line(ask.run("/usr/sbin/scutil", "--get", "ComputerName")),
        serial=known(hardware.get("serial_number")),
        model=_model(hardware),
        system=line(f"{name} {number}"),
        version=line(number),
        build=line(version.get("BuildVersion", "")),
        encrypted=_encrypted(ask.run("/usr/bin/fdesetup", "status")),
        uptime=_uptime(ask.run("/usr/sbin/sysctl", "-n", "kern.boottime"), ask.now()),
        network=_network(ask),
    )


def _hardware(ask: Ask) -> dict[str, Any]:
    try:
        told = json.loads(ask.run("/usr/sbin/system_profiler", "SPHardwareDataType", "-json"))
        found = told["SPHardwareDataType"][0]
    except (ValueError, RecursionError, LookupError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _model(hardware: dict[str, Any]) -> str:
    name, code = known(hardware.get("machine_name")), known(hardware.get("machine_model"))
    return line(f"{name} ({code})") if name and code else name or code


def _pairs(text: str) -> dict[str, str]:
    rows = (row.partition(":") for row in text.splitlines())
    return {name.strip(): value.strip() for name, colon, value in rows if colon}


def _encrypted(text: str) -> bool | None:
    """FileVault; while it encrypts for the first time, it is not."""
    if re.search(r"^Encryption in progress", text, re.MULTILINE):
        return False
    found = re.search(r"^FileVault is (On|Off)\b", text, re.MULTILINE)
    return None if found is None else found[1] == "On"


def _uptime(text: str, now: float) -> int | None:
    """`{ sec = 1764480000, usec = 0 } Mon Nov 30 …`"""
    found = re.search(r"\bsec = (\d{1,12})", text)
    return None if found is None else seconds(now - int(found[1]))


def _network(ask: Ask) -> str:
    found = re.search(r"^\s*interface: ([a-z0-9]{1,15})$", ask.run("/sbin/route", "-n", "get", "default"), re.MULTILINE)
    if found is None:
        return ""
    if found[1].startswith(("utun", "ppp", "ipsec")):
        return "vpn"
    ports = ask.run("/usr/sbin/networksetup", "-listallhardwareports")
    port = re.search(rf"^Hardware Port: (.{{1,80}})\nDevice: {found[1]}$", ports, re.MULTILINE)
    return "wifi" if port is not None and port[1] in ("Wi-Fi", "AirPort") else "wired"
