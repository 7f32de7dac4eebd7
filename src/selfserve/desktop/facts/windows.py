"""Windows: one PowerShell for all (each costs a second), with what needs no rights; `manage-bde` where it answers."""

from __future__ import annotations

import json
import re
from typing import Any

from selfserve.desktop.facts import Ask, Facts, known, line, seconds

POWERSHELL = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"
MANAGE_BDE = r"C:\Windows\System32\manage-bde.exe"
SCRIPT = (
    "[Console]::OutputEncoding=[Text.Encoding]::UTF8;$o=Get-CimInstance Win32_OperatingSystem;"
    "$c=Get-CimInstance Win32_ComputerSystem;$b=Get-CimInstance Win32_BIOS;"
    "$p=(New-Object -ComObject Shell.Application).NameSpace($env:SystemDrive).Self"
    ".ExtendedProperty('System.Volume.BitLockerProtection');"
    "$r=Get-NetRoute -DestinationPrefix '0.0.0.0/0' -ErrorAction SilentlyContinue|Sort-Object RouteMetric|"
    "Select-Object -First 1;"
    "$a=if($r){Get-NetAdapter -InterfaceIndex $r.ifIndex -ErrorAction SilentlyContinue};"
    "@{Caption=$o.Caption;Version=$o.Version;BuildNumber=$o.BuildNumber;"
    "Uptime=[int64]((Get-Date)-$o.LastBootUpTime).TotalSeconds;Name=$c.Name;Manufacturer=$c.Manufacturer;"
    "Model=$c.Model;SerialNumber=$b.SerialNumber;BitLocker=$p;Medium=$a.PhysicalMediaType;"
    "Virtual=$a.Virtual}|ConvertTo-Json -Compress"
)


def facts(ask: Ask) -> Facts:
    """What a Windows machine says of itself."""
    told = _told(ask.run(POWERSHELL, "-NoProfile", "-NonInteractive", "-Command", SCRIPT))
    maker, model = known(told.get("Manufacturer")), known(told.get("Model"))
    return Facts(
        platform="windows",
        name=line(told.get("Name")),
        serial=known(told.get("SerialNumber")),
        model=line(f"{maker} {model}") if model and not model.startswith(maker) else model or maker,
        system=line(told.get("Caption")) or "Windows",
        version=line(told.get("Version")),
        build=line(told.get("BuildNumber")),
        encrypted=_encrypted(told.get("BitLocker"), ask),
        uptime=seconds(told.get("Uptime")),
        network=_network(told),
    )


def _told(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _encrypted(shell: object, ask: Ask) -> bool | None:
    """1 is protected; 2 (off), 3 (encrypting), 4 (decrypting), 5 (suspended) and 6 (locked) are not; else ask again."""
    if isinstance(shell, int) and not isinstance(shell, bool) and 1 <= shell <= 6:
        return shell == 1
    found = re.search(
        r"^\s*(?:Protection Status|Schutzstatus):\s*(.{1,80})$", ask.run(MANAGE_BDE, "-status", "C:"), re.MULTILINE
    )
    if found is None:
        return None
    said = found[1].strip().rstrip(".").lower()
    return {"protection on": True, "der schutz ist aktiviert": True}.get(
        said, False if said in ("protection off", "der schutz ist deaktiviert") else None
    )


def _network(told: dict[str, Any]) -> str:
    medium = line(told.get("Medium"))
    if told.get("Virtual") is True:
        return "vpn"
    if medium in ("Native 802.11", "Wireless LAN"):
        return "wifi"
    return "wired" if medium == "802.3" else ""
