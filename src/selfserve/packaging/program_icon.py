"""The brand's icon as Windows and macOS want it in a program: pictures of several sizes in one file."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from selfserve.packaging.problems import CannotPackage

WINDOWS = (16, 32, 48, 64, 128, 256)
MACOS = {16: b"icp4", 32: b"icp5", 64: b"icp6", 128: b"ic07", 256: b"ic08", 512: b"ic09"}
"""Sizes that hold a PNG, and what Apple calls them (Apple's Icon Services)."""
DRAWS = "rsvg-convert"
Draw = Callable[[Path, int], bytes]
"""From an SVG and a width to a PNG."""


def program_icon(icon: Path, folder: Path, platform: str, draw: Draw | None = None) -> Path | None:
    """Write the program's icon into `folder`; None on Linux, which has none in a program.

    None as well, with a sentence on standard error, where the icon does not fit and nothing here draws another: then
    the program bears PyInstaller's.
    """
    sizes = {"win32": WINDOWS, "darwin": tuple(MACOS)}.get(platform)
    if sizes is None:
        return None
    draw = draw or (drawn if shutil.which(DRAWS) else None)
    if icon.suffix == ".png":
        content = icon.read_bytes()
        width = int.from_bytes(content[16:20], "big")
        pictures = {width: content} if width in sizes else {}
    else:
        pictures = {size: draw(icon, size) for size in sizes} if draw else {}
    if not pictures:
        listed = ", ".join(map(str, sizes))
        sys.stderr.write(
            f"{icon.name} cannot be the program's own icon, which is PyInstaller's now: install {DRAWS} for an SVG, or "
            f"name a PNG of {listed} pixels.\n"
        )
        return None
    made = folder / ("program.ico" if platform == "win32" else "program.icns")
    made.write_bytes(ico(pictures) if platform == "win32" else icns(pictures))
    return made


def drawn(icon: Path, size: int) -> bytes:
    """The SVG drawn by librsvg's program; raises CannotPackage where it cannot."""
    command = [DRAWS, "--width", str(size), "--height", str(size), "--keep-aspect-ratio", str(icon)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise CannotPackage(f"{DRAWS} cannot draw {icon.name}: {done.stderr.decode(errors='replace').strip()[:200]}.")
    return done.stdout


def ico(pictures: Mapping[int, bytes]) -> bytes:
    """Windows' file of PNGs by their width (ICONDIR; a width of 256 is written as 0)."""
    place, heads, whole = 6 + 16 * len(pictures), b"", b""
    for size, content in sorted(pictures.items()):
        heads += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(content), place + len(whole))
        whole += content
    return struct.pack("<HHH", 0, 1, len(pictures)) + heads + whole


def icns(pictures: Mapping[int, bytes]) -> bytes:
    """macOS' file of PNGs by their width."""
    parts = b"".join(
        MACOS[size] + struct.pack(">I", len(content) + 8) + content for size, content in sorted(pictures.items())
    )
    return b"icns" + struct.pack(">I", len(parts) + 8) + parts
