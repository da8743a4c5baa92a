"""A cluster of PostgreSQL for a test: on a free loopback port, with a password, as a user that is not root."""

import os
import pwd
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import Final

from ..live_products.servers import Servers, free_port
from .environments import BUILD

USER: Final = "postgres"  # of Debian's package, under which a cluster of root runs
# A signal for the cluster when the test has ended in any way, also by SIGKILL.
FAST: Final = ("setpriv", "--pdeathsig", "INT")


class PostgresMissingError(Exception):
    """PostgreSQL is not installed. The message says how to install it."""


def programs() -> Path:
    """Return the folder of the programs of the newest PostgreSQL.

    Raises:
        PostgresMissingError: PostgreSQL is not installed.
    """
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    found = versions[-1] if versions else shutil.which("initdb")
    if found is None:
        raise PostgresMissingError("expected the program initdb, of Debian's package postgresql")
    return Path(found).resolve().parent


def start_cluster(servers: Servers) -> str:
    """Start a cluster, and return the URL of its database.

    Raises:
        PostgresMissingError: PostgreSQL is not installed.
    """
    binaries, password, port = programs(), secrets.token_hex(16), free_port()
    folder = BUILD / "postgres"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "password").write_text(password, encoding="utf-8")
    as_user: tuple[str, ...] = ()
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        user = pwd.getpwnam(USER)
        as_user = ("setpriv", "--reuid", USER, "--regid", str(user.pw_gid), "--init-groups")
        for path in (folder, folder / "password"):
            os.chown(path, user.pw_uid, user.pw_gid)
    options = ["--username=airflow", "--auth=scram-sha-256", "--no-sync", "--encoding=UTF8", "--locale=C"]
    initialize = [*as_user, str(binaries / "initdb"), "-D", str(folder / "data"), *options]
    made = subprocess.run(
        [*initialize, f"--pwfile={folder / 'password'}"], cwd="/", capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stdout + made.stderr
    (folder / "password").unlink()
    settings = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "fsync": "off",
        "max_connections": "200",
    }
    flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command = [*as_user, *FAST, str(binaries / "postgres"), "-D", str(folder / "data"), "-p", str(port), *flags]
    servers.start("postgres", command, {"PATH": os.environ["PATH"]}, Path("/"))
    ready = [str(binaries / "pg_isready"), "--host=127.0.0.1", f"--port={port}", "--quiet"]
    servers.wait_until("PostgreSQL accepts connections", lambda: subprocess.run(ready, check=False).returncode == 0)
    return f"postgresql+psycopg2://airflow:{password}@127.0.0.1:{port}/postgres"
