"""What an installation lets apps on customers' machines do, and what it tells them about itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

from selfserve.people.device_tokens import DeviceRules
from selfserve.settings.model import Settings


@dataclass(frozen=True)
class AppRules:
    """`minimum_version` and `update_url` may be empty; `ask_every` is how often an app asks for notices."""

    enabled: bool = True
    minimum_version: str = ""
    update_url: str = ""
    rules: DeviceRules = field(default_factory=DeviceRules)
    ask_every: timedelta = timedelta(seconds=30)
    brand: str = "Self-service"
    company: str = ""
    language: str = "en"

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As an installation is set up."""
        desktop = settings.desktop
        return cls(
            desktop.enabled,
            desktop.minimum_version,
            desktop.update_url or "",
            DeviceRules(desktop.session_idle, desktop.session_absolute),
            desktop.ask_every,
            settings.brand.name,
            settings.company.name,
            settings.company.language,
        )
