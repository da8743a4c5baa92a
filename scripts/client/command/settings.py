"""Where a command finds base URL and credentials: options, a profile, the environment. Never in its arguments."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from .status import UNKNOWN, USAGE, CommandError
from .table import Credential, Distribution, Product
from .values import read_file

DEFAULT_PROFILE: Final = "default"
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class Found(NamedTuple):
    """A setting and where it comes from. Only the source is ever displayed."""

    value: str
    source: str


def option_of(credential: Credential) -> str:
    """Return the option that names the file of a credential."""
    return f"--{credential.keyword.strip('_').replace('_', '-')}-file"


def config_file(program: str) -> Path:
    """Return the path of the file with the profiles."""
    home = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    try:
        folder = Path(home).expanduser()
    except RuntimeError:  # a user without a home, as in a container: there is no such file
        folder = Path(os.sep, home)
    return folder / program / "config.toml"


class Profiles:
    """The profiles of the configuration file, which is read when it is needed.

    Raises:
        CommandError: Others can read the file, or it is not as expected.
    """

    def __init__(self, program: str) -> None:
        self.path = config_file(program)
        self._read: Mapping[str, Any] | None = None

    @property
    def all(self) -> Mapping[str, Any]:
        """The settings by profile and product."""
        if self._read is None:
            self._read = self._load()
        return self._read

    def get(self, profile: str, product: str, name: str) -> Found | None:
        """Return a setting of a product, or None if missing."""
        section = self.all.get(profile, {}).get(product, {})
        value = section.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise CommandError(f"{self.path}: profiles.{profile}.{product}.{name} must be a string", UNKNOWN)
        return Found(value, f"profile {profile}")

    def _load(self) -> Mapping[str, Any]:
        try:
            mode = self.path.stat().st_mode
            if os.name == "posix" and mode & OTHERS:
                problem = f"{self.path} can be read by other users, and it may contain credentials"
                raise CommandError(f"{problem}; run: chmod 600 {self.path}", UNKNOWN)
            loaded = tomllib.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise CommandError(f"{self.path}: {error.strerror or error}", UNKNOWN) from None
        except ValueError as error:
            # The message of the parser shows no part of the file but its position.
            raise CommandError(f"{self.path} is not TOML: {_position(error)}", UNKNOWN) from None
        profiles = loaded.get("profiles")
        for name, products in (profiles if isinstance(profiles, dict) else {"": None}).items():
            if not isinstance(products, dict) or not all(isinstance(one, dict) for one in products.values()):
                where = f"[profiles.{name or 'NAME'}.PRODUCT]"
                raise CommandError(f"{self.path}: expected tables {where} with url and credentials", UNKNOWN)
        return profiles or {}


def _position(error: ValueError) -> str:
    text = str(error)
    return text[text.rindex("(at ") + 1 : -1] if "(at " in text else "it is not UTF-8"


class Settings:
    """The settings of one product.

    Args:
        distribution: The distribution.
        product: The product.
        profiles: The profiles.
        profile: The profile that `--profile` names, or None.
        url: The value of `--url`, or None.
        files: The file of each credential that an option names, by argument of the client.
    """

    def __init__(
        self,
        distribution: Distribution,
        product: Product,
        profiles: Profiles,
        profile: str | None = None,
        url: str | None = None,
        files: Mapping[str, str] | None = None,
    ) -> None:
        self.distribution = distribution
        self.product = product
        self.profiles = profiles
        self.profile = profile
        self.files = files or {}
        self.given_url = url
        if profile is not None and profile not in profiles.all:
            known = ", ".join(sorted(profiles.all)) or "none"
            raise CommandError(f"there is no profile {profile!r} in {profiles.path}; profiles there: {known}")

    def find(self, name: str, variable: str) -> Found | None:
        """Return a setting of the profile that an option names, of the environment, or of the default profile."""
        return next((found for source in self._sources() if (found := source(name, variable))), None)

    def _sources(self) -> Iterator[Callable[[str, str], Found | None]]:
        """Yield where settings come from, in their order; each takes the name of a setting and its variable."""
        if self.profile is not None:
            yield self._profile_setting(self.profile)
        yield _variable
        if self.profile is None:
            yield self._profile_setting(DEFAULT_PROFILE)

    def _profile_setting(self, profile: str) -> Callable[[str, str], Found | None]:
        return lambda name, _: self.profiles.get(profile, self.product.name, name)

    def url(self) -> Found | None:
        """Return the base URL, or None if missing."""
        return Found(self.given_url, "--url") if self.given_url else self.find("url", self.product.url_variable)

    def credentials(self) -> dict[str, Found]:
        """Return the credentials by argument of the client: of each source in turn, until they suffice.

        So a source is not read if those before it suffice, and none can decide which alternative is sent after that.
        """
        found = {}
        for credential in self.product.credentials:
            if (name := self.files.get(credential.keyword)) is not None:
                text = read_file(name, option_of(credential)).strip("\r\n")
                found[credential.keyword] = Found(text, option_of(credential))
        for source in self._sources():
            if any(set(keywords) <= found.keys() for keywords in self.product.alternatives if keywords):
                break
            for credential in self.product.credentials:
                value = source(credential.keyword, credential.variable)
                if value and credential.keyword not in found:
                    found[credential.keyword] = value
        return found

    def _limits_store(self, *others: Found) -> Found | None:
        """Return the store of limits; that of a profile only with other settings of profiles."""
        variable = self.product.url_variable.removesuffix("URL") + "LIMITS_STORE"
        if any(one.source.startswith("profile ") for one in others):
            return self.find("limits_store", variable)
        return _variable("limits_store", variable)

    def client(self) -> Any:
        """Return the client.

        Raises:
            CommandError: The base URL or a credential is missing or invalid.
        """
        from importlib import import_module

        from ..errors import InvalidArgumentError

        product = self.product
        url, found = self.url(), self.credentials()
        if url is None:
            ways = f"pass --url, set {product.url_variable}, or add url to a profile in {self.profiles.path}"
            raise CommandError(f"{product.name}: the base URL is missing; {ways}")
        if not any(set(keywords) <= found.keys() for keywords in product.alternatives or ((),)):
            raise CommandError(f"{product.name}: {self._missing()}", UNKNOWN)
        cls = getattr(import_module(self.distribution.package), product.class_name)
        kinds = {credential.keyword: credential.kind for credential in product.credentials}
        values = {keyword: _credential(kinds[keyword], one) for keyword, one in found.items()}
        store = self._limits_store(url, *found.values())
        try:
            return cls(url.value, **values, limits_store=None if store is None else store.value)
        except InvalidArgumentError as error:
            status = USAGE if "base_url=" in str(error) else UNKNOWN
            raise CommandError(f"{product.name}: {error}", status) from None

    def _missing(self) -> str:
        """Return which credentials are missing, and where they can be set."""
        by_keyword = {credential.keyword: credential for credential in self.product.credentials}
        ways = [
            " and ".join(
                f"{by_keyword[keyword].variable} (or {option_of(by_keyword[keyword])})" for keyword in keywords
            )
            for keywords in self.product.alternatives
        ]
        keywords = ", ".join(dict.fromkeys(keyword for one in self.product.alternatives for keyword in one))
        profile = f"or add {keywords} to a profile in {self.profiles.path}"
        return f"a credential is missing; set {', or '.join(ways)}, {profile}"


def _variable(_: str, variable: str) -> Found | None:
    """Return the setting of an environment variable."""
    value = os.environ.get(variable)
    return Found(value, variable) if value else None


def _credential(kind: str, found: Found) -> Any:
    """Return a credential as the client takes it.

    Raises:
        CommandError: User and password are not separated by a colon.
    """
    if kind != "basic":
        return found.value
    user, colon, password = found.value.partition(":")
    if not colon:
        # The value itself stays out of the message.
        raise CommandError(f"{found.source} must be user:password, got no colon", UNKNOWN)
    return user, password
