"""The part of GitHub's REST API that keeps an issue: list, create, update, comment."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from ..printable import printable

VERSION = "2022-11-28"
ATTEMPTS = 4
LONGEST_PAUSE = 90.0  # seconds; a longer rate limit is an error, since a later run can do the same
PAGE_SIZE = 100
REDIRECTS = 3  # to follow: a repository that was renamed or transferred is elsewhere


class GitHubError(Exception):
    """GitHub refused a request, or did not respond. The message has no credential."""


class GitHub:
    """A repository on GitHub. Requests that failed on the way, or came too often, are sent again.

    Raises:
        GitHubError: The URL is not one.
    """

    def __init__(
        self,
        url: str,
        repository: str,
        token: str,
        *,
        sleep: Callable[[float], object] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        headers = {
            "accept": "application/vnd.github+json",
            "authorization": f"Bearer {token}",
            "user-agent": "job-status-tools",
            "x-github-api-version": VERSION,
        }
        try:
            self._client = httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=30)
        except (httpx.InvalidURL, ValueError) as error:
            raise GitHubError(f"GITHUB_API_URL: expected a URL, got {printable(url)}: {printable(error)}") from None
        self._path = f"/repos/{repository}/issues"
        self._sleep, self._now = sleep, now

    def issues(self, label: str, state: str = "open") -> Iterator[dict[str, Any]]:
        """Yield the `open` or `closed` issues with a label, oldest first; pull requests are left out.

        Raises:
            GitHubError: GitHub refused the request, or did not respond.
        """
        query = {"state": state, "labels": label, "sort": "created", "direction": "asc", "per_page": str(PAGE_SIZE)}
        number = 1
        while True:
            page = self._send("GET", self._path, params={**query, "page": str(number)})
            if not isinstance(page, list):
                raise GitHubError(f"GET {self._path}: expected a list of issues")
            yield from (one for one in page if _is_issue(one))
            if len(page) < PAGE_SIZE:
                return
            number += 1

    def create(self, title: str, body: str, label: str) -> int:
        """Create an issue and return its number.

        Raises:
            GitHubError: GitHub refused the request, or did not respond.
        """
        issue = self._send("POST", self._path, json={"title": title, "body": body, "labels": [label]})
        number = issue.get("number") if isinstance(issue, dict) else None
        if not isinstance(number, int):
            raise GitHubError(f"POST {self._path}: expected an issue with its number")
        return number

    def update(self, number: int, fields: Mapping[str, str]) -> None:
        """Change fields of an issue, such as `body` or `state`.

        Raises:
            GitHubError: GitHub refused the request, or did not respond.
        """
        self._send("PATCH", f"{self._path}/{number}", json=dict(fields))

    def comment(self, number: int, body: str) -> None:
        """Comment on an issue.

        Raises:
            GitHubError: GitHub refused the request, or did not respond.
        """
        self._send("POST", f"{self._path}/{number}/comments", json={"body": body})

    def _send(self, method: str, path: str, **content: Any) -> Any:
        """Send a request until it is accepted, refused, or has been sent often enough.

        A POST is sent again only if GitHub has certainly not acted on it: it was not connected, or was refused because
        of a rate limit.
        """
        problem = ""
        for attempt in range(ATTEMPTS):
            try:
                response = self._request(method, path, **content)
            except httpx.HTTPError as error:
                problem = f"no response: {type(error).__name__}"
                if method == "POST" and not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
                    break
                pause = 2.0**attempt
            else:
                if response.is_success:
                    return self._parsed(response)
                problem = f"{response.status_code}: {self._message(response)}"
                limit = self._limit(response)
                if limit is None and (response.status_code < 500 or method == "POST"):
                    break
                pause = 2.0**attempt if limit is None else limit
                if pause > LONGEST_PAUSE:
                    problem += f"; the rate limit ends in {pause:.0f} s"
                    break
            if attempt < ATTEMPTS - 1:
                self._sleep(pause)
        raise GitHubError(f"GitHub: {method} {path}: {problem}")

    def _request(self, method: str, path: str, **content: Any) -> httpx.Response:
        """Send a request, again with the same method where GitHub redirects it to: to another path, never elsewhere."""
        response = self._client.request(method, path, **content)
        for _ in range(REDIRECTS):
            target = response.next_request.url if response.has_redirect_location and response.next_request else None
            if target is None or _origin(target) != _origin(response.url):
                break
            response = self._client.request(method, target, json=content.get("json"))
        return response

    def _limit(self, response: httpx.Response) -> float | None:
        """Return the seconds until a rate limit ends, or None if the response is about something else."""
        if response.status_code not in (403, 429):
            return None
        after, reset = response.headers.get("retry-after", ""), response.headers.get("x-ratelimit-reset", "")
        if after.isdecimal():
            return float(after)
        if response.headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
            return max(1.0, float(reset) - self._now())
        return 60.0 if response.status_code == 429 or "rate limit" in self._message(response).lower() else None

    def _parsed(self, response: httpx.Response) -> Any:
        try:
            return response.json()
        except ValueError:
            raise GitHubError(f"GitHub: {response.request.url.path}: expected JSON") from None

    def _message(self, response: httpx.Response) -> str:
        try:
            found = response.json()["message"]
        except (ValueError, KeyError, TypeError):
            found = re.sub(r"\s+", " ", response.text)
        return printable(found, 200)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _is_issue(found: Any) -> bool:
    return isinstance(found, dict) and type(found.get("number")) is int and "pull_request" not in found
