"""Token providers: callables that create short-lived JSON Web Tokens.

They need PyJWT, the extra `jwt` of the distribution.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from .auth import Secret
from .errors import InvalidArgumentError

CLOCK_SKEW: Final = 60.0  # seconds that the clock of this machine may be fast


class AppToken:
    """Provide the token of an AI for Service app, renewed before it expires and once when it is rejected.

    Pass it as `jwt=`. The token is signed with HS256 and has the claims `appId`, `sub`, `iat` and `exp`.

    Args:
        client_id: The client id of the app, such as `cs-...`; it becomes the claim `appId`.
        client_secret: The client secret of the app.
        sub: The user on whose behalf the app acts.
        lifetime: Seconds until a token expires.
        claims: Further claims, such as `jti` if the app enforces it; a callable is called for each token.

    Raises:
        InvalidArgumentError: PyJWT is not installed, or an argument is invalid.

    Source: How to generate the JWT token, https://docs.kore.ai/ai-for-service/apis/automation/api-introduction.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        *,
        sub: str,
        lifetime: float = 300.0,
        claims: Mapping[str, Any] | Callable[[], Mapping[str, Any]] | None = None,
    ) -> None:
        for name, value in (("client_id", client_id), ("client_secret", client_secret), ("sub", sub)):
            if not isinstance(value, str) or not value:
                raise InvalidArgumentError(f"{name}= must be a string that is not empty, got {type(value).__name__}")
        if not (isinstance(lifetime, int | float) and 1 < lifetime < 1e9):
            raise InvalidArgumentError(f"lifetime= must be more than 1 second, got {lifetime!r}")
        if not (claims is None or isinstance(claims, Mapping) or callable(claims)):
            expected = "a mapping, or a callable that returns one"
            raise InvalidArgumentError(f"claims= must be {expected}, got {type(claims).__name__}")
        try:
            import jwt
        except ImportError:
            raise InvalidArgumentError("AppToken needs PyJWT; install it with: pip install pyjwt") from None
        self._encode = jwt.encode
        self._client_id = client_id
        self._client_secret = Secret(client_secret)
        self._sub = sub
        self._lifetime = lifetime
        self._claims = claims
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._token: Secret | None = None
        self._expires = 0.0

    def __call__(self) -> str:
        """Return a token that is valid for at least a tenth of its lifetime."""
        with self._own_lock():
            now = time.time()
            if self._token is None or now > self._expires - self._lifetime / 10:
                claims = self._claims() if callable(self._claims) else self._claims or {}
                if not isinstance(claims, Mapping):
                    raise InvalidArgumentError(f"claims= must return a mapping, got {type(claims).__name__}")
                expires = now + self._lifetime
                payload = {
                    **claims,
                    "appId": self._client_id,
                    "sub": self._sub,
                    # The clock of this machine may be a minute fast: no token is issued in the future.
                    "iat": int(now - CLOCK_SKEW),
                    "exp": int(expires),
                }
                try:
                    encoded = self._encode(payload, self._client_secret.reveal(), algorithm="HS256")
                except (TypeError, ValueError) as error:
                    raise InvalidArgumentError(f"claims= cannot be encoded as JSON: {error}") from None
                self._token = Secret(encoded)
                self._expires = expires
            token: str = self._token.reveal()
            return token

    def renew(self) -> None:
        """Discard the token, so that the next request gets a new one. A client does this when a token is rejected."""
        with self._own_lock():
            self._token = None

    def _own_lock(self) -> threading.Lock:
        """Return the lock of this process: a thread of the one that it was forked from may hold the former forever."""
        if self._process != os.getpid():
            self._lock, self._process = threading.Lock(), os.getpid()
        return self._lock

    def __repr__(self) -> str:
        return f"AppToken({self._client_id!r})"
