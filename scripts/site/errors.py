"""Why the site cannot be built."""


class SiteError(Exception):
    """The site cannot be built."""
