"""Colours that can be read: contrast as WCAG 2.2 measures it, and a shade of the accent that has enough of it."""

from __future__ import annotations

READABLE = 4.5
"""Contrast of text to its ground that WCAG 2.2 asks for at level AA (1.4.3)."""


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours `#rrggbb`, 1 to 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(accent: str, ground: str, ratio: float = READABLE) -> str:
    """`accent`, or the nearest shade of it towards black or white that can be read on `ground`."""
    towards = (255, 255, 255) if _luminance(ground) < 0.2 else (0, 0, 0)
    for step in range(21):
        shade = _mixed(accent, towards, step / 20)
        if contrast(shade, ground) >= ratio:
            return shade
    return "#" + "".join(f"{channel:02x}" for channel in towards)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in
              (channel / 255 for channel in _channels(colour))]  # fmt: skip
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _mixed(colour: str, towards: tuple[int, int, int], share: float) -> str:
    mixed = (round(one + (other - one) * share) for one, other in zip(_channels(colour), towards, strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)
