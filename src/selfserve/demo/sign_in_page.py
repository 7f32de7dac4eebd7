"""The demo provider's only screen, in the product's look: plain HTML, inline style, not one script."""

from __future__ import annotations

import secrets
from html import escape
from string import Template
from urllib.parse import urlencode, urlsplit

from starlette.datastructures import QueryParams
from starlette.responses import HTMLResponse

from selfserve.demo.company import Company, Person

_STYLE = """
@font-face { font-family: "Inter Variable"; src: url(look/inter-ext.woff2) format("woff2"); font-weight: 100 900;
  font-display: swap; unicode-range: U+0100-02BA, U+1E00-1E9F, U+20A0-20AB, U+2C60-2C7F, U+A720-A7FF; }
@font-face { font-family: "Inter Variable"; src: url(look/inter.woff2) format("woff2"); font-weight: 100 900;
  font-display: swap; unicode-range: U+0000-00FF, U+0131, U+0152-0153, U+2000-206F, U+20AC, U+2122; }
:root { color-scheme: light dark; --ground: #f7f7f8; --surface: #fff; --raised: #fff; --sunken: #f1f1f3;
  --line: #e4e5e9; --text: #16181d; --muted: #5c6270; --field: #8b909c; --ink: #16181d; --on-ink: #fff;
  --ink-hover: #2c303a; --accent: #1f4fd8; --bad: #c2281d; --bad-soft: #fdecea; --violet: #6b3fd4;
  --violet-soft: #f0eafc; --shadow: 0 1px 2px rgb(15 23 42 / .05); }
@media (prefers-color-scheme: dark) { :root { --ground: #0d0e11; --surface: #15171b; --raised: #1b1d22;
  --sunken: #1d2026; --line: #25282f; --text: #eceef2; --muted: #9aa1af; --field: #6d7482; --ink: #eceef2;
  --on-ink: #111317; --ink-hover: #fff; --accent: #86a5ff; --bad: #ff8a80; --bad-soft: #331a19; --violet: #b69cff;
  --violet-soft: #231c3a; --shadow: none; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 56px 16px; background: var(--ground); color: var(--text); font: .875rem/1.5
  "Inter Variable", system-ui, sans-serif; letter-spacing: -.006em; font-feature-settings: "cv11", "ss03";
  -webkit-font-smoothing: antialiased; }
main { display: grid; grid-template-columns: 320px minmax(0, 1fr); gap: 16px; max-width: 860px; margin: 0 auto;
  align-items: start; }
header { grid-column: 1 / -1; display: flex; align-items: center; gap: 14px; margin-bottom: 12px; }
header img { width: 40px; height: 40px; }
h1 { margin: 0; font-size: 1.625rem; line-height: 1.25; font-weight: 640; letter-spacing: -.022em; }
h2 { margin: 0 0 4px; font-size: .9375rem; line-height: 1.4; font-weight: 620; letter-spacing: -.011em; }
p { margin: 0; color: var(--muted); }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: 14px; padding: 24px;
  box-shadow: var(--shadow); }
label { display: block; margin: 14px 0 6px; font-weight: 550; }
input { width: 100%; min-height: 40px; padding: 8px 12px; font: inherit; letter-spacing: inherit; color: inherit;
  background: var(--raised); border: 1px solid var(--field); border-radius: 6px; }
input:focus-visible { outline: none; border-color: var(--accent);
  box-shadow: 0 0 0 3px color-mix(in srgb, var(--accent) 14%, var(--surface)); }
input[aria-invalid=true] { border-color: var(--bad); }
button { width: 100%; min-height: 40px; margin-top: 20px; font: inherit; letter-spacing: inherit; font-weight: 550;
  color: var(--on-ink); background: var(--ink); border: 0; border-radius: 6px; cursor: pointer; }
button:hover { background: var(--ink-hover); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.bad { color: var(--bad); background: var(--bad-soft); border-radius: 6px; padding: 8px 12px; margin-top: 10px; }
ul { list-style: none; margin: 14px -8px -8px; padding: 0; display: grid; gap: 2px;
  grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); }
li a { display: flex; gap: 12px; align-items: center; padding: 8px; border-radius: 10px; color: inherit;
  text-decoration: none; }
li a:hover, li a[aria-current] { background: var(--sunken); }
li b { display: block; font-weight: 600; letter-spacing: -.011em; }
li small { display: block; font-size: .8125rem; color: var(--muted); }
.face { flex: none; width: 32px; height: 32px; border-radius: 50%; display: grid; place-items: center;
  font-size: .75rem; font-weight: 600; background: var(--violet-soft); color: var(--violet); }
@media (max-width: 720px) { body { padding: 24px 16px; } main { grid-template-columns: minmax(0, 1fr); } }
"""
"""The product's own colours, sizes and font (`web/static/app.css`): this is the first page that is seen."""

LOOKS = ("inter.woff2", "inter-ext.woff2", "favicon.svg")
"""Files of the pages that this one shows as well; the provider serves them below `/look/`."""

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<link rel="icon" href="look/favicon.svg">
<style nonce="$nonce">$style</style>
</head>
<body>
<main>
$content
</main>
</body>
</html>
""")

_SIGN_IN = Template("""<header><img src="look/favicon.svg" alt="">
<div><h1>Sign in to $company</h1><p>A sample company: pick somebody, or type.</p></div></header>
<section class="card" aria-labelledby="who">
<h2 id="who">Your account</h2>
$alert
<form method="post">
<label for="login">Name</label>
<input id="login" name="login" value="$login" autocomplete="username" autocapitalize="none" spellcheck="false"
 required$invalid$focus_login>
<label for="password">Password</label>
<input id="password" name="password" type="password" value="$password" autocomplete="current-password" required$invalid>
<button$focus_button>Sign in</button>
</form>
</section>
<nav class="card" aria-labelledby="people">
<h2 id="people">Sample people</h2>
<p>One click fills in name and password.</p>
<ul>
$people
</ul>
</nav>""")

_ALERT = (
    '<p class="bad" id="refused" role="alert">That did not work. Check name and password; after three wrong tries '
    "the account locks.</p>"
)


def sign_in_page(
    company: Company, asked: QueryParams, *, login: str, fill: bool, refused: bool = False
) -> HTMLResponse:
    """The page for one authorization request; `fill` puts in the sample password, `refused` tells a failure."""
    person = company.person(login) if fill else None
    content = _SIGN_IN.substitute(
        company=escape(company.name),
        login=escape(login),
        password=escape(person.password) if person else "",
        alert=_ALERT if refused else "",
        invalid=' aria-invalid="true" aria-describedby="refused"' if refused else "",
        focus_login="" if person else " autofocus",
        focus_button=" autofocus" if person else "",
        people="\n".join(_choice(one, asked, chosen=one is person) for one in company.people),
    )
    target = urlsplit(asked["redirect_uri"])
    # Browsers apply form-action to where the answer to the form redirects, so the client's origin belongs in it.
    return _page(f"Sign in to {company.name}", content, 401 if refused else 200, f"{target.scheme}://{target.netloc}")


def message_page(title: str, words: str, status: int) -> HTMLResponse:
    """A page that only tells something."""
    content = f'<section class="card"><h1>{escape(title)}</h1><p>{escape(words)}</p></section>'
    return _page(title, content, status)


def _choice(person: Person, asked: QueryParams, *, chosen: bool) -> str:
    kept = [(name, value) for name, value in asked.multi_items() if name != "login_hint"]
    link = "?" + urlencode([*kept, ("login_hint", person.login)])
    initials = person.given_name[:1] + person.surname[:1]
    current = ' aria-current="true"' if chosen else ""
    return (
        f'<li><a href="{escape(link)}"{current}><span class="face" aria-hidden="true">{escape(initials)}</span>'
        f"<span><b>{escape(person.name)}</b><small>{escape(person.title)}</small></span></a></li>"
    )


def _page(title: str, content: str, status: int, form_target: str = "") -> HTMLResponse:
    nonce = secrets.token_urlsafe(16)
    policy = (
        f"default-src 'none'; img-src 'self'; font-src 'self'; style-src 'nonce-{nonce}'; "
        f"form-action 'self' {form_target}; base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    body = _PAGE.substitute(title=escape(title), nonce=nonce, style=_STYLE, content=content)
    return HTMLResponse(body, status, headers)
