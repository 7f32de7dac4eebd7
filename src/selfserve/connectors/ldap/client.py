"""A directory as the rest of the house sees it: read, search, compare, modify, set a password."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

from selfserve.connectors.contract import Finding
from selfserve.connectors.ldap import checks
from selfserve.connectors.ldap.answers import Answer, Code
from selfserve.connectors.ldap.entry import Entry
from selfserve.connectors.ldap.errors import (
    AnswerLostError,
    BindRefusedError,
    DirectoryRefusedError,
    DirectoryUnreachableError,
)
from selfserve.connectors.ldap.links import Links
from selfserve.connectors.ldap.passwords import password_bytes
from selfserve.connectors.ldap.settings import DirectorySettings
from selfserve.connectors.ldap.wire import BASE, SUBTREE, Change, Link, LostError, NotSentError, Page
from selfserve.languages.messages import msg

T = TypeVar("T")
ANY = "(objectClass=*)"


class DirectoryClient:
    """A thread-safe client of one directory with any number of servers.

    Every method may raise a `DirectoryError`. Reads are tried again on another server where a connection breaks; a
    write whose answer is lost raises AnswerLostError with the host's name, so that the caller can look again on that
    very server: every method takes `host` for that. Filters are text already escaped with `names.escape_filter`.
    """

    def __init__(self, settings: DirectorySettings, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is opened yet; `clock` gives monotonic seconds."""
        self.settings = settings
        self._links = Links(settings, clock)

    def read(self, dn: str, attributes: Sequence[str] = (), where: str = ANY, host: str | None = None) -> Entry | None:
        """The entry at `dn` with the attributes named, None where there is none or the filter does not fit it."""
        page = self._reading(lambda link: link.search(dn, where, attributes, BASE), host)
        if page.code == Code.NO_SUCH_OBJECT:
            return None
        return next(iter(_entries(page, f"read {dn}")), None)

    def search(
        self, base: str, where: str, attributes: Sequence[str] = (), scope: str = SUBTREE, host: str | None = None
    ) -> list[Entry]:
        """The entries that fit, unpaged: for filters that fit few. Raises DirectoryRefusedError past the server's
        limit."""
        return _entries(self._reading(lambda link: link.search(base, where, attributes, scope), host), f"search {base}")

    def search_paged(self, base: str, where: str, attributes: Sequence[str] = ()) -> Generator[Entry, None, None]:
        """All entries that fit, read page by page on one connection (RFC 2696).

        A connection that breaks on the way raises DirectoryUnreachableError: cookies are worthless on another one.
        """
        size = self.settings.page_size
        page, link = self._read_on(lambda link: link.search(base, where, attributes, SUBTREE, (size, b"")))
        try:
            while True:
                yield from _entries(page, f"search {base}")
                if not page.cookie:
                    break
                page = link.search(base, where, attributes, SUBTREE, (size, page.cookie))
        except (NotSentError, LostError) as error:
            raise DirectoryUnreachableError(
                msg(
                    "{endpoint} broke off a search of {base} ({error}).",
                    endpoint=str(link.endpoint),
                    base=base,
                    error=str(error),
                )
            ) from error
        finally:
            if page.cookie:
                link.close()
            else:
                self._links.give(link)

    def compare(self, dn: str, attribute: str, value: str, host: str | None = None) -> bool | None:
        """Whether the entry has this value, told by the server's own matching rule; None where there is no such
        entry."""
        answer = self.ask(dn, attribute, value, host)
        if answer.code == Code.NO_SUCH_OBJECT:
            return None
        if answer.code in (Code.COMPARE_TRUE, Code.COMPARE_FALSE, Code.NO_SUCH_ATTRIBUTE):
            return answer.code == Code.COMPARE_TRUE
        raise DirectoryRefusedError(answer, msg("compare {attribute} of {dn}", attribute=attribute, dn=dn))

    def ask(self, dn: str, attribute: str, value: str, host: str | None = None) -> Answer:
        """The answer to the question whether the entry has this value, whatever it is."""
        return self._reading(lambda link: link.compare(dn, attribute, value), host)

    def modify(self, dn: str, changes: Sequence[Change], host: str | None = None, lacking: str | None = None) -> Answer:
        """Do all changes or none; refusals come back as the answer. Raises AnswerLostError where it may have
        happened. None where the entry has the attribute `lacking`, on servers that know RFC 4528."""
        return self._writing(lambda link: link.modify(dn, changes, lacking), host)

    def set_password(self, dn: str, password: str, host: str | None = None) -> Answer:
        """Password Modify (RFC 3062) with the typed text as UTF-8, unchanged, so that every client can bind with it.

        Raises PasswordError before anything is sent where the text cannot be a password.
        """
        raw = password_bytes(password)
        return self._writing(lambda link: link.set_password(dn, raw), host)

    def can_bind(self, dn: str, password: str, host: str | None = None) -> bool:
        """True where the entry binds with this password; a refusal counts as a failed try in the server's policy."""
        try:
            self._links.open_as(dn, password_bytes(password), host).close()
        except BindRefusedError:
            return False
        return True

    def check(self) -> list[Finding]:
        """Each server as findings `reach`, `tls` and `bind`; never raises."""
        return checks.check_servers(self.settings, self._links)

    def close(self) -> None:
        """Close every connection."""
        self._links.close()

    def _reading(self, operation: Callable[[Link], T], host: str | None) -> T:
        answer, link = self._read_on(operation, host)
        self._links.give(link)
        return answer

    def _read_on(self, operation: Callable[[Link], T], host: str | None = None) -> tuple[T, Link]:
        """The answer and the connection it came over, which is the caller's now; tried twice, since reading is
        harmless."""
        for left in (1, 0):
            link = self._links.take(host)
            try:
                return operation(link), link
            except (NotSentError, LostError) as error:
                link.close()
                if not left:
                    raise DirectoryUnreachableError(
                        msg(
                            "{endpoint} broke off a read twice ({error}).",
                            endpoint=str(link.endpoint),
                            error=str(error),
                        )
                    ) from error
            except BaseException:
                link.close()
                raise
        raise AssertionError("unreachable")

    def _writing(self, operation: Callable[[Link], Answer], host: str | None) -> Answer:
        for left in (1, 0):
            link = self._links.take(host)
            try:
                answer = operation(link)
            except NotSentError as error:
                link.close()
                if not left:
                    raise DirectoryUnreachableError(
                        msg("{endpoint} took no request ({error}).", endpoint=str(link.endpoint), error=str(error))
                    ) from error
            except LostError as error:
                link.close()
                raise AnswerLostError(str(link.endpoint), str(error)) from error
            except BaseException:
                link.close()
                raise
            else:
                self._links.give(link)
                return answer
        raise AssertionError("unreachable")


def _entries(page: Page, doing: str) -> list[Entry]:
    if page.code == Code.SUCCESS:
        return page.entries
    raise DirectoryRefusedError(Answer(page.code, f"result {page.code}", page.message, ""), doing)
