"""The pages of the documentation, and what is written in them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def pages() -> list[Path]:
    """Every Markdown file of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode == 0:
        found = [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    else:  # an unpacked archive of the sources
        found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "catalog").rglob("*.md")]
    return sorted(found)


def section(page: str, heading: str) -> str:
    """The text below a heading of the page, up to the next one of its level or a higher one."""
    lines = (ROOT / page).read_text(encoding="utf-8").splitlines(keepends=True)
    level, found, inside, fenced = heading.count("#"), list[str](), False, False
    for line in lines:
        fenced ^= line.startswith("```")
        if not fenced and re.match(rf"#{{1,{level}}} ", line):
            inside = line.rstrip() == heading
        elif inside:
            found.append(line)
    assert found, f"{page} has no {heading!r}"
    return "".join(found)


def fences(text: str) -> list[tuple[str, str]]:
    """Every fenced block with its language, empty where it names none."""
    return re.findall(r"(?ms)^```(\w*)\n(.*?)^```$", text)


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return [block for named, block in fences(text) if named == language]


def shell_lines(text: str) -> list[str]:
    """The commands of all shell blocks, without what is given to them by here-documents, continued lines as one."""
    lines: list[str] = []
    for block in [*blocks(text, "sh"), *blocks(text, "")]:
        bare = re.sub(r"(?ms)<<'(\w+)'\n.*?^\1$", "", block).replace("\\\n", " ")
        lines += [line.strip() for line in bare.splitlines() if line.strip() and not line.strip().startswith("#")]
    return lines
