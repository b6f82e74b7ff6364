from __future__ import annotations

import re
import stat
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from portfolios.errors import SettingsError
from rebalancer.settings import Resolved, load_settings, template
from tests.shell import Shell

CANARY = "canary-51f0c2"


class Place:
    """A working directory and a home of its own for one test."""

    def __init__(self, folder: Path) -> None:
        self.cwd, self.home, self.data = folder / "work", folder / "home", folder / "data"
        self.cwd.mkdir()
        self.home.mkdir()

    def write(self, text: str, name: str = "rebalancer.toml") -> Path:
        path = self.cwd / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)
        return path

    def load(
        self,
        environ: Mapping[str, str] | None = None,
        *,
        flags: Mapping[str, object] | None = None,
        config: Path | None = None,
    ) -> Resolved:
        return load_settings(
            config=config,
            overrides=flags or {},
            environ=environ or {},
            cwd=self.cwd,
            data_dir=self.data,
            config_dir=self.home,
        )

    def refuse(self, environ: Mapping[str, str] | None = None, **more: Any) -> list[str]:
        with pytest.raises(SettingsError) as caught:
            self.load(environ, **more)
        return [str(problem) for problem in caught.value.problems]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def value_and_origin(resolved: Resolved, key: str) -> tuple[str, str]:
    return next((s.value, s.origin) for s in resolved.shown() if s.key == key)


def test_without_anything_the_documented_defaults_hold(place: Place) -> None:
    resolved = place.load()
    s = resolved.settings
    assert s.database == place.data / "rebalancer.db"
    assert (s.provider, s.timezone, s.currency) == ("live", "UTC", "usd")
    assert (s.tokenmetrics.version, s.tokenmetrics.monthly_credits) == ("v2", 5000)
    assert (s.tokenmetrics.requests_per_minute, s.tokenmetrics.auth_header) == (1, "x-api-key")
    assert (s.coingecko.plan, s.coingecko.requests_per_minute) == ("keyless", 10)
    assert s.coingecko.monthly_credits == 10000
    assert s.telegram.base_url.endswith("/bot")
    assert (s.email.port, s.email.security, s.email.host) == (587, "starttls", None)
    assert set(resolved.origins.values()) == {"default"}


def test_flag_beats_environment_beats_file_beats_home_beats_default(place: Place) -> None:
    environ = {"REBALANCER_CURRENCY": "chf"}
    home = place.home / "rebalancer.toml"
    seen = [value_and_origin(place.load(), "currency")]
    home.write_text('currency = "eur"')
    seen.append(value_and_origin(place.load(), "currency"))
    file = place.write('currency = "gbp"')
    seen.append(value_and_origin(place.load(), "currency"))
    place.write("REBALANCER_CURRENCY=jpy", ".env")
    seen.append(value_and_origin(place.load(), "currency"))
    seen.append(value_and_origin(place.load(environ), "currency"))
    seen.append(value_and_origin(place.load(environ, flags={"currency": "aud"}), "currency"))
    assert seen == [
        ("usd", "default"),
        ("eur", str(home)),
        ("gbp", str(file)),
        ("jpy", ".env"),
        ("chf", "environment"),
        ("aud", "flag"),
    ]


def test_a_flag_that_was_not_given_changes_nothing(place: Place) -> None:
    assert place.load(flags={"currency": None}).settings.currency == "usd"


def test_layers_are_joined_key_by_key_also_within_a_section(place: Place) -> None:
    (place.home / "rebalancer.toml").write_text('[email]\nhost = "a.org"\nport = 25')
    place.write('[email]\nhost = "b.org"')
    email = place.load({"REBALANCER_EMAIL__SENDER": "me@b.org"}).settings.email
    assert (email.host, email.port, email.sender) == ("b.org", 25, "me@b.org")


def test_a_stated_file_replaces_the_one_in_the_working_directory(place: Place) -> None:
    place.write('currency = "gbp"')
    other = place.write('timezone = "Europe/Berlin"', "other.toml")
    s = place.load(config=other).settings
    assert (s.currency, s.timezone) == ("usd", "Europe/Berlin")


def test_a_stated_file_must_exist(place: Place) -> None:
    with pytest.raises(SettingsError, match=r"there is no settings file .*absent\.toml"):
        place.load(config=place.cwd / "absent.toml")


def test_an_unknown_key_names_the_nearest_one_the_file_and_the_line(place: Place) -> None:
    file = place.write('provider = "sample"\n\n[email]\nhots = "a.org"\n')
    assert place.refuse() == [
        f"line 4   {file}: unknown key `email.hots`; did you mean `email.host`?"
    ]


def test_a_key_in_the_wrong_section_is_sent_to_the_right_one(place: Place) -> None:
    place.write('security = "tls"')
    assert "did you mean `email.security`?" in place.refuse()[0]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('curency = "eur"', 1),
        ('\n"curency" = "eur"', 2),
        ("[email]\nport = 25\n[telegram]\nowner = 5", 4),
        ("# note\nemail = { prot = 25 }", 2),
        ("email.prot = 25", 1),
        ("[nothing.at.all]\nx = 1", 2),
    ],
)
def test_unknown_keys_are_found_wherever_they_stand(place: Place, text: str, line: int) -> None:
    place.write(text)
    (problem,) = place.refuse()
    assert problem.startswith(f"line {line}   ")
    assert "unknown key" in problem


def test_an_unknown_variable_names_the_nearest_one(place: Place) -> None:
    assert place.refuse({"REBALANCER_EMAIL__PROT": "25"}) == [
        "email.prot   environment: unknown key `REBALANCER_EMAIL__PROT`;"
        " did you mean `REBALANCER_EMAIL__PORT`?"
    ]


def test_variables_of_other_programs_are_left_alone(place: Place) -> None:
    place.write("OTHER=1\nREBALANCER_CURRENCY=eur\n", ".env")
    assert place.load({"PATH": "/bin", "_REBALANCER_COMPLETE": "x"}).settings.currency == "eur"


def test_an_empty_variable_counts_as_not_set(place: Place) -> None:
    resolved = place.load({"REBALANCER_CURRENCY": "", "REBALANCER_TELEGRAM__TOKEN": ""})
    assert value_and_origin(resolved, "currency") == ("usd", "default")
    assert resolved.settings.telegram.token is None


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('currency = "eur"\nprovider = \n', 2, "Invalid value"),
        ('currency = "eur"\ncurrency = "usd"\n', 2, "Cannot overwrite"),
        ("[email\n", 1, "Expected"),
        ('currency = "eu', 1, "Unterminated string"),
    ],
)
def test_broken_toml_names_file_and_line(place: Place, text: str, line: int, reason: str) -> None:
    file = place.write(text)
    (problem,) = place.refuse()
    assert problem.startswith(f"line {line}   {file}: no valid TOML: {reason}")


def test_a_file_in_another_encoding_is_named(place: Place) -> None:
    (place.cwd / "rebalancer.toml").write_bytes('timezone = "Zürich"'.encode("latin-1"))
    assert "is not text in UTF-8" in place.refuse()[0]


def test_every_wrong_value_is_reported_at_once_with_its_place(place: Place) -> None:
    file = place.write(
        'provider = "lives"\ncurrency = "euro"\n\n[email]\nport = "many"\nsecurity = "ssl"\n'
    )
    problems = place.refuse({"REBALANCER_TELEGRAM__OWNER_ID": "me"})
    assert [problem.partition(": ")[0] for problem in problems] == [
        f"line 1   {file}",
        f"line 2   {file}",
        "telegram.owner_id   environment",
        f"line 5   {file}",
        f"line 6   {file}",
    ]
    assert "`provider` should be 'live' or 'sample'" in problems[0]
    assert "`currency` must be three letters" in problems[1]
    assert "`email.port` should be a valid integer" in problems[3]


@pytest.mark.parametrize(
    "line",
    [
        "timezone = 5",
        "currency = true",
        "telegram.owner_id = true",
        "email.port = 0",
        "email.port = 65536",
        "email.port = 1.5",
        'email.to = "a@b.org\\nBcc: c@d.org"',
        "tokenmetrics.requests_per_minute = 0",
        "coingecko.monthly_credits = -1",
        'tokenmetrics.auth_header = "x-key: y"',
        'timezone = "Europe/Berln"',
        'timezone = "../../etc/passwd"',
        'timezone = "Europe"',
        'telegram.base_url = "https://api.telegram.org"',
        "email = 5",
        "email = [{ port = 25 }]",
    ],
)
def test_values_of_the_wrong_kind_are_named(place: Place, line: str) -> None:
    place.write(line)
    (problem,) = place.refuse()
    assert f"`{line.split(' = ')[0]}`" in problem


def test_a_misspelt_time_zone_names_the_nearest(place: Place) -> None:
    place.write('timezone = "Europe/Berln"')
    assert "did you mean Europe/Berlin?" in place.refuse()[0]


@pytest.mark.parametrize(
    "url",
    [
        "https://proxy.example.org/tm",
        "http://127.0.0.1:8080",
        "http://localhost:1/x",
        "http://[::1]:9",
    ],
)
def test_https_and_this_machine_are_accepted(place: Place, url: str) -> None:
    assert (
        place.load({"REBALANCER_TOKENMETRICS__BASE_URL": url + "/"}).settings.tokenmetrics.base_url
        == url
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.org",
        "http://169.254.169.254/latest",
        "http://127.0.0.1.example.org",
        "http://localhost.example.org",
        "http://0.0.0.0",
        "file:///etc/passwd",
        "api.example.org",
        "https://",
        f"https://me:{CANARY}@example.org",
        f"https://example.org:{CANARY}/",
        f"https://example.org/?key={CANARY}",
        f"https://[{CANARY}",
        "http://127.0.0.1\\@example.org",
        "https://exa mple.org",
    ],
)
def test_any_other_address_is_refused_without_repeating_it(place: Place, url: str) -> None:
    (problem,) = place.refuse({"REBALANCER_COINGECKO__BASE_URL": url})
    assert "`coingecko.base_url` must" in problem
    assert CANARY not in problem


def test_mail_is_encrypted_beyond_this_machine(place: Place) -> None:
    place.write('[email]\nsecurity = "none"\nhost = "mail.example.org"')
    assert "for a server on this machine only" in place.refuse()[0]
    place.write('[email]\nsecurity = "none"\nhost = "127.0.0.1"')
    assert place.load().settings.email.security == "none"


def test_the_price_service_follows_the_plan(place: Place) -> None:
    paid = {"REBALANCER_COINGECKO__PLAN": "pro", "REBALANCER_COINGECKO__API_KEY": "CG-key"}
    pro = place.load(paid).settings.coingecko
    own = place.load({"REBALANCER_COINGECKO__BASE_URL": "https://a.org"}).settings.coingecko
    assert pro.url.startswith("https://pro-api.")
    assert own.url == "https://a.org"
    assert place.load().settings.coingecko.url.startswith("https://api.")


def test_a_relative_database_is_relative_to_the_file_that_names_it(place: Place) -> None:
    file = place.write('database = "my.db"', "deep/other.toml")
    assert place.load(config=file).settings.database == place.cwd / "deep" / "my.db"
    assert place.load({"REBALANCER_DATABASE": "my.db"}).settings.database == place.cwd / "my.db"


@pytest.mark.parametrize(
    "environ",
    [{"REBALANCER_COINGECKO__PLAN": "demo"}, {"REBALANCER_COINGECKO__API_KEY": "CG-key"}],
)
def test_a_key_of_the_price_service_and_its_plan_go_together(
    place: Place, environ: dict[str, str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        place.load(environ)
    assert "plan" in str(caught.value.problems[0])
    assert "CG-key" not in str(caught.value.problems[0])


SECRETS = ["tokenmetrics.api_key", "coingecko.api_key", "telegram.token", "email.password"]


def variable(key: str) -> str:
    return "REBALANCER_" + key.upper().replace(".", "__")


@pytest.mark.parametrize("key", SECRETS)
def test_a_secret_comes_from_the_environment_a_dotenv_file_or_a_directory(
    place: Place, key: str
) -> None:
    place.write('[coingecko]\nplan = "demo"')
    secrets = place.home / "secrets"
    secrets.mkdir()
    if key != "coingecko.api_key":
        (secrets / "coingecko.api_key").write_text("another")
        (secrets / "coingecko.api_key").chmod(0o600)
    (secrets / key).write_text("from-directory\n")
    (secrets / key).chmod(0o600)
    section, _, name = key.partition(".")

    def found(environ: Mapping[str, str] | None = None) -> str:
        settings = place.load(environ).settings
        secret: str = getattr(getattr(settings, section), name).get_secret_value()
        return secret

    assert found() == "from-directory"
    place.write(f"{variable(key)}='${{HOME}}-from-dotenv'", ".env")
    assert found() == "${HOME}-from-dotenv"
    assert found({variable(key): "from-environment"}) == "from-environment"


def test_the_directory_of_secrets_may_be_stated(place: Place, tmp_path: Path) -> None:
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    (mounted / "REBALANCER_TELEGRAM__TOKEN").write_text("a-token")
    (mounted / "of-another-program").write_text("x")
    resolved = place.load({"REBALANCER_SECRETS_DIR": str(mounted)})
    assert resolved.origins["telegram.token"] == str(mounted)
    with pytest.raises(SettingsError, match="names no directory"):
        place.load({"REBALANCER_SECRETS_DIR": str(tmp_path / "absent")})


def test_a_file_of_secrets_open_to_others_is_warned_about(place: Place) -> None:
    dotenv = place.write(f"REBALANCER_TELEGRAM__TOKEN={CANARY}", ".env")
    assert place.load().warnings == ()
    dotenv.chmod(0o644)
    (warning,) = place.load().warnings
    assert f"chmod 600 {dotenv}" in warning
    assert stat.S_IMODE(dotenv.stat().st_mode) == 0o644


ELSEWHERE = {
    "tokenmetrics.api_key": ("tokenmetrics.base_url", "https://example.org"),
    "coingecko.api_key": ("coingecko.base_url", "https://api.coingecko.com.example.org/api/v3"),
    "telegram.token": ("telegram.base_url", "https://example.org/bot"),
    "email.password": ("email.host", "smtp.example.org"),
}
"""Secret -> the setting that says where it is sent, and an address that is not the provider's."""
OWN = {
    "tokenmetrics.base_url": "https://api.tokenmetrics.com",
    "coingecko.base_url": "https://pro-api.coingecko.com/api/v3",
    "telegram.base_url": "https://api.telegram.org/bot",
}
TRUSTED = ("environment", "secrets", "home", "named")


def layered(place: Place, texts: Mapping[str, Mapping[str, str]]) -> tuple[dict[str, str], Any]:
    """Write settings into layers by name; returns the environment, and the file that is named."""
    environ = {variable(k): value for k, value in texts.get("environment", {}).items()}
    for key, value in texts.get("secrets", {}).items():
        (place.home / "secrets").mkdir(exist_ok=True)
        (place.home / "secrets" / key).write_text(value)
    if ".env" in texts:
        place.write("".join(f"{variable(k)}={v}\n" for k, v in texts[".env"].items()), ".env")
    files = {"found": place.cwd / "rebalancer.toml", "home": place.home / "rebalancer.toml",
             "named": place.home / "other.toml"}  # fmt: skip
    for name, path in files.items():
        if name in texts:
            path.write_text("".join(f'{key} = "{v}"\n' for key, v in texts[name].items()))
    return environ, files["named"] if "named" in texts else None


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("below", [".env", "found", *TRUSTED])
@pytest.mark.parametrize("above", [".env", "environment", "secrets"])
def test_a_secret_goes_only_where_somebody_said_who_is_trusted_as_much(
    place: Place, secret: str, above: str, below: str
) -> None:
    address, url = ELSEWHERE[secret]
    texts: dict[str, dict[str, str]] = {above: {secret: CANARY}}
    texts.setdefault(below, {})[address] = url
    environment = texts.setdefault("environment", {})
    environment["coingecko.plan"] = "pro"
    if not secret.startswith("coingecko."):
        environment["coingecko.api_key"] = "another"
    environ, config = layered(place, texts)
    if below in TRUSTED or above == ".env":
        assert place.load(environ, config=config).origins[address]
        return
    (problem,) = place.refuse(environ, config=config)
    assert f"`{address}` would send `{secret}`" in problem
    assert variable(address) in problem
    assert CANARY not in problem
    # What it says helps: each of the two, as it stands there.
    assert place.load(environ | {variable(address): url}, config=config)
    if below == "found":
        assert place.load(environ, config=place.cwd / "rebalancer.toml")


@pytest.mark.parametrize("address", OWN)
def test_the_providers_own_hosts_may_be_named_anywhere(place: Place, address: str) -> None:
    (secret,) = (key for key, (there, _) in ELSEWHERE.items() if there == address)
    environ, _ = layered(place, {
        "environment": {"coingecko.plan": "pro", "coingecko.api_key": "another", secret: CANARY},
        "found": {address: OWN[address]},
    })  # fmt: skip
    assert place.load(environ).origins[address] == str(place.cwd / "rebalancer.toml")


@pytest.mark.parametrize("key", SECRETS)
@pytest.mark.parametrize("value", [f'"{CANARY}"', "515151"])
def test_a_secret_in_the_settings_file_is_refused_and_not_repeated(
    place: Place, key: str, value: str
) -> None:
    place.write(f"{key} = {value}")
    (problem,) = place.refuse()
    assert f"set {variable(key)}" in problem
    assert value.strip('"') not in problem


def test_secrets_are_never_shown(place: Place) -> None:
    place.write('[coingecko]\nplan = "demo"')
    resolved = place.load({variable(key): CANARY for key in SECRETS})
    assert resolved.settings.telegram.token is not None
    assert resolved.settings.telegram.token.get_secret_value() == CANARY
    for text in (
        repr(resolved),
        str(resolved.settings),
        repr(resolved.settings.email),
        resolved.settings.model_dump_json(),
        repr(resolved.settings.model_dump()),
        repr(resolved.shown()),
    ):
        assert CANARY not in text
    assert {s.value for s in resolved.shown() if s.key in SECRETS} == {"********"}


@pytest.mark.parametrize(
    "environ",
    [
        {"REBALANCER_PROVIDER": CANARY},
        {"REBALANCER_EMAIL__PORT": CANARY},
        {"REBALANCER_TIMEZONE": CANARY},
        {"REBALANCER_TELEGRAM__TOKEN": f"{CANARY}\nsecond line"},
        {"REBALANCER_TELEGRAM__TOKENS": CANARY},
        {"REBALANCER_TELEGRAM": CANARY},
        {"REBALANCER_TELEGRAM__TOKEN": CANARY, "REBALANCER_CURRENCY": "1"},
    ],
)
def test_no_mistake_makes_the_error_repeat_what_was_written(
    place: Place, environ: Mapping[str, str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        place.load(environ)
    error = caught.value
    shown = "".join(traceback.format_exception(error))
    assert CANARY not in shown + repr(error.problems) + error.hint
    assert error.__context__ is None


def test_the_template_changes_nothing_as_it_is(place: Place) -> None:
    bare = place.load()
    place.write(template(data_dir=place.data))
    assert place.load() == bare


def test_the_template_with_every_key_uncommented_still_holds_the_defaults(place: Place) -> None:
    bare = place.load()
    text = template(data_dir=place.data)
    keys = [ln[1:] for ln in text.splitlines() if re.match(r"#\w+ = ", ln)]
    defaults = [ln for ln in text.splitlines() if "an example" not in ln]
    file = place.write("\n".join(re.sub(r"^#(?=\w+ = )", "", line) for line in defaults))
    resolved = place.load()
    assert resolved.settings == bare.settings
    assert len(keys) == len(bare.origins) - len(SECRETS)
    assert sum(origin == str(file) for origin in resolved.origins.values()) == len(keys) - 6


def test_the_examples_of_the_template_are_valid(place: Place) -> None:
    text = template(data_dir=place.data)
    place.write("\n".join(re.sub(r"^#(?=\w+ = )", "", line) for line in text.splitlines()))
    assert place.load().settings.email.host == "smtp.example.org"


def test_the_template_explains_every_key(place: Place) -> None:
    text = template(data_dir=place.data)
    for key in place.load().origins:
        name = variable(key) if key in SECRETS else f"#{key.rpartition('.')[2]} = "
        assert name in text


def test_what_should_be_mended_is_said_at_the_start_of_every_command(tmp_path: Path) -> None:
    shell = Shell(tmp_path, REBALANCER_PROVIDER="sample")
    dotenv = shell.write(".env", f"REBALANCER_TELEGRAM__TOKEN={CANARY}\n")
    dotenv.chmod(0o644)
    done = shell.run("market")
    assert done.code == 0
    assert f"run: chmod 600 {dotenv}" in done.err
    dotenv.chmod(0o600)
    assert "chmod" not in shell.run("market").err
