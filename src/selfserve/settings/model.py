"""All settings of one installation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, PrivateAttr, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from selfserve.settings.company import Brand, Company, Desktop, Mail, Notices
from selfserve.settings.identity import Directory, Oidc, Roles
from selfserve.settings.problems import Place
from selfserve.settings.section import Section
from selfserve.settings.server import Catalog, Logs, Server, Store, Worker


class ConnectorSection(Section):
    """A target system: `kind` says which connector it is, all else is checked by the connector itself.

    Values that are references to secrets stay references here; the registry resolves them.
    """

    model_config = ConfigDict(extra="allow")

    kind: str = Field(min_length=1)
    """The kind of connector, such as `ldap`, `seats`, `munki` or `human`; left out: the section's own name."""

    @property
    def rest(self) -> dict[str, object]:
        """Everything but `kind`, as written."""
        return dict(self.__pydantic_extra__ or {})


class Settings(BaseSettings):
    """The settings, section by section; made by `selfserve.settings.loading.load`.

    Made directly (`Settings(server=…, oidc=…, directory=…)`) it reads neither file nor environment.
    """

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True, validate_default=True
    )

    company: Company = Company()
    """Whose TechOps team this is."""
    brand: Brand = Brand()
    """How the pages and mails look."""
    server: Server
    """Where the server listens and under which address people reach it."""
    store: Store = Store()
    """Where the records are kept."""
    catalog: Catalog = Catalog()
    """Where the catalog lies."""
    oidc: Oidc
    """Sign-in by OpenID Connect."""
    roles: Roles = Roles()
    """Which directory groups give which role."""
    directory: Directory
    """The directory that people, managers and groups are read from."""
    mail: Mail = Mail()
    """The mail server that carries notices."""
    notices: Notices = Notices()
    """What people are told in the app."""
    desktop: Desktop = Desktop()
    """The app on customers' machines."""
    worker: Worker = Worker()
    """The process that does the work."""
    logs: Logs = Logs()
    """What the processes write about themselves."""
    connectors: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,59}$")], ConnectorSection] = {}
    """The target systems, one section each: `[connectors.NAME]`; items use them as `NAME.action`."""

    _folder: Path = PrivateAttr(default=Path())
    _place: Place | None = PrivateAttr(default=None)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing is read behind the caller's back; `load` names its sources."""
        return (init_settings,)

    @field_validator("connectors", mode="before")
    @classmethod
    def _named_after_their_kind(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {name: {"kind": name, **one} if isinstance(one, dict) else one for name, one in value.items()}

    @model_validator(mode="after")
    def _directory_connector_exists(self) -> Self:
        name = self.directory.connector
        if self.connectors and name not in self.connectors:
            raise ValueError(f"directory.connector: the name of a section [connectors.NAME]; there is no {name!r}")
        return self

    @property
    def connector_sections(self) -> dict[str, dict[str, object]]:
        """The connectors' sections as written, each with its kind: what the registry builds from."""
        return {name: {"kind": one.kind, **one.rest} for name, one in self.connectors.items()}

    @property
    def folder(self) -> Path:
        """The folder of the configuration file; relative paths and `file:` references start there."""
        return self._folder

    def place(self, key: str) -> str:
        """Where the dotted `key` was set, or would be: the file's name, or the environment variable's."""
        return self._place(key) if self._place is not None else "the settings"

    def rooted(self, folder: Path, place: Place | None = None) -> Settings:
        """The same settings with every relative path made absolute from `folder`; `place` says where a key was set."""
        logo, dark = self.brand.logo, self.brand.logo_dark
        brand = {"logo": folder / logo if logo else None, "logo_dark": folder / dark if dark else None}
        moved = self.model_copy(
            update={
                "store": self.store.model_copy(update={"folder": folder / self.store.folder}),
                "catalog": self.catalog.model_copy(update={"folder": folder / self.catalog.folder}),
                "brand": self.brand.model_copy(update=brand),
            }
        )
        moved._folder, moved._place = folder, place  # noqa: SLF001  (a copy of ourselves)
        return moved
