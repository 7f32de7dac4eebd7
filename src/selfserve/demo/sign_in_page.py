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
:root { color-scheme: light dark; --ground: #f7f7f8; --surface: #fff; --line: #e4e5e9; --text: #16181d;
  --muted: #5c6270; --field: #868c99; --ink: #16181d; --on-ink: #fff; --accent: #1f4fd8; --bad: #c2281d; }
@media (prefers-color-scheme: dark) { :root { --ground: #0d0e11; --surface: #15171b; --line: #25282f; --text: #eceef2;
  --muted: #9aa1af; --field: #6d7380; --ink: #eceef2; --on-ink: #16181d; --accent: #86a5ff; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 48px 16px; background: var(--ground); color: var(--text);
  font: 14px/1.5 Inter, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { display: grid; grid-template-columns: 320px minmax(0, 1fr); gap: 16px; max-width: 860px; margin: 0 auto;
  align-items: start; }
header { grid-column: 1 / -1; display: flex; align-items: center; gap: 12px; margin-bottom: 8px; }
.mark { width: 38px; height: 38px; border-radius: 10px; background: var(--ink); color: var(--on-ink); display: grid;
  place-items: center; font-weight: 640; font-size: 18px; }
h1 { margin: 0; font-size: 20px; line-height: 28px; font-weight: 640; letter-spacing: -.01em; }
h2 { margin: 0 0 4px; font-size: 14px; font-weight: 640; }
p { margin: 0; color: var(--muted); }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: 14px; padding: 20px;
  box-shadow: 0 1px 1px rgb(0 0 0 / .04); }
label { display: block; margin: 12px 0 4px; font-weight: 560; }
input { width: 100%; height: 40px; padding: 0 12px; font: inherit; color: inherit; background: var(--surface);
  border: 1px solid var(--field); border-radius: 10px; }
button { width: 100%; height: 40px; margin-top: 20px; font: inherit; font-weight: 560; color: var(--on-ink);
  background: var(--ink); border: 0; border-radius: 10px; cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.bad { color: var(--bad); margin-top: 8px; }
ul { list-style: none; margin: 12px 0 0; padding: 0; display: grid; gap: 4px;
  grid-template-columns: repeat(auto-fill, minmax(220px, 1fr)); }
li a { display: flex; gap: 12px; align-items: center; padding: 8px; border-radius: 10px; color: inherit;
  text-decoration: none; }
li a:hover, li a[aria-current] { background: var(--ground); }
li b { display: block; font-weight: 560; }
li small { font-size: 13px; color: var(--muted); }
.face { flex: none; width: 32px; height: 32px; border-radius: 50%; border: 1px solid var(--line); display: grid;
  place-items: center; font-size: 12px; color: var(--muted); }
@media (max-width: 720px) { body { padding: 16px; } main { grid-template-columns: minmax(0, 1fr); } }
"""

_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' "
    "rx='8' fill='%2316181d'/%3E%3Ccircle cx='16' cy='16' r='6' fill='%23fff'/%3E%3C/svg%3E"
)

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<link rel="icon" href="$icon">
<style nonce="$nonce">$style</style>
</head>
<body>
<main>
$content
</main>
</body>
</html>
""")

_SIGN_IN = Template("""<header><span class="mark" aria-hidden="true">$initial</span>
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
        initial=escape(company.name[:1]),
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
        f"default-src 'none'; img-src data:; style-src 'nonce-{nonce}'; form-action 'self' {form_target}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    body = _PAGE.substitute(title=escape(title), icon=_ICON, nonce=nonce, style=_STYLE, content=content)
    return HTMLResponse(body, status, headers)
