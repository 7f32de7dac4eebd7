"""What tells a Linux desktop about the app: its entry, its start at sign-in, its page in software centres."""

from __future__ import annotations

from xml.sax.saxutils import escape

from selfserve.packaging.brand import Branding


def entry(branding: Branding, command: str) -> str:
    """The desktop entry (freedesktop.org desktop-entry-spec); `%u` hands over a link of the app's scheme.

    After `--` it is a link and nothing else, whatever it looks like.
    """
    app, package = branding.app, branding.package
    return (
        "[Desktop Entry]\nType=Application\n"
        f"Name={_value(app.name)}\nComment={_value(package.summary)}\n"
        f"Exec={command} -- %u\nIcon={app.id}\nTerminal=false\nStartupNotify=true\nStartupWMClass={app.id}\n"
        f"Categories=Utility;\nMimeType=x-scheme-handler/{app.scheme};\n"
    )


def autostart(branding: Branding, command: str) -> str:
    """The entry that starts the app at sign-in; whoever does not want it turns it off in their own session.

    It outlives a package that is removed and not purged; `TryExec` makes nothing of it then.
    """
    return (
        f"[Desktop Entry]\nType=Application\nName={_value(branding.app.name)}\nExec={command}\n"
        f"TryExec={command}\nIcon={branding.app.id}\nX-GNOME-Autostart-enabled=true\n"
    )


def _value(text: str) -> str:
    return text.replace("\\", "\\\\")


def metainfo(branding: Branding, version: str, day: str, icon_type: str, command: str) -> str:
    """The AppStream page (freedesktop.org/software/appstream); `day` is the release's, as 2026-11-30."""
    app, package = branding.app, branding.package
    home = f'\n  <url type="homepage">{escape(package.homepage)}</url>' if package.homepage else ""
    return f"""\
<?xml version="1.0" encoding="UTF-8"?>
<component type="desktop-application">
  <id>{app.id}</id>
  <metadata_license>CC0-1.0</metadata_license>
  <project_license>Apache-2.0</project_license>
  <name>{escape(app.name)}</name>
  <summary>{escape(package.summary)}</summary>
  <developer_name>{escape(package.publisher)}</developer_name>
  <description>
    <p>A window on your company's self-service: reset or unlock your access, get software, ask for a device or a
    membership, and follow what becomes of it.</p>
  </description>
  <categories>
    <category>Utility</category>
  </categories>
  <launchable type="desktop-id">{app.id}.desktop</launchable>
  <icon type="{icon_type}">{app.id}</icon>{home}
  <provides>
    <binary>{command}</binary>
  </provides>
  <content_rating type="oars-1.1"/>
  <releases>
    <release version="{escape(version)}" date="{day}"/>
  </releases>
</component>
"""
