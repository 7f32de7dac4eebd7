"""Linux: files of the kernel, `lsblk`, `hostnamectl`, `ip`; all readable without rights."""

from __future__ import annotations

import json
import re
from typing import Any

from selfserve.desktop.facts import Ask, Facts, known, line, seconds

_DMI = "/sys/class/dmi/id"
_INTERFACE = re.compile(r"[A-Za-z0-9_.:-]{1,15}", re.ASCII)


def facts(ask: Ask) -> Facts:
    """What a Linux machine says of itself."""
    release, host = _release(ask.text("/etc/os-release")), _object(ask.run("/usr/bin/hostnamectl", "--json=short"))
    return Facts(
        platform="linux",
        name=line(host.get("StaticHostname")),
        serial=known(ask.text(f"{_DMI}/product_serial")) or known(host.get("HardwareSerial")),
        model=_model(ask, host),
        system=line(release.get("PRETTY_NAME", "")) or "Linux",
        version=line(release.get("VERSION_ID", "")),
        build=line(ask.text("/proc/sys/kernel/osrelease")),
        encrypted=_encrypted(_object(ask.run("/usr/bin/lsblk", "--json", "-o", "NAME,TYPE,FSTYPE,MOUNTPOINTS"))),
        uptime=_uptime(ask.text("/proc/uptime")),
        network=_network(ask),
    )


def _model(ask: Ask, host: dict[str, Any]) -> str:
    maker = known(ask.text(f"{_DMI}/sys_vendor")) or known(host.get("HardwareVendor"))
    # Lenovo writes a part number into the name of the product, and what people call it into the version.
    named = known(ask.text(f"{_DMI}/product_version")) if maker == "LENOVO" else ""
    model = named or known(ask.text(f"{_DMI}/product_name")) or known(host.get("HardwareModel"))
    return line(f"{maker} {model}") if model and not model.startswith(maker) else model or maker


def _release(text: str) -> dict[str, str]:
    """os-release (freedesktop.org): `NAME="value"`, one a line."""
    found = {}
    for row in text.splitlines():
        name, equals, value = row.partition("=")
        if equals and re.fullmatch(r"[A-Z_]{1,40}", name.strip()):
            found[name.strip()] = value.strip().strip("\"'")
    return found


def _object(text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _encrypted(told: dict[str, Any]) -> bool | None:
    """Whether `/` stands on an encrypted device; None where it is on none that is known (a container, a network)."""
    return _root(told.get("blockdevices"), within=False, deep=0)


def _root(devices: object, *, within: bool, deep: int) -> bool | None:
    if not isinstance(devices, list) or deep > 12:
        return None
    for one in devices:
        if not isinstance(one, dict):
            continue
        inside = within or one.get("type") == "crypt" or one.get("fstype") == "crypto_LUKS"
        mounts = one.get("mountpoints")
        if isinstance(mounts, list) and "/" in mounts:
            return inside
        found = _root(one.get("children"), within=inside, deep=deep + 1)
        if found is not None:
            return found
    return None


def _uptime(text: str) -> int | None:
    try:
        return seconds(float(text.split()[0]))
    except (ValueError, IndexError):
        return None


def _network(ask: Ask) -> str:
    """How the way out begins: `wired`, `wifi` or `vpn`; empty without one."""
    try:
        told = json.loads(ask.run("/usr/sbin/ip", "-json", "route", "show", "default"))
        name = told[0]["dev"]
    except (ValueError, RecursionError, LookupError, TypeError):
        return ""
    if not isinstance(name, str) or not _INTERFACE.fullmatch(name) or name in (".", ".."):
        return ""
    if name.startswith(("tun", "tap", "wg", "ppp", "vpn")):
        return "vpn"
    return "wifi" if ask.exists(f"/sys/class/net/{name}/wireless") else "wired"
