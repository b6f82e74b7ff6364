"""Every setting with its type, its default and one line of explanation.

The template of the settings file and the list of known keys are made from these classes, so a new
setting is one line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from rebalancer.settings.checks import (
    bot_url,
    currency_code,
    header_name,
    is_loopback,
    mail_address,
    one_value,
    safe_url,
    time_zone,
)

COINGECKO_URL = "https://api.coingecko.com/api/v3"
COINGECKO_PRO_URL = "https://pro-api.coingecko.com/api/v3"

Text = Annotated[str, BeforeValidator(one_value)]
Url = Annotated[str, BeforeValidator(one_value), AfterValidator(safe_url)]
BotUrl = Annotated[Url, AfterValidator(bot_url)]
Secret = Annotated[SecretStr, BeforeValidator(one_value)]
Count = Annotated[int, BeforeValidator(one_value), Field(ge=0)]
Pace = Annotated[int, BeforeValidator(one_value), Field(ge=1)]
Port = Annotated[int, BeforeValidator(one_value), Field(ge=1, le=65535)]
MailAddress = Annotated[Text, AfterValidator(mail_address)]
HeaderName = Annotated[Text, AfterValidator(header_name)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class TokenMetrics(_Section):
    """The provider of grades and trends."""

    api_key: Secret | None = Field(default=None, description="key of the provider of grades")
    base_url: Url = Field(
        default="https://api.tokenmetrics.com",
        description="address of the service, without the version",
    )
    version: Literal["v2", "v3"] = Field(
        default="v2", description="version of the service: v2 or v3"
    )
    monthly_credits: Count = Field(default=5000, description="credits of your plan in one month")
    requests_per_minute: Pace = Field(default=1, description="most requests in one minute")
    auth_header: HeaderName = Field(default="x-api-key", description="header that carries the key")


class CoinGecko(_Section):
    """The provider of prices and history."""

    api_key: Secret | None = Field(default=None, description="key of the provider of prices")
    plan: Literal["keyless", "demo", "pro"] = Field(
        default="keyless", description="your plan: keyless, demo or pro"
    )
    base_url: Url | None = Field(
        default=None,
        description="address of the service; by plan when not set",
        examples=[COINGECKO_URL],
    )
    requests_per_minute: Pace = Field(default=10, description="most requests in one minute")
    monthly_credits: Count = Field(default=10000, description="credits of your plan in one month")

    @model_validator(mode="after")
    def _key_and_plan_agree(self) -> CoinGecko:
        if self.api_key is None and self.plan != "keyless":
            raise ValueError(f"the {self.plan} plan needs api_key; or set plan to keyless")
        if self.api_key is not None and self.plan == "keyless":
            raise ValueError("api_key is set: set plan to demo or pro, whichever the key is for")
        return self

    @property
    def url(self) -> str:
        """The address in force: the stated one, else the plan's."""
        return self.base_url or (COINGECKO_PRO_URL if self.plan == "pro" else COINGECKO_URL)


class Telegram(_Section):
    """The bot."""

    token: Secret | None = Field(default=None, description="token of your bot")
    base_url: BotUrl = Field(
        default="https://api.telegram.org/bot",
        description="address of the bot service, ending in /bot",
    )
    owner_id: Annotated[int, BeforeValidator(one_value)] | None = Field(
        default=None,
        description="your own numeric id; nobody else may link the first person",
        examples=[1],
    )


class Email(_Section):
    """The way out for reports."""

    host: Text | None = Field(
        default=None, description="mail server; no mail without one", examples=["smtp.example.org"]
    )
    port: Port = Field(default=587, description="port of the mail server")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="starttls, tls, or none (for a server on this machine only)"
    )
    username: Text | None = Field(
        default=None, description="name to log in with", examples=["me@example.org"]
    )
    password: Secret | None = Field(default=None, description="password to log in with")
    sender: MailAddress | None = Field(
        default=None, description="address that mail comes from", examples=["me@example.org"]
    )
    to: MailAddress | None = Field(
        default=None,
        description="your address; other people have their own",
        examples=["me@example.org"],
    )

    @model_validator(mode="after")
    def _encrypted_beyond_this_machine(self) -> Email:
        if self.security == "none" and self.host is not None and not is_loopback(self.host):
            raise ValueError("security may be none for a server on this machine only")
        return self

    @property
    def comes_from(self) -> str:
        """The address that mail comes from; empty where none is set."""
        return self.sender or self.username or ""

    @model_validator(mode="after")
    def _comes_from_an_address(self) -> Email:
        if self.host is not None and self.comes_from and self.sender is None:
            try:
                mail_address(self.comes_from)
            except ValueError:
                raise ValueError("username is no mail address, so set sender as well") from None
        return self


class Settings(BaseSettings):
    """All settings; built by `load_settings`, which alone looks at files and the environment."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    database: Annotated[Path, BeforeValidator(one_value)] = Field(
        description="file that keeps your portfolios and plans"
    )
    provider: Literal["live", "sample"] = Field(
        default="live", description="live, or sample: the built-in market, offline"
    )
    timezone: Annotated[Text, AfterValidator(time_zone)] = Field(
        default="UTC", description="your time zone, such as Europe/Berlin"
    )
    currency: Annotated[Text, AfterValidator(currency_code)] = Field(
        default="usd", description="currency of prices, three letters"
    )
    tokenmetrics: TokenMetrics = TokenMetrics()
    coingecko: CoinGecko = CoinGecko()
    telegram: Telegram = Telegram()
    email: Email = Email()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what the loader hands over and nothing behind its back.

        The loader reads the layers itself, because it must say for each value where it came from
        and for each mistake the file and line, which the sources of the library do not keep.
        """
        return (init_settings,)


def _known() -> dict[str, FieldInfo]:
    found: dict[str, FieldInfo] = {}
    for name, field in Settings.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, _Section):
            found.update({f"{name}.{key}": inner for key, inner in section.model_fields.items()})
        else:
            found[name] = field
    return found


def _is_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(_is_secret(inner) for inner in get_args(annotation))


KEYS: Mapping[str, FieldInfo] = MappingProxyType(_known())
"""Dotted key -> field, in the order of the template."""

SECTIONS = tuple(dict.fromkeys(key.partition(".")[0] for key in KEYS if "." in key))
SECRETS = frozenset(key for key, field in KEYS.items() if _is_secret(field.annotation))


def variable(key: str) -> str:
    """Return the environment variable of a key.

    >>> variable("telegram.token")
    'REBALANCER_TELEGRAM__TOKEN'
    """
    return "REBALANCER_" + key.upper().replace(".", "__")
