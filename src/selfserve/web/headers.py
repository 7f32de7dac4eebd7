"""What browsers are told about every answer of ours (OWASP Secure Headers; W3C Content Security Policy 3)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable

from jinja2 import BaseLoader, Environment
from nicegui.client import templates
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SCRIPT = re.compile(r"<script(?=[\s>])")
_NONCE = '<script nonce="{{ request.state.nonce }}"'
_YEAR = 365 * 24 * 3600
Headers = list[tuple[bytes, bytes]]


class SecurityHeaders:
    """ASGI: puts the headers on every HTTP answer, errors of the framework included; the outermost layer.

    `form_targets` gives the origins a form may lead to beside our own (the provider's, for signing out).
    """

    def __init__(self, app: ASGIApp, https: bool, form_targets: Callable[[], Iterable[str]]) -> None:
        self.app, self.form_targets = app, form_targets
        fixed = {
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "x-frame-options": "DENY",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=()",
        }
        if https:
            fixed["strict-transport-security"] = f"max-age={_YEAR}; includeSubDomains"
        self._fixed: Headers = [(name.encode(), value.encode()) for name, value in fixed.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, headers added."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(message, scope["path"], nonce)
            await send(message)

        await self.app(scope, receive, with_headers)

    def _add(self, message: Message, path: str, nonce: str) -> None:
        headers: Headers = [(name.lower(), value) for name, value in message.get("headers", [])]
        there = {name for name, _ in headers}
        headers += [header for header in self._fixed if header[0] not in there]
        if b"text/html" in dict(headers).get(b"content-type", b""):
            headers.append((b"content-security-policy", self._policy(nonce).encode()))
            headers = [header for header in headers if header[0] != b"cache-control"] + [
                (b"cache-control", b"no-store")
            ]
        else:
            headers.append((b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"))
            if path.startswith("/api/") and b"cache-control" not in there:
                headers.append((b"cache-control", b"no-store"))
        message["headers"] = headers

    def _policy(self, nonce: str) -> str:
        targets = " ".join(["'self'", *sorted(set(filter(None, self.form_targets())))])
        # Vue compiles templates in the browser, hence unsafe-eval; Quasar sets style attributes, hence unsafe-inline.
        return (
            f"default-src 'self'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data:; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; "
            f"frame-ancestors 'none'; form-action {targets}"
        )


def mark_scripts(environment: Environment | None = None) -> None:
    """Let NiceGUI's own page template carry each answer's nonce on its scripts.

    Only what the template itself writes gets it: a script that found its way into a page's content does not. Doing it
    again changes nothing.
    """
    environment = environment or templates.env
    if environment.loader is not None and not isinstance(environment.loader, _Marked):
        environment.loader = _Marked(environment.loader)
        if environment.cache is not None:
            environment.cache.clear()


class _Marked(BaseLoader):
    def __init__(self, inner: BaseLoader) -> None:
        self.inner = inner

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        source, filename, fresh = self.inner.get_source(environment, template)
        return _SCRIPT.sub(_NONCE, source), filename, fresh
