"""Windows: a toast; pressing it opens the app's own link, which the running app gets."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence

from selfserve.desktop.facts.windows import POWERSHELL
from selfserve.desktop.server import Notice

SCRIPT = (
    "$null=[Windows.UI.Notifications.ToastNotificationManager,Windows.UI.Notifications,ContentType=WindowsRuntime];"
    "$x=[Windows.UI.Notifications.ToastNotificationManager]::GetTemplateContent('ToastText02');"
    "$t=$x.GetElementsByTagName('text');"
    "$null=$t.Item(0).AppendChild($x.CreateTextNode($env:NOTICE_TITLE));"
    "$null=$t.Item(1).AppendChild($x.CreateTextNode($env:NOTICE_BODY));"
    "if($env:NOTICE_LINK){$x.DocumentElement.SetAttribute('activationType','protocol');"
    "$x.DocumentElement.SetAttribute('launch',$env:NOTICE_LINK)};"
    "[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier($env:NOTICE_APP)"
    ".Show([Windows.UI.Notifications.ToastNotification]::new($x))"
)


def _run(command: Sequence[str], environment: Mapping[str, str]) -> None:
    subprocess.run(command, capture_output=True, timeout=10, env={**os.environ, **environment}, check=False)


class WindowsTeller:
    """What others wrote goes by the environment and becomes text nodes, never script or markup."""

    def __init__(self, app: str, scheme: str, run: Callable[[Sequence[str], Mapping[str, str]], None] = _run) -> None:
        self._app, self._scheme, self._run = app, scheme, run

    def tell(self, notice: Notice) -> None:
        """See `Teller`."""
        link = f"{self._scheme}:/{notice.path}" if notice.path else ""
        told = {"NOTICE_APP": self._app, "NOTICE_TITLE": notice.title, "NOTICE_BODY": notice.body, "NOTICE_LINK": link}
        try:
            self._run(
                [POWERSHELL, "-NoProfile", "-NonInteractive", "-Command", SCRIPT],
                {name: value.replace("\0", "") for name, value in told.items()},
            )
        except (OSError, ValueError, subprocess.TimeoutExpired):
            return
