"""What Windows shows of a program's file under *Details*, as PyInstaller reads it: Python that is evaluated."""

from __future__ import annotations

from selfserve.desktop import VERSION
from selfserve.packaging.brand import Branding

ENGLISH, UNICODE = 1033, 1200


def version_info(branding: Branding) -> str:
    """The text; every word of the brand is a literal in it, in ASCII."""
    app, package = branding.app, branding.package
    number = (*(int(part) for part in VERSION.split(".")[:3]), package.revision)
    told = {
        "CompanyName": package.publisher,
        "FileDescription": app.name,
        "FileVersion": f"{VERSION}.{package.revision}",
        "InternalName": package.name,
        "OriginalFilename": f"{package.name}.exe",
        "ProductName": app.name,
        "ProductVersion": f"{VERSION}.{package.revision}",
    }
    lines = ", ".join(f"StringStruct({key!r}, {value!a})" for key, value in told.items())
    return (
        f"VSVersionInfo(ffi=FixedFileInfo(filevers={number}, prodvers={number}, mask=0x3F, flags=0x0, OS=0x40004, "
        "fileType=0x1, subtype=0x0, date=(0, 0)), kids=["
        f"StringFileInfo([StringTable('040904B0', [{lines}])]), "
        f"VarFileInfo([VarStruct('Translation', [{ENGLISH}, {UNICODE}])])])\n"
    )
