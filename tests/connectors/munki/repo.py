"""A Munki repository in a folder, as an administrator would have it: comments, keys we do not know, other people's
items."""

from __future__ import annotations

import plistlib
from pathlib import Path

SERIAL = "C02XK1ABCD"
MANIFEST = f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- {SERIAL}: Ana's MacBook, kept by hand -->
<plist version="1.0">
<dict>
    <key>catalogs</key>
    <array>
        <string>testing</string>
        <string>production</string>
    </array>
    <key>x_house_tag</key>
    <dict><key>managed_installs</key><array><string>decoy</string></array></dict>
    <key>managed_installs</key>
    <array>
        <string>Zoom</string>  <!-- since 2021 -->
        <string>BBEdit &amp; friends</string>
    </array>
    <key>conditional_items</key>
    <array>
        <dict>
            <key>condition</key><string>machine_type == "laptop"</string>
            <key>managed_installs</key><array><string>Battery</string></array>
        </dict>
    </array>
    <key>optional_installs</key>
    <array/>
    <key>featured_items</key>
    <array><string>Zoom</string></array>
    <key>included_manifests</key>
    <array>
        <string>site_default</string>
    </array>
</dict>
</plist>
"""
ITEMS = [
    {"name": "Slack", "version": "4.1", "display_name": "Slack for Mac", "uninstallable": True},
    {"name": "Zoom", "version": "6.0", "display_name": "Zoom", "uninstallable": True},
    {"name": "Firefox", "version": "128.0", "uninstallable": True},
    {"name": "Agent & Co", "version": "1", "uninstallable": False},
]


def make_repo(folder: Path) -> Path:
    """The repository's folder: one device, one more manifest, two catalogs."""
    for name in ("manifests", "catalogs", "pkgs", "pkgsinfo"):
        (folder / name).mkdir(parents=True)
    (folder / "manifests" / SERIAL).write_text(MANIFEST)
    (folder / "manifests" / "site_default").write_bytes(plistlib.dumps({"catalogs": ["production"]}))
    (folder / "catalogs" / "testing").write_bytes(plistlib.dumps([]))
    (folder / "catalogs" / "production").write_bytes(plistlib.dumps(ITEMS))
    return folder


def manifest(repo: Path, name: str = SERIAL) -> bytes:
    return (repo / "manifests" / name).read_bytes()
