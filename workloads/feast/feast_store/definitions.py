"""Feast's definitions: the entity, a view for each file, and the service that joins them for the model."""

from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Float64, Int64

from feast_store.views import ENTITY, JOIN_KEY, TIMESTAMP, VIEWS, file_of


def definitions(service: str) -> list[object]:
    """All objects to apply."""
    account = Entity(name=ENTITY, join_keys=[JOIN_KEY], value_type=ValueType.INT64)
    views = [
        FeatureView(
            name=name,
            entities=[account],
            ttl=timedelta(0),  # a value holds until there is a newer one
            schema=[Field(name=JOIN_KEY, dtype=Int64), *(Field(name=column, dtype=Float64) for column in columns)],
            # Relative: each reader has the files mounted where its own FEAST_DATA says.
            source=FileSource(name=name, path=file_of(name), timestamp_field=TIMESTAMP),
        )
        for name, columns in VIEWS.items()
    ]
    return [account, *views, FeatureService(name=service, features=views)]
