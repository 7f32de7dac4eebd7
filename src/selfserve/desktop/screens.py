"""What each of the app's own pages says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from selfserve.desktop import VERSION
from selfserve.desktop.brand import Brand
from selfserve.desktop.facts import Facts
from selfserve.desktop.pages import Act, Page
from selfserve.desktop.server import About
from selfserve.desktop.trouble import Kind, Trouble
from selfserve.desktop.words import Speaker

GIGABYTE = 1_000_000_000


def starting(to: Speaker, brand: Brand) -> Page:
    """The first page, while the server is looked for."""
    told = [to.say("starting_told", server=urlsplit(brand.server).hostname), to.say("unlock")]
    return Page("starting", to.say("starting"), told, waits=True)


def welcome(to: Speaker, hints: Sequence[str], about: About | None) -> Page:
    """Nobody is signed in. Whoever cannot sign in is led on where the server knows how."""
    links = {to.say("recover"): "recover"} if about is not None and about.recovery else {}
    acts = [Act(to.say("sign_in"), "sign-in")]
    return Page("welcome", to.say("welcome"), [to.say("welcome_told")], acts, hints, links=links)


def waiting(to: Speaker, signs: str, address: str) -> Page:
    """The browser has the word; `address` is shown where it could not be opened."""
    told = [*([to.say("no_browser")] if address else []), to.say("waiting_told")]
    acts = [Act(to.say("open_again"), "sign-in"), Act(to.say("cancel"), "cancel")]
    return Page("waiting", to.say("waiting"), told, acts, signs=signs, address=address, waits=True)


def whose(to: Speaker, name: str) -> Page:
    """Signed in, but nobody vouches that it was their browser: is that them?"""
    acts = [Act(to.say("that_is_me"), "that-is-me"), Act(to.say("not_mine"), "not-me")]
    return Page("whose", to.say("whose", name=name or "?"), [to.say("whose_told")], acts, decides=True)


def trouble(what: Trouble, to: Speaker, brand: Brand, about: About | None, now: datetime) -> Page:
    """What happened, what the app does about it, and what one can do."""
    server = urlsplit(brand.server).hostname
    minimum = about.minimum_version if about else ""
    told = to.say(
        what.kind, server=server, time=now.astimezone().strftime("%Y-%m-%d %H:%M"), version=VERSION, minimum=minimum,
        proxy=what.proxy,
    )  # fmt: skip
    retry = Act(to.say("retry"), "retry")
    acts, more = [retry], [to.say("retrying")]
    if what.kind is Kind.TOO_OLD:
        acts, more = [Act(to.say("update"), "update"), retry] if about and about.update_url else [retry], []
    elif what.kind is Kind.NO_APPS:
        acts, more = [Act(to.say("to_browser"), "browser"), retry], []
    elif what.kind is Kind.WINDOW:
        acts = [retry, Act(to.say("to_browser"), "browser")]
    return Page(f"trouble-{what.kind}", to.say(f"{what.kind}_title"), [told, *more], acts, detail=what.detail)


def leaving(to: Speaker, brand: Brand) -> Page:
    """Signing out is under way."""
    told = to.say("leaving_told", server=urlsplit(brand.server).hostname)
    return Page("leaving", to.say("leaving"), [told], waits=True)


def device(facts: Facts, host: str, to: Speaker, sends: bool | None, *, known: bool = True) -> Page:
    """What this machine could say beside its name `host`, which is told at sign-in. `sends` None where nothing was
    decided yet; where nobody is `known` there is nothing to decide."""
    send, stop, back = (
        Act(to.say("send"), "send"),
        Act(to.say("stop_sending"), "keep"),
        Act(to.say("back_to_app"), "back"),
    )
    acts = {None: [send, Act(to.say("keep"), "keep")], True: [back, stop], False: [back, send]}[sends]
    after = {None: "", True: to.say("device_now"), False: to.say("device_not_now")}[sends]
    if not known:
        acts, after = [back], ""
    told, undecided = [to.say("device_told"), to.say("device_name", name=host)], known and sends is None
    could = [one for one in listed(facts, to) if one != (to.say("fact_name"), host)]
    return Page("device", to.say("device"), told, acts, facts=could, after_facts=after, decides=undecided)


def listed(facts: Facts, to: Speaker) -> list[tuple[str, str]]:
    """Each fact as a person reads it, unknown ones included: nothing is sent that does not stand here."""
    unknown = to.say("unknown")
    encrypted = {True: to.say("yes"), False: to.say("no"), None: unknown}[facts.encrypted]
    version = "" if facts.version in facts.system else facts.version
    texts = {
        "name": facts.name,
        "serial": facts.serial,
        "model": facts.model,
        "system": f"{facts.system} {version}".strip(),
        "build": facts.build,
        "encrypted": encrypted,
        "free": _space(facts, to),
        "uptime": _span(facts.uptime, to),
        "network": to.say(facts.network) if facts.network in ("wired", "wifi", "vpn") else "",
    }
    return [(to.say(f"fact_{name}"), text or unknown) for name, text in texts.items()]


def _space(facts: Facts, to: Speaker) -> str:
    if facts.free is None or facts.total is None:
        return ""
    free, total = (f"{round(size / GIGABYTE)} GB" for size in (facts.free, facts.total))
    return to.say("free_of", free=free, total=total)


def _span(seconds: int | None, to: Speaker) -> str:
    if seconds is None:
        return ""
    days, hours = seconds // 86400, seconds // 3600
    return to.say("days", count=days) if days > 1 else to.say("hours", count=hours)
