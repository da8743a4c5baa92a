"""The optional arguments of clients, calls and waits: name, type and default, and description, in one table each."""

from attrs import frozen


@frozen
class Option:
    """An optional argument.

    Attributes:
        name: Its name.
        type: Its type and default, as source. `{transport}` and `{model}` are placeholders.
        text: Its description.
    """

    name: str
    type: str
    text: str

    def parameter(self, **placeholders: str) -> str:
        """Return the parameter as source."""
        return f"{self.name}: {self.type.format(**placeholders)}"

    @property
    def row(self) -> str:
        """The row of the `Args` section."""
        return f"{self.name}: {self.text}"


CLIENT_OPTIONS = (
    Option("timeout", "float = 30.0", "Seconds for a call, including its retries."),
    Option(
        "max_retries",
        "int = 2",
        "How often an idempotent call is retried after a connection error or 429, 502, 503, 504.",
    ),
    Option("headers", "_Mapping[str, str] | None = None", "Headers of every request."),
    Option(
        "verify",
        "_ssl.SSLContext | str | bool = True",
        "True to trust the certificates of the system and of certifi, the path of a file or folder of "
        "certificates, an SSL context, or False to disable verification.",
    ),
    Option("proxy", "str | _httpx.Proxy | None = None", "The URL of a proxy, instead of that of the environment."),
    Option(
        "http_transport",
        "_httpx.{transport} | None = None",
        "An httpx transport to use instead of the built-in one. Configure TLS and proxies in it: passing `verify` or "
        "`proxy` too is an error.",
    ),
    Option(
        "event_hooks",
        "_Mapping[str, list[_Callable[..., _Any]]] | None = None",
        "Event hooks as in httpx. The requests passed to them contain no credentials.",
    ),
    Option("max_response_bytes", "int = 10_000_000", "Maximum size of a response body; a larger one is an error."),
    Option(
        "trust_env",
        "bool = True",
        "Whether HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR and the variables of the "
        "base URL and the credentials are used.",
    ),
    Option(
        "record",
        "str | _os.PathLike[str] | None = None",
        "The path of an HTTP Archive, HAR 1.2, to which each request and response is appended, with secrets redacted.",
    ),
    Option(
        "max_in_flight",
        "int = 200",
        "Maximum number of polls in flight, up to 1000. Below it, their number adapts to the demand and to the latency "
        "of the server.",
    ),
    Option(
        "limits_store",
        "str | _os.PathLike[str] | None = None",
        "The path of a file, or a Redis URL, by which processes with the same credential share the documented limits.",
    ),
)

CALL_OPTIONS = (
    Option("timeout", "float | None = None", "Seconds for the call, instead of the client's `timeout`."),
    Option("headers", "_Mapping[str, str] | None = None", "Headers of this request, in addition to the client's."),
)

WAIT_OPTIONS = (
    Option(
        "timeout",
        "float | None = 3600.0",
        "Seconds until `JobTimeoutError`, or None for no limit. The job keeps running.",
    ),
    Option(
        "on_update",
        "_Callable[[{model}, float | None], object] | None = None",
        "Called with the status and the progress, 0 to 100 or None, whenever either changes.",
    ),
    Option(
        "schedule",
        "_Iterable[float] | _LearnedSchedule | None = None",
        "Due times of the polls in seconds after the start of the wait, instead of the default schedule; the last "
        "interval repeats, and an iterator serves one job. Or a `LearnedSchedule`.",
    ),
    Option(
        "after_run",
        "_RunId | None = None",
        "A run from `current_run()` of a job; that run and earlier ones are ignored.",
    ),
    Option(
        "not_started_timeout",
        "float = 30.0",
        "Seconds until `JobNotStartedError` while nobody has started the job.",
    ),
    Option(
        "error_timeout",
        "float = 120.0",
        "Seconds of consecutive transient errors, such as 503 or no connection, that are tolerated.",
    ),
    Option(
        "raise_on_partial",
        "bool = False",
        "Whether a job that succeeded in part raises `JobPartialError`, instead of returning its status.",
    ),
    Option("headers", "_Mapping[str, str] | None = None", "Headers of every request, in addition to the client's."),
)
WAIT_OPTION = {option.name: option for option in WAIT_OPTIONS}
