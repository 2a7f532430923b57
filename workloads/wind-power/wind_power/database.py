"""The database: SQLite in one folder, or PostgreSQL; on both one writer at a time, and readers that never wait for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, create_engine, event, make_url, text
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from mlstack_common.ending import first_line

BUSY = 4
"""Seconds for which another writer is waited for in one attempt; a step that never ends then says so and tries again."""
CONNECT = 5
"""Seconds for which a connection may take."""
WRITERS = 711_400
"""Number of the lock by which writers on PostgreSQL follow each other, as those on SQLite do by themselves."""

TRANSIENT = (OperationalError, InterfaceError, InternalError)
"""What waiting can cure: a database that is locked, full, starting or out of reach."""


class Database:
    """Opens connections when they are needed; one that broke is replaced.

    Args:
        busy: seconds for which another writer is waited for in one attempt.
    """

    def __init__(self, url: str, busy: float = BUSY) -> None:
        given = make_url(url)
        self.is_sqlite = given.get_backend_name() == "sqlite"
        self.file = given.database if self.is_sqlite else None
        self.title = self.file or f"{given.host}:{given.port or 5432}/{given.database}"
        options: dict[str, Any] = {"timeout": busy, "check_same_thread": False}
        if not self.is_sqlite:
            given = given.set(drivername="postgresql+psycopg")
            limits = f"-c lock_timeout={int(busy * 1000)} -c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000"
            # Said, since the driver gives bytes where a database was made without an encoding.
            options = {"client_encoding": "utf8", "connect_timeout": CONNECT, "options": limits, "keepalives_idle": 5, "tcp_user_timeout": 10_000}
        self.engine = create_engine(given, connect_args=options, poolclass=QueuePool, pool_size=1, pool_pre_ping=not self.is_sqlite)
        if self.is_sqlite:
            event.listen(self.engine, "connect", prepare)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of all tables."""
        with self.begin("BEGIN", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that no other writer is in; it is done whole at the end, or not at all."""
        with self.begin("BEGIN IMMEDIATE", f"SELECT pg_advisory_xact_lock({WRITERS})") as connection:
            yield connection

    @contextmanager
    def begin(self, sqlite: str, postgresql: str) -> Iterator[Connection]:
        try:
            with self.engine.begin() as connection:
                connection.execute(text(sqlite if self.is_sqlite else postgresql))
                yield connection
        except TRANSIENT:
            # Also what SQLite has noted about the files: they may be others now.
            self.engine.dispose()
            raise


def prepare(connection: Any, _: object) -> None:
    """A write-ahead log, so that readers and the writer never wait for each other; on disk before a transaction counts as done."""
    connection.isolation_level = None  # transactions begin where they say so, not at the first change
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def cause_of(database: Database, error: SQLAlchemyError) -> str:
    """One line for what the database said; it never holds the password."""
    return f"{database.title}: {first_line(getattr(error, 'orig', None) or error)}"
