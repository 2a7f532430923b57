"""`feast-health`: ends with 0 exactly when the registry server answers with the feature service.

Importing Feast takes seconds and 200 MB, too much for a probe: the request is written as bytes here.
"""

import sys

import grpc

from feast_store.registry import Settings
from mlstack_common.ending import run
from mlstack_common.settings import read

METHOD = "/feast.registry.RegistryServer/GetFeatureService"
TIMEOUT = 3
"""Most seconds until the answer."""


def request(service: str, project: str) -> bytes:
    """GetFeatureServiceRequest: field 1 is the name, field 2 the project."""
    return b"".join(bytes([number << 3 | 2]) + varint(len(text)) + text for number, text in ((1, service.encode()), (2, project.encode())))


def varint(value: int) -> bytes:
    return bytes([value]) if value < 0x80 else bytes([value & 0x7F | 0x80]) + varint(value >> 7)


def check() -> None:
    """Asks the server of this container."""
    settings = read(Settings)
    with grpc.insecure_channel(f"127.0.0.1:{settings.registry_port}") as channel:
        try:
            channel.unary_unary(METHOD)(request(settings.model_name, settings.feast_project), timeout=TIMEOUT)
        except grpc.RpcError as error:
            print(f"the registry on port {settings.registry_port} does not answer: {error.code().name}", file=sys.stderr)
            sys.exit(1)


def main() -> None:
    run(check)
