"""Pages that must work when nothing else does: plain HTML in our look, without scripts, in the language of the browser.

Who comes here is not known yet: the browser says which language they read, the company where it says none of ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Self

from starlette.responses import HTMLResponse

from selfserve.languages.books import accepted, spoken
from selfserve.languages.reader import Reader
from selfserve.settings.colours import readable
from selfserve.settings.company import Brand
from selfserve.settings.model import Settings

LOGO, LOGO_DARK = "/brand/logo", "/brand/logo-dark"
_APPEARANCE = re.compile(r"(?:^|;\s*)selfserve-appearance=(light|dark)\b")
"""The cookie in which the frame keeps what somebody chose."""
_LIGHT = "--ground:#f7f7f8;--surface:#fff;--line:#e4e5e9;--text:#16181d;--muted:#5c6270;--ink:#16181d;--on-ink:#fff"
_DARK = (
    "--ground:#0d0e11;--surface:#15171b;--line:#25282f;--text:#eceef2;--muted:#9aa1af;--ink:#eceef2;--on-ink:#15171b"
)
_STYLE = """
@font-face{font-family:"Inter";src:url(/static/inter.woff2) format("woff2");font-weight:100 900;font-display:swap}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;background:var(--ground);color:var(--text);
font:400 14px/1.5 Inter,system-ui,sans-serif}
main{width:100%;max-width:420px;background:var(--surface);border:1px solid var(--line);border-radius:14px;padding:32px;
box-shadow:0 1px 2px rgb(0 0 0/.05)}
.brand{display:flex;align-items:center;gap:10px;margin:0 0 24px;color:var(--muted);font-weight:560}
.brand img{height:26px;max-width:120px;object-fit:contain}
h1{margin:0 0 8px;font-size:22px;line-height:1.25;font-weight:640;letter-spacing:-.01em;overflow-wrap:anywhere}
p{margin:0 0 8px}
.actions{display:flex;flex-wrap:wrap;gap:12px;margin-top:24px}
.act{display:inline-flex;align-items:center;justify-content:center;min-height:40px;padding:0 18px;border-radius:10px;
background:var(--ink);color:var(--on-ink);font:inherit;font-weight:560;text-decoration:none;border:0;cursor:pointer}
.act:focus-visible,a:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.help{margin:24px 0 0;padding-top:16px;border-top:1px solid var(--line);color:var(--muted)}
.facts{display:grid;grid-template-columns:auto 1fr;gap:8px 16px;margin:16px 0 0;padding:16px;border-radius:10px;
background:var(--ground);border:1px solid var(--line)}
.facts dt{color:var(--muted)}
.facts dd{margin:0;font-weight:560;overflow-wrap:anywhere}
.other{align-self:center;color:var(--muted);line-height:24px;padding:0 6px}
.links{display:flex;flex-wrap:wrap;gap:4px 16px;margin:8px 0 0}
.links:empty{display:none}
.links a{color:var(--accent);line-height:24px}
"""


@dataclass(frozen=True)
class Plain:
    """Makes such pages for one installation: its product's name, the company's, how to reach a human, and the language
    of the company."""

    brand: str
    company: str
    support: str
    language: str = "en"
    links: Mapping[str, str] = field(default_factory=dict)
    """More ways to a human: name to address."""
    accent: str = "#1f4fd8"
    logo: tuple[str, str] = ("", "")
    """Where the logo is, on light and on dark pages; empty for none, and for the same."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As an installation is set up."""
        company, brand = settings.company, settings.brand
        return cls(brand.name, company.name, company.help, company.language, brand.ways, brand.accent, logos(brand))

    def page(
        self,
        asked: Mapping[str, str],
        title: str,
        sentences: Sequence[str] = (),
        *,
        act: tuple[str, str] | None = None,
        post: bool = False,
        fields: Mapping[str, str] | None = None,
        other: tuple[str, str] | None = None,
        facts: Sequence[tuple[str, str]] = (),
        onward: str = "",
        status: int = 200,
    ) -> HTMLResponse:
        """A page with a heading, sentences, and at most one action (words, address), which is a link, or, with
        `post`, a button that sends `fields` along; `other` is the way out beside it.

        `facts` are names and what stands behind them. `onward` is where the browser goes by itself.
        `asked` are the headers of the request; `Message`s are told in the language they ask for.
        """
        to = self._reader(asked)
        heading = escape(to.tell(title))
        told = "".join(f"<p>{escape(to.tell(sentence))}</p>" for sentence in sentences)
        aside = f'<a class="other" href="{escape(other[1])}">{escape(to.tell(other[0]))}</a>' if other else ""
        action = _action(to.tell(act[0]), act[1], aside, fields or {}, post=post) if act else ""
        listed = "".join(f"<dt>{escape(to.tell(name))}</dt><dd>{escape(to.tell(what))}</dd>" for name, what in facts)
        told += f'<dl class="facts">{listed}</dl>' if facts else ""
        leads = f'<meta http-equiv="refresh" content="0;url={escape(onward)}">' if onward else ""
        needed = to.say("Need a human? {support}", support=to.tell(self.support))
        links = "".join(f'<a href="{escape(url)}">{escape(to.tell(name))}</a>' for name, url in self.links.items())
        help_line = f'<p class="help">{escape(needed)}</p><p class="links">{links}</p>' if self.support else ""
        name = f"{self.brand} · {self.company}" if self.company else self.brand
        chosen = _APPEARANCE.search(asked.get("cookie", ""))
        shown = chosen[1] if chosen else ""
        return HTMLResponse(
            f'<!doctype html><html lang="{to.language}"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{heading}</title>'
            f'{leads}<link rel="icon" href="/static/favicon.svg"><style>{self._colours(shown)}{_STYLE}</style></head>'
            f'<body><main><p class="brand">{self._drawn(shown)}{escape(name)}</p><h1>{heading}</h1>'
            f"{told}{action}{help_line}</main>"
            "</body></html>",
            status,
            {"Vary": "Accept-Language, Cookie"},
        )

    def _colours(self, shown: str) -> str:
        """The colours of what was chosen, else of what the system says."""
        light = f"{_LIGHT};--accent:{readable(self.accent, '#f7f7f8', 5.4)}"
        dark = f"{_DARK};--accent:{readable(self.accent, '#0d0e11', 8.0)}"
        if shown:
            return f":root{{color-scheme:{shown};{dark if shown == 'dark' else light}}}"
        return f":root{{color-scheme:light dark;{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"

    def _drawn(self, shown: str) -> str:
        light, dark = self.logo
        if not light:
            return ""
        if shown or not dark:
            return f'<img src="{dark if shown == "dark" and dark else light}" alt="">'
        by_system = f'<source srcset="{dark}" media="(prefers-color-scheme: dark)">'
        return f'<picture>{by_system}<img src="{light}" alt=""></picture>'

    def _reader(self, asked: Mapping[str, str]) -> Reader:
        return Reader(spoken(*accepted(asked.get("accept-language", "")), self.language))


def logos(brand: Brand) -> tuple[str, str]:
    """The addresses of the logo on light and on dark pages, empty where there is none."""
    return LOGO if brand.logo else "", LOGO_DARK if brand.logo and brand.logo_dark else ""


def _action(words: str, address: str, aside: str, fields: Mapping[str, str], *, post: bool) -> str:
    if post:
        kept = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(one)}">' for name, one in fields.items()
        )
        button = f'<button class="act" type="submit">{escape(words)}</button>'
        return f'<form class="actions" method="post" action="{escape(address)}">{kept}{button}{aside}</form>'
    return f'<div class="actions"><a class="act" href="{escape(address)}">{escape(words)}</a>{aside}</div>'
