"""Whether a database can be served by this version of MLflow, asked before MLflow opens it."""

import sqlite3
import time
from contextlib import closing
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import psycopg2
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from pydantic import SecretStr

from mlflow_serve.refusal import DAMAGED, NO_DATABASE, Refusal

MLFLOW = Path(find_spec("mlflow").origin).parent
RUNS = (MLFLOW / "store/db_migrations", "alembic_version")
USERS = (MLFLOW / "server/auth/db/migrations", "alembic_version_auth")
WAIT = 60
"""Longest time, in seconds, to wait for PostgreSQL to accept a connection."""

Schema = Literal["new", "current", "older"]


def sqlite_schema(path: Path, scripts: Path, table: str) -> Schema:
    """What the file at `path` holds.

    Raises:
        Refusal: it is damaged, or was written by a newer MLflow.
    """
    if not path.exists():
        return "new"
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=20)) as connection:
            problem = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            found = connection.execute(f"SELECT version_num FROM {table}").fetchone() if table in tables else None
    except sqlite3.DatabaseError as error:
        problem = str(error)
    if problem != "ok":
        raise Refusal(f"{path} is damaged ({' '.join(problem.split())}); bring a backup back: mlflow-restore FILE --replace", DAMAGED)
    return compared(str(path), found and found[0], scripts)


def postgresql_schema(url: SecretStr) -> Schema:
    """What the database at `url` holds, once it accepts a connection.

    Raises:
        Refusal: it cannot be reached, or was written by a newer MLflow.
    """
    with closing(connected(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('alembic_version')")
        found = None
        if cursor.fetchone()[0] is not None:
            cursor.execute("SELECT version_num FROM alembic_version")
            found = cursor.fetchone()
    return compared("the database of DATABASE_URL", found and found[0], RUNS[0])


def connected(url: SecretStr) -> "psycopg2.extensions.connection":
    """A connection; a server that is just starting is waited for."""
    end = time.monotonic() + WAIT
    while True:
        try:
            return psycopg2.connect(url.get_secret_value().replace("postgresql+psycopg2://", "postgresql://", 1), connect_timeout=5)
        except psycopg2.ProgrammingError:
            raise Refusal("DATABASE_URL: is no address of a database; write postgresql://user:password@host:5432/name") from None
        except psycopg2.OperationalError as error:
            if time.monotonic() > end:
                # Only the last line: those before repeat one cause for each address; a host and a user are named, never a password.
                cause = str(error).strip().splitlines()[-1].strip()
                raise Refusal(f"DATABASE_URL: no connection within {WAIT} s: {cause}", NO_DATABASE) from None
            time.sleep(1)


def compared(what: str, revision: str | None, scripts: Path) -> Schema:
    """How a schema's revision stands to the newest one known here."""
    if revision is None:
        return "new"
    known = ScriptDirectory(str(scripts))
    try:
        known.get_revision(revision)
    except CommandError:
        newer = f"{what} was written by another version of MLflow than {version('mlflow')}, probably a newer one (schema {revision})"
        raise Refusal(f"{newer}; use that version's image, or bring back a backup of this one", DAMAGED) from None
    return "current" if revision == known.get_current_head() else "older"
