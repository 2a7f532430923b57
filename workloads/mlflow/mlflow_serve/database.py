"""Whether a database can be served by this version of MLflow, asked before MLflow opens it."""

import sqlite3
from contextlib import closing
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import psycopg2
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from pydantic import SecretStr

from mlstack_common.ending import Exit, Failure
from mlstack_common.waiting import attempt

MLFLOW = Path(find_spec("mlflow").origin).parent
RUNS = (MLFLOW / "store/db_migrations", "alembic_version")
USERS = (MLFLOW / "server/auth/db/migrations", "alembic_version_auth")
WAIT = 60
"""Most seconds until PostgreSQL accepts a connection."""

Schema = Literal["new", "current", "older"]


def sqlite_schema(path: Path, scripts: Path, table: str) -> Schema:
    """What the file at `path` holds.

    Raises:
        Failure: it is damaged, or was written by a newer MLflow.
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
        raise Failure(Exit.DATA, f"{path} is damaged ({' '.join(problem.split())}); bring a backup back: mlflow-restore FILE --replace")
    return compare(str(path), found and found[0], scripts)


def postgresql_schema(url: SecretStr) -> Schema:
    """What the database at `url` holds.

    Raises:
        Failure: it cannot be reached, or was written by a newer MLflow.
    """
    with closing(connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('alembic_version')")
        found = None
        if cursor.fetchone()[0] is not None:
            cursor.execute("SELECT version_num FROM alembic_version")
            found = cursor.fetchone()
    return compare("the database of DATABASE_URL", found and found[0], RUNS[0])


def connect(url: SecretStr) -> "psycopg2.extensions.connection":
    """A connection; a server that is just starting is waited for.

    Raises:
        Failure: the address is wrong, or no server answers there.
    """
    address = url.get_secret_value().replace("postgresql+psycopg2://", "postgresql://", 1)
    try:
        return attempt(lambda: psycopg2.connect(address, connect_timeout=5), WAIT, transient=psycopg2.OperationalError)
    except psycopg2.ProgrammingError:
        raise Failure(Exit.SETTINGS, "DATABASE_URL: is no address of a database; write postgresql://user:password@host:5432/name") from None
    except psycopg2.OperationalError as error:
        # Only the last line: those before repeat one cause for each address; a host and a user are named, never a password.
        cause = str(error).strip().splitlines()[-1].strip()
        raise Failure(Exit.UNREACHABLE, f"DATABASE_URL: no connection within {WAIT} s: {cause}") from None


def compare(what: str, revision: str | None, scripts: Path) -> Schema:
    """How a schema's revision relates to the newest one of this version of MLflow."""
    if revision is None:
        return "new"
    known = ScriptDirectory(str(scripts))
    try:
        known.get_revision(revision)
    except CommandError:
        newer = f"{what} was written by another version of MLflow than {version('mlflow')}, probably a newer one (schema {revision})"
        raise Failure(Exit.DATA, f"{newer}; use that version's image, or bring back a backup of this one") from None
    return "current" if revision == known.get_current_head() else "older"
