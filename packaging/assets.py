"""Builds the icons, the font and the morph of the pages from three npm packages (versions: package.json beside this).

    npm install --prefix packaging
    python packaging/assets.py packaging/node_modules

What it writes is committed, so that an installation needs neither npm nor the network.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parent
STATIC = HERE.parent / "src" / "selfserve" / "web" / "static"
NAMES = HERE.parent / "src" / "selfserve" / "catalog" / "icons.txt"
STROKE = 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'
FONTS = {"inter-latin-wght-normal": "inter.woff2", "inter-latin-ext-wght-normal": "inter-ext.woff2"}


def main(modules: Path) -> None:
    """Write sprite, fonts and their licences into the static folder."""
    names = wanted(NAMES)
    (STATIC / "icons.svg").write_text(sprite(modules / "lucide-static" / "icons", names))
    inter = modules / "@fontsource-variable" / "inter"
    for source, target in FONTS.items():
        shutil.copyfile(inter / "files" / f"{source}.woff2", STATIC / target)
    idiomorph = modules / "idiomorph"
    (STATIC / "idiomorph.js").write_text(module(idiomorph / "dist" / "idiomorph.min.js", "Idiomorph"))
    folders = {"Lucide": modules / "lucide-static", "Inter": inter, "idiomorph": idiomorph}
    (STATIC / "LICENSES.md").write_text(licences({name: folder / "LICENSE" for name, folder in folders.items()}))


def wanted(listed: Path) -> list[str]:
    """The names of the list, sorted, each once."""
    lines = (line.strip() for line in listed.read_text().splitlines())
    return sorted({line for line in lines if line and not line.startswith("#")})


def sprite(icons: Path, names: list[str]) -> str:
    """One SVG with a symbol for each name."""
    symbols = (symbol(name, (icons / f"{name}.svg").read_text()) for name in names)
    return "\n".join(['<svg xmlns="http://www.w3.org/2000/svg">', *symbols, "</svg>", ""])


def symbol(name: str, source: str) -> str:
    """The drawing of one Lucide file, drawn in the colour of the text around it."""
    inner = re.sub(r"(?s)^.*?<svg[^>]*>|</svg>\s*$|<!--.*?-->", "", source)
    drawing = re.sub(r"\n\s*", "", inner).strip()
    return f'<symbol id="{name}" viewBox="0 0 24 24"><g {STROKE}>{drawing}</g></symbol>'


def module(script: Path, name: str) -> str:
    """A script that makes one name, for those who import it."""
    return f"{script.read_text().strip()}\nexport default {name};\n"


def licences(found: Mapping[str, Path]) -> str:
    """What came from where, with the words of each licence."""
    words = "\n\n".join(f"## {name}\n\n```\n{path.read_text().strip()}\n```" for name, path in found.items())
    return (
        "# Third-party files in this folder\n\n"
        "| file | from | licence |\n|---|---|---|\n"
        "| `icons.svg` | npm `lucide-static` | ISC (parts: MIT, Feather) |\n"
        "| `inter.woff2`, `inter-ext.woff2` | npm `@fontsource-variable/inter` | SIL Open Font License 1.1 |\n"
        "| `idiomorph.js` | npm `idiomorph` | BSD Zero Clause License |\n\n"
        f"Everything else here is part of selfserve and under its licence.\n\n{words}\n"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
