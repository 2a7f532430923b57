"""A feature store for the tests, in the environment of the image: `feature_registry.py FOLDER PORT REDIS_PORT SERVICE=COLUMN,… …`.

Applies definitions over the folder's files, copies their newest values into Redis, then serves the registry.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
from feast.registry_server import start_server
from feast.types import Float64, Int64

folder, port, redis_port, *services = sys.argv[1:]
config = RepoConfig(
    project="mlstack",
    provider="local",
    registry={"registry_type": "file", "path": f"{folder}/registry.db", "cache_ttl_seconds": 0},
    online_store={"type": "redis", "connection_string": f"127.0.0.1:{redis_port},password=secret"},
    offline_store="dask",
    entity_key_serialization_version=3,
)
config.repo_path = Path(folder)
store = FeatureStore(config=config, repo_path=folder)
account = Entity(name="account", join_keys=["account_id"], value_type=ValueType.INT64)
views = {
    name: FeatureView(
        name=name,
        entities=[account],
        ttl=timedelta(0),
        schema=[Field(name="account_id", dtype=Int64), *(Field(name=column, dtype=Float64) for column in columns)],
        source=FileSource(name=name, path=f"{name}.parquet", timestamp_field="event_timestamp"),
    )
    for name, columns in {"payment": ["amount", "hour"], "place": ["distance", "height"]}.items()
}
named = [FeatureService(name=name, features=[views[view] for view in given.split(",")]) for name, given in (one.split("=") for one in services)]
store.apply([account, *views.values(), *named])
store.materialize(datetime(1970, 1, 1, tzinfo=UTC), datetime.now(UTC))
start_server(store, int(port), wait_for_termination=True)
