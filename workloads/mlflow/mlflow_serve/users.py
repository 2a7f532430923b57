"""Basic authentication: its settings, and an administrator whose password is the given one."""

import secrets
import sqlite3
from contextlib import closing

from werkzeug.security import check_password_hash, generate_password_hash

from mlflow_serve.folder import Folder
from mlflow_serve.settings import Settings

REMEMBER = 30
"""Seconds for which MLflow remembers that a password is right: a check takes a tenth of a second, and a client asks often."""


def authentication(settings: Settings, folder: Folder) -> dict[str, str]:
    """The variables that switch it on; none without an administrator. No secret is written into a file."""
    if settings.admin_username is None or settings.admin_password is None:
        return {}
    password = settings.admin_password.get_secret_value()
    renew(folder, settings.admin_username, password)
    config = folder.scratch / "auth.ini"
    config.write_text(
        "[mlflow]\n"
        "default_permission = READ\n"
        f"database_uri = sqlite:///{folder.users}\n"
        "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
        f"auth_cache_ttl_seconds = {REMEMBER}\n"
    )
    return {
        "MLFLOW_AUTH_CONFIG_PATH": str(config),
        "MLFLOW_AUTH_ADMIN_USERNAME": settings.admin_username,
        "MLFLOW_AUTH_ADMIN_PASSWORD": password,
        # Signs forms only, so that a new one at every start ends no session.
        "MLFLOW_FLASK_SERVER_SECRET_KEY": secrets.token_hex(32),
    }


def renew(folder: Folder, username: str, password: str) -> None:
    """Gives an administrator who exists already the given password: MLflow itself reads it only when it creates one."""
    if not folder.users.exists():
        return
    with closing(sqlite3.connect(folder.users, timeout=20)) as users, users:
        if users.execute("SELECT 1 FROM sqlite_master WHERE name = 'users'").fetchone() is None:
            return
        found = users.execute("SELECT password_hash FROM users WHERE username = ?", (username,)).fetchone()
        if found is not None and not check_password_hash(found[0], password):
            users.execute("UPDATE users SET password_hash = ? WHERE username = ?", (generate_password_hash(password), username))
