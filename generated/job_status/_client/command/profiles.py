# Generated from scripts/client/command/profiles.py by `make generate`; do not edit.

"""The command `profiles`: which settings there are, and where they come from. No value is shown."""

from __future__ import annotations

from .output import Results
from .settings import DEFAULT_PROFILE, Profiles, Settings
from .table import Distribution


def show(distribution: Distribution, profile: str | None) -> int:
    """Print the profiles, and the source of each setting of each product."""
    profiles, results = Profiles(distribution.program), Results()
    results.print(f"{profiles.path}: {', '.join(sorted(profiles.all)) or 'no profiles'}")
    for product in distribution.products:
        settings = Settings(distribution, product, profiles, profile)
        rows = [("url", product.url_variable), *((one.keyword, one.variable) for one in product.credentials)]
        for name, variable in rows:
            found = settings.find(name, variable)
            missing = f"not set; {variable}, or [profiles.{profile or DEFAULT_PROFILE}.{product.name}]"
            results.print(f"{product.name} {name}: {found.source if found else missing}")
    return 0
