"""The app's own pages: they need no server, load nothing, and show even when nothing else works.

What a page can do is named by words ("retry"); it proves itself by a secret that only the page of this moment holds, so
that no page of a server can press the app's buttons.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from selfserve.desktop.brand import Brand, Help
from selfserve.desktop.words import Speaker

_STYLE = """
:root{color-scheme:light dark;--ground:#f7f7f8;--surface:#fff;--line:#e4e5e9;--text:#16181d;--muted:#5c6270;
--ink:#16181d;--on-ink:#fff;--accent:ACCENT_LIGHT;--warn:#8a4b00}
@media (prefers-color-scheme:dark){:root{--ground:#0d0e11;--surface:#15171b;--line:#25282f;--text:#eceef2;
--muted:#9aa1af;--ink:#eceef2;--on-ink:#15171b;--accent:ACCENT_DARK;--warn:#f0b563}}
*{box-sizing:border-box}
html,body{height:100%}
body{margin:0;min-height:100%;display:grid;place-items:center;padding:24px;background:var(--ground);color:var(--text);
font:400 14px/1.5 Inter,system-ui,"Segoe UI",Cantarell,"Noto Sans",sans-serif;-webkit-user-select:text;user-select:text}
main{width:100%;max-width:460px;background:var(--surface);border:1px solid var(--line);border-radius:14px;padding:32px;
box-shadow:0 1px 2px rgb(0 0 0/.05)}
.brand{margin:0 0 24px;color:var(--muted);font-weight:560}
h1{margin:0 0 8px;font-size:22px;line-height:1.25;font-weight:640;letter-spacing:-.01em;overflow-wrap:anywhere}
p{margin:0 0 8px;overflow-wrap:anywhere}
.muted,.detail{color:var(--muted)}
.detail{margin-top:16px;font-size:12px}
.hint{margin:16px 0 0;padding:12px 16px;border:1px solid var(--line);border-left:3px solid var(--warn);
border-radius:6px}
.signs{margin:16px 0 0;padding:16px;border-radius:10px;background:var(--ground);border:1px solid var(--line);
font:640 24px/1.2 ui-monospace,"Cascadia Mono",Menlo,"DejaVu Sans Mono",monospace;letter-spacing:.12em;
text-align:center}
.address{margin:16px 0 0;padding:12px;border-radius:10px;background:var(--ground);border:1px solid var(--line);
font:12px/1.5 ui-monospace,Menlo,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:auto 1fr;gap:8px 16px;margin:16px 0;padding:16px;border-radius:10px;
background:var(--ground);border:1px solid var(--line)}
dt{color:var(--muted)}
dd{margin:0;font-weight:560;overflow-wrap:anywhere;text-align:right}
.acts{display:flex;flex-wrap:wrap;gap:12px;margin-top:24px}
button{display:inline-flex;align-items:center;justify-content:center;min-height:40px;padding:0 18px;border-radius:10px;
border:1px solid var(--line);background:transparent;color:var(--text);font:inherit;font-weight:560;cursor:pointer}
button.first{background:var(--ink);border-color:var(--ink);color:var(--on-ink)}
button:focus-visible,a:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.help{margin:24px 0 0;padding-top:16px;border-top:1px solid var(--line);color:var(--muted)}
.help p{margin:0 0 4px}
.ways{display:flex;flex-wrap:wrap;gap:4px 16px}
.ways button{min-height:24px;padding:0;border:0;color:var(--accent);font-weight:400;border-radius:4px}
.still{height:3px;border-radius:2px;margin-top:24px;background:var(--line);overflow:hidden}
.still i{display:block;height:100%;width:30%;background:var(--muted);border-radius:2px;
animation:go 1.4s ease-in-out infinite}
@keyframes go{from{transform:translateX(-100%)}to{transform:translateX(340%)}}
@media (prefers-reduced-motion:reduce){.still i{animation:none;width:100%;opacity:.4}}
"""
_SCRIPT = """
function act(word){const go=()=>window.pywebview.api.act(SECRET,word);
window.pywebview?.api?.act?go():addEventListener('pywebviewready',go,{once:true})}
document.addEventListener('click',event=>{const button=event.target.closest('button[data-act]');
if(button){event.preventDefault();act(button.dataset.act)}});
"""


@dataclass(frozen=True)
class Act:
    """A button: what it says, and the word the app hears."""

    says: str
    word: str


@dataclass(frozen=True)
class Page:
    """One page of the app, as words; `name` is what tests and the log call it."""

    name: str
    title: str
    told: Sequence[str] = ()
    acts: Sequence[Act] = ()
    hints: Sequence[str] = ()
    signs: str = ""
    address: str = ""
    facts: Sequence[tuple[str, str]] = ()
    detail: str = ""
    after_facts: str = ""
    waits: bool = False
    decides: bool = False
    """Something is decided here, so that no button is a slip of Enter away."""
    links: Mapping[str, str] = field(default_factory=dict)
    """More ways out, beside those of the brand: what they say and the word the app hears."""


def render(page: Page, brand: Brand, to: Speaker, secret: str, *, helps: bool = True) -> str:
    """The page as HTML for the app's window."""
    parts = [f'<p class="brand">{escape(brand.name)}</p><h1>{escape(page.title)}</h1>']
    parts += [f"<p>{escape(sentence)}</p>" for sentence in page.told]
    parts.append(f'<p class="signs">{escape(page.signs)}</p>' if page.signs else "")
    parts.append(f'<p class="address">{escape(page.address)}</p>' if page.address else "")
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in page.facts)
    parts.append(f"<dl>{rows}</dl>" if rows else "")
    parts.append(f"<p>{escape(page.after_facts)}</p>" if page.after_facts else "")
    parts += [f'<p class="hint">{escape(hint)}</p>' for hint in page.hints]
    parts.append('<div class="still"><i></i></div>' if page.waits else "")
    buttons = "".join(_button(act, first=not at, held=page.decides) for at, act in enumerate(page.acts))
    parts.append(f'<div class="acts">{buttons}</div>' if buttons else "")
    parts.append(f'<p class="detail">{escape(to.say("details", detail=page.detail))}</p>' if page.detail else "")
    parts.append(_help(brand.help, page.links, to) if helps else "")
    script = _SCRIPT.replace("SECRET", _quoted(secret))
    return _document(page.title, "".join(parts), brand, to, f"<script>{script}</script>", page.name)


def plain(title: str, sentence: str, brand: Brand, to: Speaker) -> bytes:
    """A page for the browser that comes back to the app; without scripts."""
    inside = f'<p class="brand">{escape(brand.name)}</p><h1>{escape(title)}</h1><p>{escape(sentence)}</p>'
    return _document(title, inside, brand, to, "", "back").encode()


def _document(title: str, inside: str, brand: Brand, to: Speaker, script: str, name: str) -> str:
    light, dark = readable(brand.accent, "#f7f7f8"), readable(brand.accent, "#15171b")
    style = _STYLE.replace("ACCENT_LIGHT", light).replace("ACCENT_DARK", dark)
    return (
        f'<!doctype html><html lang="{to.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        "script-src 'unsafe-inline' 'unsafe-eval'\">"
        f"<title>{escape(title)}</title><style>{style}</style></head>"
        f'<body data-page="{escape(name)}"><main>{inside}</main>{script}</body></html>'
    )


def _button(act: Act, *, first: bool, held: bool) -> str:
    chosen = f' class="first"{"" if held else " autofocus"}' if first else ""
    return f'<button type="button"{chosen} data-act="{escape(act.word)}">{escape(act.says)}</button>'


def _help(human: Help, links: Mapping[str, str], to: Speaker) -> str:
    ways = dict(links)
    ways |= {human.phone: "help:phone"} if human.phone else {}
    ways |= {human.mail: "help:mail"} if human.mail else {}
    ways |= {human.url.removeprefix("https://"): "help:url"} if human.url else {}
    if not ways and not human.text:
        return ""
    said = f"<p>{escape(to.say('human'))} {escape(human.text)}</p>"
    buttons = "".join(
        f'<button type="button" data-act="{escape(word)}">{escape(says)}</button>' for says, word in ways.items()
    )
    return f'<div class="help">{said}<div class="ways">{buttons}</div></div>'


def _quoted(secret: str) -> str:
    """As a text in a script, which must not end the script."""
    return json.dumps(secret).replace("<", "\\u003c")


def readable(accent: str, ground: str) -> str:
    """The accent, or the nearest shade that can be read on the ground (contrast 4.5, WCAG 2.2)."""
    towards = 255 if _luminance(ground) < 0.2 else 0
    channels = [int(accent[at : at + 2], 16) for at in (1, 3, 5)]
    for step in range(21):
        mixed = [round(one + (towards - one) * step / 20) for one in channels]
        shade = "#" + "".join(f"{one:02x}" for one in mixed)
        lighter, darker = sorted((_luminance(shade), _luminance(ground)), reverse=True)
        if (lighter + 0.05) / (darker + 0.05) >= 4.5:
            return shade
    return "#" + f"{towards:02x}" * 3


def _luminance(colour: str) -> float:
    linear = []
    for at, weight in zip((1, 3, 5), (0.2126, 0.7152, 0.0722), strict=True):
        value = int(colour[at : at + 2], 16) / 255
        linear.append(weight * (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4))
    return sum(linear)
