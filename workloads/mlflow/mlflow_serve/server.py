"""`mlflow-serve`: reads the variables, checks the data, and becomes MLflow's server."""

import os
import shutil
import subprocess
import sys

from mlflow_serve.artifacts import artifacts_of, inherited
from mlflow_serve.database import RUNS, USERS, postgresql_schema, sqlite_schema
from mlflow_serve.folder import Folder
from mlflow_serve.settings import Settings
from mlflow_serve.users import authentication
from mlstack_common.ending import Exit, Failure, run
from mlstack_common.settings import read
from mlstack_common.timing import FINISH

OWN = ("localhost", "127.0.0.1")
"""Names by which the server is reached inside its container."""


def main() -> None:
    """Serves until it is asked to stop; then finishes the running requests."""
    run(serve)


def serve() -> None:
    """Ends as MLflow's server, in the same process.

    Raises:
        Failure: wrong variables, or data that cannot be served.
    """
    settings = read(Settings)
    folder = Folder(settings.data)
    folder.claim()
    shutil.rmtree(folder.scratch, ignore_errors=True)
    folder.scratch.mkdir()
    backend = backend_of(settings, folder)
    artifacts = artifacts_of(settings, folder)
    port = settings.api_port
    own = [host for name in OWN for host in (name, f"{name}:{port}")]
    hosts, origins = ",".join(dict.fromkeys([*settings.allowed_hosts, *own])), ",".join(settings.cors_origins)
    command = [
        *["mlflow", "server", "--host", settings.api_host, "--port", str(port), "--workers", str(settings.workers)],
        *["--serve-artifacts", "--artifacts-destination", artifacts.destination],
        *["--allowed-hosts", hosts],
        *(["--cors-allowed-origins", origins] if origins else []),
        *(["--app-name", "basic-auth"] if settings.admin_username else []),
        *["--uvicorn-opts", uvicorn_options(settings)],
    ]
    variables = {
        # Not an argument: every user of the host can read those, and it may hold a password.
        "MLFLOW_BACKEND_STORE_URI": backend,
        # MLflow keeps the file store for those who have one; it gets no new features.
        "MLFLOW_ALLOW_FILE_STORE": str(settings.backend == "file").lower(),
        # Said once more, since both are read while MLflow is loaded, which is before it reads its arguments.
        "MLFLOW_SERVER_ALLOWED_HOSTS": hosts,
        **({"MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": origins} if origins else {}),
        "MLFLOW_LOGGING_LEVEL": settings.log_level,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        # Evaluation jobs, which need further processes, and libraries that this image lacks.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "TMPDIR": str(folder.scratch),
    }
    os.chdir(folder.path)
    # A new program, since this one's variables may be read by others of the same user, and hold keys.
    command = [sys.executable, "-m", "mlflow_serve.one_process", *command]
    os.execve(command[0], command, {**inherited(), **variables, **artifacts.variables, **authentication(settings, folder)})


def backend_of(settings: Settings, folder: Folder) -> str:
    """Where MLflow finds runs and models; checked first.

    Raises:
        Failure: the data are damaged, or another version's.
    """
    if settings.admin_username is not None:
        sqlite_schema(folder.users, *USERS)
    if settings.backend == "file":
        return folder.store.as_uri()
    if settings.database_url is not None:
        if postgresql_schema(settings.database_url) == "older":
            remedy = "back it up with pg_dump, then run `mlflow db upgrade` on it"
            raise Failure(Exit.DATA, f"the database of DATABASE_URL was written by an older MLflow; {remedy}")
        # SQLAlchemy would look for another driver than the one of this image.
        return "postgresql+psycopg2://" + settings.database_url.get_secret_value().partition("://")[2]
    address = f"sqlite:///{folder.database}"
    if sqlite_schema(folder.database, *RUNS) == "older":
        upgrade(folder, address)
    return address


def upgrade(folder: Folder, address: str) -> None:
    """Brings an older database up to date and keeps a copy of it as it was, since there is no way back."""
    before = folder.database.with_suffix(".db.before-upgrade")
    shutil.copy2(folder.database, before)
    print(f"{folder.database} was written by an older MLflow: bringing it up to date; {before} is a copy as it was", flush=True)
    if subprocess.run(["mlflow", "db", "upgrade", address], check=False).returncode != 0:
        shutil.copy2(before, folder.database)
        raise Failure(Exit.DATA, f"{folder.database} could not be brought up to date; it stays as it was: use the image that wrote it")


def uvicorn_options(settings: Settings) -> str:
    """How the web server behaves; one line for each request only while debugging."""
    access = "" if settings.log_level == "DEBUG" else "--no-access-log "
    return f"{access}--log-level {settings.log_level.lower()} --timeout-graceful-shutdown {FINISH} --no-proxy-headers --no-server-header"
