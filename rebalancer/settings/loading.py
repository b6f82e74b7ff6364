"""Puts the layers of settings on top of each other, checks the result, and names every origin.

The higher layer wins for each single key. All mistakes are reported together, none with its value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

import platformdirs
from pydantic import SecretStr, ValidationError

from portfolios.errors import Problem, SettingsError
from rebalancer.settings.destinations import misdirected
from rebalancer.settings.layers import (
    SECRETS_DIRECTORY,
    Layer,
    from_dotenv,
    from_environment,
    from_secrets,
    from_toml,
)
from rebalancer.settings.model import KEYS, SECRETS, SECTIONS, Settings, variable

FILE_NAME = "rebalancer.toml"
MASK = "********"
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting as it may be shown: secrets masked, empty text for what is not set."""

    key: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """The settings in force.

    Attributes:
        settings: the values.
        origins: dotted key -> where the value came from.
        warnings: what works but should be mended, such as a file of secrets open to others.
    """

    settings: Settings
    origins: Mapping[str, str]
    warnings: tuple[str, ...] = ()

    def secrets(self) -> tuple[str, ...]:
        """Return every secret that is set, for the log to mask."""
        values = (_value(self.settings, key) for key in SECRETS)
        return tuple(v.get_secret_value() for v in values if isinstance(v, SecretStr))

    def shown(self) -> tuple[Shown, ...]:
        """Return every setting with its origin, fit for a screen."""
        return tuple(Shown(key, _visible(self.settings, key), self.origins[key]) for key in KEYS)


def load_settings(
    *,
    config: Path | None = None,
    overrides: Mapping[str, object] = NOTHING,
    environ: Mapping[str, str] = NOTHING,
    cwd: Path,
    data_dir: Path | None = None,
    config_dir: Path | None = None,
) -> Resolved:
    """Read all settings.

    Args:
        config: file to read instead of the one in the working directory; it must exist.
        overrides: dotted key -> value, from flags; None where the flag was not given.
        environ: the environment.
        cwd: the working directory, where the settings file and `.env` are looked for.
        data_dir: where the database is kept by default; the user's own when None.
        config_dir: where the user's settings are kept; the user's own when None.

    Raises:
        SettingsError: with every problem at once.
    """
    data = data_dir or platformdirs.user_data_path("rebalancer", appauthor=False)
    home = config_dir or platformdirs.user_config_path("rebalancer", appauthor=False)
    flags = {key: value for key, value in overrides.items() if value is not None}
    layers = (
        Layer(origin="flag", values=flags, base=cwd),
        from_environment(environ, base=cwd),
        *_files(config, environ, cwd=cwd, home=home),
        Layer(origin="default", values={"database": str(data / "rebalancer.db")}, base=data),
    )
    _raise_if_any([problem for layer in layers for problem in _mistakes(layer)])
    # What stands nowhere is left to the last layer, the defaults.
    chosen = {key: next((la for la in layers if key in la.values), layers[-1]) for key in KEYS}
    settings = _checked(chosen)
    _raise_if_any([*misdirected(chosen)])
    return Resolved(
        settings.model_copy(update={"database": _absolute(settings, chosen["database"])}),
        MappingProxyType({key: layer.origin for key, layer in chosen.items()}),
        tuple(warning for layer in layers for warning in layer.warnings),
    )


def _files(
    config: Path | None, environ: Mapping[str, str], *, cwd: Path, home: Path
) -> Iterator[Layer]:
    """Yield the layers that are files, the strongest first."""
    if (cwd / ".env").is_file():
        yield from_dotenv(cwd / ".env")
    yield from _secrets(environ, home)
    if config is not None and not config.is_file():
        raise SettingsError(
            f"there is no settings file {config}", source=str(config), hint="check --config"
        )
    for path in (config or cwd / FILE_NAME, home / FILE_NAME):
        if path.is_file():
            yield from_toml(path, is_found=config is None and path != home / FILE_NAME)


def _secrets(environ: Mapping[str, str], home: Path) -> Iterator[Layer]:
    stated = environ.get(SECRETS_DIRECTORY)
    if stated and not Path(stated).is_dir():
        raise SettingsError(f"{SECRETS_DIRECTORY} names no directory", hint="correct or unset it")
    # The second is where systemd puts the credentials of a service.
    for name in (stated, environ.get("CREDENTIALS_DIRECTORY")):
        if name and Path(name).is_dir():
            yield from_secrets(Path(name), is_ours=False)
    if (home / "secrets").is_dir():
        yield from_secrets(home / "secrets", is_ours=True)


def _mistakes(layer: Layer) -> Iterator[Problem]:
    yield from layer.problems
    for key in layer.values:
        if key in SECTIONS:
            text = f"`{key}` is a section: write [{key}] and its keys below"
        elif key not in KEYS:
            text = _unknown(key, layer)
        elif layer.is_file and key in SECRETS:
            text = (
                f"`{key}` is a secret and does not belong in this file:"
                f" set {variable(key)}, in the environment or in .env"
            )
        else:
            continue
        yield Problem(f"{layer.origin}: {text}", line=layer.lines.get(key), key=key)


def _unknown(key: str, layer: Layer) -> str:
    name = key if layer.is_file or layer.origin == "flag" else variable(key)
    near = get_close_matches(key, KEYS, n=1, cutoff=0.6) or [
        known for known in KEYS if known.rpartition(".")[2] == key.rpartition(".")[2]
    ]
    if not near:
        return f"unknown key `{name}`; `rebalancer config` lists all keys"
    return f"unknown key `{name}`; did you mean `{near[0] if name == key else variable(near[0])}`?"


def _checked(chosen: Mapping[str, Layer]) -> Settings:
    nested: dict[str, Any] = {}
    for key, layer in chosen.items():
        if key in layer.values:
            section, _, name = key.rpartition(".")
            (nested.setdefault(section, {}) if section else nested)[name] = layer.values[key]
    problems: list[Problem] = []
    try:
        return Settings(**nested)
    except ValidationError as error:
        # Never the error itself: its text can repeat a secret of the wrong type.
        for found in error.errors(include_url=False, include_context=False, include_input=False):
            key = ".".join(str(part) for part in found["loc"] if isinstance(part, str))
            problems.append(_wrong(key, found["msg"], chosen))
    # Raised out here, so that the error with the values is not chained to ours.
    raise _invalid(problems)


def _wrong(key: str, message: str, chosen: Mapping[str, Layer]) -> Problem:
    text = message.removeprefix("Value error, ").removeprefix("Input should ")
    text = f"`{key}` {text if text.startswith(('must', 'security')) else f'should {text}'}"
    layer = chosen.get(key)
    if layer is None:
        return Problem(text, key=key)
    return Problem(f"{layer.origin}: {text}", line=layer.lines.get(key), key=key)


def _raise_if_any(problems: Sequence[Problem]) -> None:
    if problems:
        raise _invalid(problems)


def _invalid(problems: Sequence[Problem]) -> SettingsError:
    return SettingsError(
        "the settings are invalid",
        problems=problems,
        hint="`rebalancer init` writes a file with every key and its default",
    )


def _absolute(settings: Settings, layer: Layer) -> Path:
    return layer.base.absolute() / settings.database.expanduser()


def _value(settings: Settings, key: str) -> object:
    value: object = settings
    for name in key.split("."):
        value = getattr(value, name)
    return value


def _visible(settings: Settings, key: str) -> str:
    value = _value(settings, key)
    if value is None:
        return ""
    return MASK if isinstance(value, SecretStr) else str(value)
