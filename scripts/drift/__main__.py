"""The command `job-status-tools drift`: keep an issue on GitHub about an API that has drifted from its document.

It reads the report of a verification. `GITHUB_TOKEN` is the credential; `GITHUB_API_URL`, `GITHUB_REPOSITORY` and the
link to the run come from GitHub Actions.

Exit statuses: 0 the issue is as it should be, 2 a report cannot be read, or GitHub refused.
"""

import argparse
import os
import re
import sys
from pathlib import Path

from .. import cli
from .github import GitHub, GitHubError
from .issue import Drift, synchronize
from .sarif import ReportError, read_report


def main() -> int:
    """Synchronize the issue with a report; return the exit status."""
    parser = argparse.ArgumentParser(
        prog=cli.program_name("drift"), description="Open, update or close the issue about an API that has drifted."
    )
    parser.add_argument(
        "report", type=Path, help="the SARIF report of a verification, such as build/verify/verify.sarif"
    )
    parser.add_argument("--name", required=True, help="the name of the API in the issue, such as agent-platform")
    repository = os.environ.get("GITHUB_REPOSITORY", "")
    parser.add_argument("--repository", default=repository, help="OWNER/NAME (default: GITHUB_REPOSITORY)")
    arguments = parser.parse_args()
    token = os.environ.get("GITHUB_TOKEN", "")
    if not token.strip() or not token.isprintable() or not token.isascii():
        cli.print_error("GITHUB_TOKEN: expected a token that may write issues; it is not set, or is not one")
        return cli.EXIT_ERROR
    if not re.fullmatch(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+", arguments.repository):
        cli.print_error("--repository: expected OWNER/NAME, or GITHUB_REPOSITORY to be set")
        return cli.EXIT_ERROR
    try:
        findings = read_report(arguments.report)
        github = GitHub(os.environ.get("GITHUB_API_URL", "https://api.github.com"), arguments.repository, token)
        print(synchronize(github, Drift(arguments.name, _run()), findings))
    except (ReportError, GitHubError) as error:
        cli.print_error(str(error))
        return cli.EXIT_ERROR
    return 0


def _run() -> str:
    """Return the link to the run of GitHub Actions, or an empty string."""
    parts = [os.environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    return f"{parts[0]}/{parts[1]}/actions/runs/{parts[2]}" if all(parts) else ""


if __name__ == "__main__":
    sys.exit(cli.run_command(main))
