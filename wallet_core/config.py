"""Settings: a TOML file and the environment (WALLET_*, which wins), read once. Secrets are named, never written."""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

ENV_PREFIX = "WALLET_"
TOKEN_KEY_BYTES = 32

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]
Address = Annotated[str, StringConstraints(pattern=r"^(\[[0-9A-Fa-f:.]+\]|[^:\s]+):[0-9]{1,5}$")]
Percent = Annotated[int, Field(ge=0, le=100)]


def data_folder() -> Path:
    """Return where a core on this machine keeps its things, unless it is told otherwise."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "wallet"


class ConfigError(Exception):
    """The configuration cannot be used; the message says where and what to do."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Tls(_Section):
    """PEM files. With `client_ca` callers must show a certificate it signed."""

    certificate: Path
    key: Path
    client_ca: Path | None = None


class Terms(_Section):
    """The operator's rules: how many percent of a win or deposit first pay back debt."""

    debt_recovery_win: Percent = 0
    debt_recovery_deposit: Percent = 0


class FxSource(_Section):
    """A source of rates: how old they may be in seconds, while the market is open and while it is closed (0: not then).

    A file is one in the form of the European Central Bank's daily rates, read again and again.
    """

    name: Id
    max_age: Annotated[int, Field(gt=0, le=31 * 86_400)] = 60
    weekend_max_age: Annotated[int, Field(ge=0, le=31 * 86_400)] = 900
    file: Path | None = None


class Fx(_Section):
    """Conversions: margins in hundredths of a percent, times in seconds, and what a player may do in 24 hours.

    The volume is in major units of `reference`. Of the sources the first that has a usable rate is taken.
    """

    margin_bps: Annotated[int, Field(ge=0, le=5_000)] = 150
    weekend_bps: Annotated[int, Field(ge=0, le=4_000)] = 100
    ttl: Annotated[int, Field(gt=0, le=3_600)] = 30
    deviation_bps: Annotated[int, Field(ge=0, le=10_000)] = 100
    daily_count: Annotated[int, Field(ge=0, le=1_000)] = 5
    daily_volume: Annotated[int, Field(ge=0, le=1_000_000_000)] = 5_000
    reference: str = "EUR"
    min_holding: Annotated[int, Field(ge=0, le=86_400)] = 0
    round_trips: Annotated[int, Field(ge=1, le=1_000)] = 3
    sources: list[FxSource] = [FxSource(name="push")]

    @model_validator(mode="after")
    def _distinct(self) -> "Fx":
        if len({source.name for source in self.sources}) < len(self.sources):
            raise ValueError("two [[fx.sources]] have the same name; each needs its own")
        return self


class Token(_Section):
    """A caller: its name in the logs, its role, and its token by reference or as the SHA-256 of it in hex.

    One that `vouches` has authenticated the people it names: where two must agree, they are two. Without that all that
    comes with the token is one person's, whoever is named.
    """

    name: Id
    role: Literal["OPERATOR", "ADAPTER", "CASHIER", "READER"]
    token: str = ""
    sha256: str = ""
    providers: list[Id] = []
    vouches: bool = False

    @model_validator(mode="after")
    def _whole(self) -> "Token":
        if bool(self.token) == bool(self.sha256):
            raise ValueError('give either token = "env:NAME" (or "file:PATH") or sha256 = "…"')
        if self.role == "ADAPTER" and not self.providers:
            raise ValueError("an ADAPTER needs providers = […]: those it may play for")
        return self


class Provider(_Section):
    """A provider: the protocol its adapter speaks, its row of the profiles, and policies that differ from it."""

    provider_id: Id
    protocol: str
    profile: str = ""
    policies: dict[str, str] = {}
    game_ids: list[str] = []


class _Environment(EnvSettingsSource):
    """The environment: tables and lists are JSON there."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """Return what the JSON says.

        Raises:
            ConfigError: it is none. What was written is not repeated: it may hold a secret.
        """
        try:
            return super().decode_complex_value(field_name, field, value)
        except (ValueError, RecursionError):
            variable = f"{ENV_PREFIX}{field_name}".upper()
            raise ConfigError(
                f"the environment: {field_name}: {variable} is not JSON; write it so, or leave it unset"
            ) from None


class Settings(BaseSettings):
    """Everything a core is told."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True)

    database: str = Field(default_factory=lambda: f"sqlite://{data_folder()}/wallet.db")
    listen: Address = "127.0.0.1:8080"
    tls: Tls | None = None
    metrics: Address | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    reflection: bool = True

    lanes: Annotated[int, Field(ge=1, le=32)] = 2
    batch_max: Annotated[int, Field(ge=1, le=10_000)] = 512
    queue_max: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000

    default_deadline: Annotated[float, Field(gt=0, le=600)] = 10.0
    slow_call: Annotated[float, Field(gt=0)] = 0.5
    stop_within: Annotated[float, Field(ge=0, le=600)] = 10.0
    watch_every: Annotated[float, Field(gt=0)] = 30.0

    terms: Terms = Terms()
    fx: Fx = Fx()
    token_key: str = ""
    tokens: list[Token] = []
    providers: list[Provider] = []

    @field_validator("database")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql://", "postgres://")):
            raise ValueError('write "sqlite:///absolute/path" or "postgresql://user@host/database"')
        return value

    @model_validator(mode="after")
    def _consistent(self) -> "Settings":
        known = {provider.provider_id for provider in self.providers}
        if len(known) < len(self.providers):
            raise ValueError("two [[providers]] have the same provider_id; each needs its own")
        for token in self.tokens:
            if unknown := set(token.providers) - known:
                raise ValueError(f"token {token.name} names {', '.join(sorted(unknown))}: add it to [[providers]]")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003  pydantic fixes the signature
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  pydantic fixes the signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, whose values are passed to the constructor."""
        return _Environment(settings_cls), init_settings


def load(path: Path | None) -> Settings:
    """Return the settings of the file, if one is given, and the environment.

    Raises:
        ConfigError: they cannot be used.
    """
    values: dict[str, Any] = {}
    where = str(path) if path else "the environment"
    try:
        if path is not None:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        return Settings(**values)
    except OSError as error:
        raise ConfigError(f"{where}: {error.strerror}; name another file with --config") from None
    except ValidationError as error:
        raise ConfigError(f"{where}: {_explained(error)}") from None
    except RecursionError:
        raise ConfigError(f"{where}: nested too deeply") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{where} is not TOML: it is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where} is not TOML: {error}") from None
    except ValueError:
        raise ConfigError("--config: NUL is no part of a path") from None


def _explained(error: ValidationError) -> str:
    """Say what is wrong and where; without the values, which may be secrets."""
    found = []
    for each in error.errors(include_input=False, include_url=False):
        place = ".".join(str(part) for part in each["loc"])
        message = each["msg"].removeprefix("Value error, ")
        found.append(f"{place}: {message}" if place else message)
    return "; ".join(found)


def secret(reference: str, where: str) -> str:
    """Return what `env:NAME` or `file:PATH` refers to, without a file's last line end.

    Raises:
        ConfigError: it refers to nothing. What was written is not repeated: it may be the secret itself.
    """
    kind, _, name = reference.partition(":")
    if kind == "env":
        value = os.environ.get(name, "")
    elif kind == "file":
        try:
            value = Path(name).read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise ConfigError(f"{where}: {name!r} cannot be read: {error.strerror}; write the secret there") from None
        except UnicodeDecodeError:
            raise ConfigError(f"{where}: {name!r} is not UTF-8; write the secret as text") from None
        except ValueError:
            raise ConfigError(f"{where}: NUL is no part of a path") from None
    else:
        raise ConfigError(f"{where}: a secret is never written here; refer to it as env:NAME or file:PATH")
    if not value:
        raise ConfigError(f"{where}: {reference!r} is empty; set it")
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise ConfigError(f"{where}: {reference!r} is not UTF-8; write the secret as text")
    return value


def token_key(settings: Settings) -> bytes:
    """Return the key session tokens are derived from.

    Raises:
        ConfigError: it is missing or too short to be a key.
    """
    if not settings.token_key:
        raise ConfigError('token_key is missing: token_key = "file:PATH" of a file with 64 random hex digits')
    key = secret(settings.token_key, "token_key").encode()
    if len(key) < TOKEN_KEY_BYTES:
        raise ConfigError(f"token_key: it has {len(key)} bytes; give it at least {TOKEN_KEY_BYTES} random ones")
    return key
