# Generated from scripts/client/limits_store.py by `make generate`; do not edit.

"""Where several processes count the requests of documented rate limits together: a file of SQLite, or Redis."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Protocol, TypeAlias

from .errors import InvalidArgumentError
from .sanitize import describe, sanitize

Window: TypeAlias = tuple[int, float]  # requests, seconds

TIMEOUT: Final = 1.0  # seconds to wait for Redis
BUSY_TIMEOUT: Final = 0.1  # seconds to wait for a file that another process uses, and until it is tried again
# Seconds without a store after its first failure, and after many.
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 30.0
LOG_INTERVAL: Final = 60.0  # seconds between two lines about a store that fails
APPLICATION_ID: Final = 0x6A6F6273  # of the SQLite files that this module creates
# Requests that seem to be sent so many seconds from now were counted before the clock was set back.
CLOCK_TOLERANCE: Final = 1.0
SCHEMES: Final = ("redis://", "rediss://", "unix://")
CREATE: Final = (
    "CREATE TABLE requests (key TEXT NOT NULL, sent_at REAL NOT NULL, expires_at REAL NOT NULL)",
    "CREATE INDEX by_key ON requests (key, sent_at)",
    "CREATE INDEX by_expiry ON requests (expires_at)",
    f"PRAGMA application_id = {APPLICATION_ID}",
)
# A list per key, the latest request first. The clock is that of the server, which all processes share.
SCRIPT: Final = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local wait, most, longest = 0, 0, 0
for i = 2, #ARGV, 2 do
  local requests, seconds = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  most, longest = math.max(most, requests), math.max(longest, seconds)
  local sent_at = tonumber(redis.call('LINDEX', KEYS[1], requests - 1) or '-inf')
  wait = math.max(wait, sent_at + seconds - now)
end
if wait > 0 and ARGV[1] == '0' then
  return string.format('%.6f', wait)
end
redis.call('LPUSH', KEYS[1], string.format('%.6f', now))
redis.call('LTRIM', KEYS[1], 0, most - 1)
redis.call('PEXPIRE', KEYS[1], math.ceil(longest * 1000))
return '0'
"""

logger: Final = logging.getLogger("job_status")

# Connections of SQLite that a forked process has inherited: using, or even closing them there could corrupt the file.
_inherited: list[Any] = []


class LimitsStore(Protocol):
    """Counts requests for all processes."""

    def acquire(self, key: str, windows: Sequence[Window], *, is_sent: bool) -> float:
        """Count a request, unless a window is full.

        Args:
            key: What the windows are about.
            windows: The maximum numbers of requests, and the seconds of each window.
            is_sent: Whether the request is sent in any case, and so is counted.

        Returns:
            0 if it was counted, otherwise the seconds until the windows may allow it.
        """


def open_store(value: Any) -> LimitsStore:
    """Return the store that `limits_store=` names.

    Raises:
        InvalidArgumentError: It is neither a path nor a Redis URL, or cannot be used.
    """
    if isinstance(value, str) and value.startswith(SCHEMES):
        return RedisStore(value)
    if not isinstance(value, str | os.PathLike) or not os.fspath(value) or "://" in os.fsdecode(value):
        expected = "limits_store= must be the path of a file, or a URL such as redis://host:6379/0"
        # A URL may contain a password.
        got = "another URL" if isinstance(value, str) and "://" in value else describe(value)
        raise InvalidArgumentError(f"{expected}, got {got}")
    return FileStore(os.path.abspath(os.fsdecode(value)))


class Guarded:
    """A store whose failures end no wait: they are logged, and the limits are those of this process alone."""

    def __init__(self, store: LimitsStore) -> None:
        self._store = store
        self._logged_at = float("-inf")
        self._retry_at = float("-inf")
        self._pause = FIRST_PAUSE

    def acquire(self, key: str, windows: Sequence[Window], *, is_sent: bool) -> float:
        """Count a request, unless a window is full; see `LimitsStore`."""
        # A store that hangs would delay every poll.
        if time.monotonic() < self._retry_at:
            return 0.0
        try:
            wait = self._store.acquire(key, windows, is_sent=is_sent)
        except Exception as error:
            self._retry_at = time.monotonic() + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
            if time.monotonic() - self._logged_at >= LOG_INTERVAL:
                self._logged_at = time.monotonic()
                # The message of a Redis client may repeat its URL.
                reason = sanitize(error, 200) if isinstance(error, sqlite3.Error | OSError) else type(error).__name__
                logger.warning("the limits are not shared with other processes: limits_store= fails: %s", reason)
            return 0.0
        self._pause = FIRST_PAUSE
        return wait


class FileStore:
    """A store in a file of this machine.

    Raises:
        InvalidArgumentError: The file cannot be written, or is not one that a store has created.
    """

    def __init__(self, path: str, wall: Callable[[], float] = time.time) -> None:
        self._path = path
        self._wall = wall
        self._connection: sqlite3.Connection | None = None
        self._process = 0
        problem = ""
        try:
            if not self._create():
                problem = "is not a file of limits_store="
        except (sqlite3.Error, OSError, ValueError) as error:  # a null character or a surrogate in the path
            problem = f"cannot be used: {sanitize(error, 200)}"
        if problem:
            where = f"limits_store= is {sanitize(path, 200)}"
            raise InvalidArgumentError(f"{where}, which {problem}; name a new file, in an existing folder")

    def acquire(self, key: str, windows: Sequence[Window], *, is_sent: bool) -> float:
        """Count a request, unless a window is full; see `LimitsStore`."""
        try:
            with self._transaction() as connection:
                return self._acquire(connection, key, windows, is_sent)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or is_sent:
                raise
            return BUSY_TIMEOUT

    def _acquire(self, connection: sqlite3.Connection, key: str, windows: Sequence[Window], is_sent: bool) -> float:
        now, wait = self._wall(), 0.0
        expired = "DELETE FROM requests WHERE expires_at <= ? OR (key = ? AND sent_at > ?)"
        connection.execute(expired, (now, key, now + CLOCK_TOLERANCE))
        for requests, seconds in windows:
            query = "SELECT sent_at FROM requests WHERE key = ? ORDER BY sent_at DESC LIMIT 1 OFFSET ?"
            row = connection.execute(query, (key, requests - 1)).fetchone()
            if row is not None:
                wait = max(wait, row[0] + seconds - now)
        if wait > 0 and not is_sent:
            return wait
        longest = max(seconds for _, seconds in windows)
        connection.execute("INSERT INTO requests VALUES (?, ?, ?)", (key, now, now + longest))
        return 0.0

    def _create(self) -> bool:
        """Create the table in an empty file, and return whether the file is that of a store."""
        if self._application_id(self._open()) == APPLICATION_ID:
            return True  # without waiting for a process that is writing
        with self._transaction() as connection:
            if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                for statement in CREATE:
                    connection.execute(statement)
            return self._application_id(connection) == APPLICATION_ID

    @staticmethod
    def _application_id(connection: sqlite3.Connection) -> int:
        found: int = connection.execute("PRAGMA application_id").fetchone()[0]
        return found

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._open()
        # One that an exception of a signal handler has left open.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _open(self) -> sqlite3.Connection:
        """Return the connection of this process."""
        if self._connection is not None and self._process == os.getpid():
            return self._connection
        if self._connection is not None:
            _inherited.append(self._connection)
        connection = sqlite3.connect(self._path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False)
        # Requests are of interest for minutes only, so nothing must survive a failure of the machine.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = PERSIST")
        self._connection, self._process = connection, os.getpid()
        return connection


class RedisStore:
    """A store in Redis, for processes of any number of machines.

    Raises:
        InvalidArgumentError: The URL is not valid, or the extra `redis` is not installed.
    """

    def __init__(self, url: str) -> None:
        try:
            import redis
        except ImportError:
            problem = "limits_store= is a Redis URL, which needs redis: pip install 'job-status[redis]'"
            raise InvalidArgumentError(problem) from None
        try:
            options = {"socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT}
            self._script = redis.Redis.from_url(url, **options).register_script(SCRIPT)
        except Exception as error:
            # Its message may repeat the password.
            problem = f"limits_store= is not a valid Redis URL: {type(error).__name__}"
            raise InvalidArgumentError(problem) from None

    def acquire(self, key: str, windows: Sequence[Window], *, is_sent: bool) -> float:
        """Count a request, unless a window is full; see `LimitsStore`."""
        numbers = [number for window in windows for number in window]
        return float(self._script(keys=[f"job-status:{key}"], args=[int(is_sent), *numbers]))
