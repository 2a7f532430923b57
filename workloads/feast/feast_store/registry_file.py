"""The registry's file, replaced in one step: Feast's own way of writing leaves half a file when it is killed."""

import uuid
from datetime import UTC, datetime

from feast.infra.registry.file import FileRegistryStore

from mlstack_common.files import replace


class WholeFileRegistryStore(FileRegistryStore):
    """Feast's store of a registry in a file, with another way of writing."""

    def _write_registry(self, registry_proto) -> None:
        registry_proto.version_id = str(uuid.uuid4())
        registry_proto.last_updated.FromDatetime(datetime.now(UTC))
        replace(self._filepath, registry_proto.SerializeToString())
