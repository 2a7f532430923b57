"""The features of entities at a time: from Redis where its values are old enough, else by Feast's point-in-time join.

In the image that has Feast only.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import grpc
import pandas as pd
import pyarrow as pa
import redis
from feast.entity import Entity
from feast.errors import FeastError
from feast.feature_service import FeatureService
from feast.value_type import ValueType

from mlstack_common.ending import first_line
from model_server.errors import Refused, Unavailable, Unknown, Unreachable
from model_server.feast_store import open_store
from model_server.settings import Settings

NUMBERS = {ValueType.INT32, ValueType.INT64, ValueType.FLOAT, ValueType.DOUBLE, ValueType.BOOL}

WHEN = "event_timestamp"
"""Feast's name for the time of each entity."""

EARLIEST = datetime(1700, 1, 1, tzinfo=UTC)
"""The join counts nanoseconds, which reach back to 1677."""

Row = list[float]


@dataclass(frozen=True)
class Found:
    """A row for each entity, with the model's columns in order, and how many came from where."""

    rows: list[Row]
    online: int
    history: int
    made: float | None = None
    """When the oldest value that Redis gave was made, in seconds since 1970. The join does not say it of its rows."""


class Features:
    """A feature service that has every column of a model."""

    def __init__(self, settings: Settings, columns: list[str]) -> None:
        """Finds the feature service in the registry.

        Raises:
            Unreachable: the registry does not answer.
            Refused: there is no such service, or it does not give the model what it needs.
        """
        self.settings, self.columns = settings, columns
        self.store = open_store(settings)
        self.joining = threading.Lock()
        try:
            self.service, entities = self.find()
        except grpc.RpcError as error:
            raise Unreachable(self.registry_down(error)) from error
        self.join_keys = [entity.join_key for entity in entities]

    def find(self) -> tuple[FeatureService, list[Entity]]:
        """The service and its entities, which fit the model."""
        name, where = self.settings.feature_service, f"registry {self.settings.feast_registry_uri}"
        try:
            service = self.store.get_feature_service(name)
            views = [self.store.get_feature_view(view.name) for view in service.feature_view_projections]
            entities = [self.store.get_entity(name) for name in sorted({name for view in views for name in view.entities})]
        except FeastError as error:
            raise Refused(f"{where}: {first_line(error)}; correct FEAST_FEATURE_SERVICE or FEAST_PROJECT") from error
        features = [feature for view in service.feature_view_projections for feature in view.features]
        names = [feature.name for feature in features]
        if lacking := [column for column in self.columns if column not in names]:
            raise Refused(f"{where}: feature service {name} lacks {', '.join(lacking)}, which the model needs")
        if twice := sorted({column for column in self.columns if names.count(column) > 1}):
            raise Refused(f"{where}: feature service {name} has {', '.join(twice)} in two views")
        if wrong := [feature.name for feature in features if feature.name in self.columns and feature.dtype.to_value_type() not in NUMBERS]:
            raise Refused(f"{where}: feature service {name} has {', '.join(wrong)}, which are no numbers")
        if other := [entity.join_key for entity in entities if entity.value_type != ValueType.INT64]:
            raise Refused(f"{where}: the join keys {', '.join(other)} are not of type int64, the only one that is served")
        return service, entities

    def rows(self, entities: dict[str, list[int]], at: datetime | None) -> Found:
        """The features at a time; at a time in the future, those of now.

        Raises:
            Unknown: some entities have none.
            Unavailable: a store does not answer.
        """
        now = datetime.now(UTC)
        at = now if at is None else max(min(at, now), EARLIEST)
        keys = list(zip(*(entities[name] for name in self.join_keys), strict=True))
        found: dict[tuple[int, ...], Row] = {}
        made: float | None = None
        with self.one_line_errors():
            if self.store.is_gone:
                self.store = open_store(self.settings)
            if self.settings.feast_online_enabled:
                found, made = self.online(keys, at)
            online = sum(key in found for key in keys)
            if missing := list(dict.fromkeys(key for key in keys if key not in found)):
                found |= self.history(missing, at)
        if unknown := [position for position, key in enumerate(keys) if key not in found]:
            raise Unknown(unknown)
        return Found([found[key] for key in keys], online, len(keys) - online, made)

    def online(self, keys: list[tuple[int, ...]], at: datetime) -> tuple[dict[tuple[int, ...], Row], float | None]:
        """From Redis: the rows that are whole, and none of whose values is later than `at`; and the time of the oldest value."""
        unique = list(dict.fromkeys(keys))
        given = self.store.get_online_features(self.service, [dict(zip(self.join_keys, key, strict=True)) for key in unique]).proto
        vectors = dict(zip(given.metadata.feature_names.val, given.results, strict=True))
        limit = int(at.timestamp()), at.microsecond * 1000
        found, oldest = {}, []
        for position, key in enumerate(unique):
            values = [vectors[column].values[position] for column in self.columns]
            times = [vectors[column].event_timestamps[position] for column in self.columns]
            kinds = [value.WhichOneof("val") for value in values]
            if all(kinds) and all((time.seconds, time.nanos) <= limit for time in times):
                found[key] = [float(getattr(value, kind)) for value, kind in zip(values, kinds, strict=True)]
                oldest += [min(time.seconds for time in times)]
        return found, min(oldest, default=None)

    def history(self, keys: list[tuple[int, ...]], at: datetime) -> dict[tuple[int, ...], Row]:
        """From the Parquet files: the newest values that are not later than `at`."""
        asked = pd.DataFrame(keys, columns=self.join_keys)
        asked[WHEN] = pd.Series([at] * len(keys), dtype="datetime64[ns, UTC]")
        with self.joining:  # one after another: each reads the whole files into memory
            table = self.store.get_historical_features(asked, self.service).to_df()
        table = table.dropna(subset=self.columns)
        values = table[self.columns].astype(float).to_numpy().tolist()
        return dict(zip(table[self.join_keys].itertuples(index=False, name=None), values, strict=True))

    @contextmanager
    def one_line_errors(self) -> Iterator[None]:
        """Turns each error of a store into one line that names the store."""
        where = f"redis://{self.settings.redis_host}:{self.settings.redis_port}"
        try:
            yield
        except grpc.RpcError as error:
            self.store.reconnect()
            raise Unavailable(self.registry_down(error)) from error
        except redis.AuthenticationError as error:
            raise Unavailable(f"{where} refuses the password in REDIS_PASSWORD") from error
        except redis.RedisError as error:
            raise Unavailable(f"{where} cannot be reached: {first_line(error)}") from error
        except (OSError, pa.ArrowException) as error:
            raise Unavailable(f"the files in {self.settings.feast_data} cannot be read: {first_line(error)}; build the features again") from error
        # Feast raises these for a view that may not be served, and for definitions that have changed.
        except (FeastError, ValueError, KeyError) as error:
            raise Unavailable(f"registry {self.settings.feast_registry_uri}: {first_line(error)}; run feast-materialize, or restart this server") from error

    def registry_down(self, error: grpc.RpcError) -> str:
        return f"registry {self.settings.feast_registry_uri} cannot be reached: {error.code().name}"
