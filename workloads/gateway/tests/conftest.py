"""The gateway as the platform runs it: its entry, one configuration of the generator, replicas found by DNS."""

import http.client
import os
import pathlib
import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from mlstack_testing import PATIENCE, until
from names import Names
from upstream import Unreachable, Upstream

FIXTURES = pathlib.Path(__file__).parent / "fixtures"
MOUNTED = pathlib.Path("/tmp/haproxy.cfg")  # where the image's own path of the configuration leads
LOG = pathlib.Path("/tmp/haproxy.log")


@dataclass(frozen=True)
class Answer:
    """What a client got; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(
    path: str = "/", method: str = "GET", port: int = 8080, timeout: float = 10, source: str = "127.0.0.1", **options: object
) -> Answer:
    """One request on a new connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout, source_address=(source, 0))
    try:
        connection.request(method, path, **options)
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


class Gateway:
    """A running gateway."""

    def __init__(self, fixture: str, names: Names, env: dict[str, str] | None = None) -> None:
        config = (FIXTURES / fixture).read_text()
        # The one change: the platform's name server is in /etc/resolv.conf, which a test cannot write.
        assert "parse-resolv-conf" in config
        MOUNTED.write_text(config.replace("parse-resolv-conf", f"nameserver test 127.0.0.1:{names.port}"))
        given = {"GATEWAY_KEYS": (FIXTURES / "keys.map").read_text()} | (env or {})
        with LOG.open("wb") as log:
            self.process = subprocess.Popen(["gateway"], env=os.environ | given, stdout=log, stderr=log)

    def up(self, proxy: str) -> int:
        """Replicas of one backend that pass their check and get requests."""
        try:
            return self.metric(f'haproxy_backend_active_servers{{proxy="{proxy}"}}')
        except OSError:
            assert self.process.poll() is None, self.log()
            return 0

    def metric(self, series: str) -> int:
        """The value of one series; 0 where it has none."""
        found = re.search(rf"^{re.escape(series)} (\d+)$", ask("/metrics", port=8405).body.decode(), re.MULTILINE)
        return 0 if found is None else int(found[1])

    def down(self, server: str) -> bool:
        """Whether it has said that a server of `replicas` fails its checks."""
        return f"Server replicas/{server} is DOWN" in self.log()

    def log(self) -> str:
        """All that it has said so far."""
        return LOG.read_text()

    def stop(self) -> int:
        """Asks it to stop; its exit code."""
        self.process.send_signal(signal.SIGUSR1)
        try:
            return self.process.wait(timeout=PATIENCE)
        finally:
            self.process.kill()


def address_of(service: str, number: int) -> str:
    """Address of a replica of `stable`, `canary` or `shadow`."""
    return f"127.0.{('stable', 'canary', 'shadow').index(service) + 1}.{number}"


class World:
    """Replicas, their names, and the gateway before them."""

    def __init__(self) -> None:
        self.names = Names()
        self.replicas: list[Upstream] = []
        self.unreachable: list[Unreachable] = []
        self.gateway: Gateway | None = None

    def replica(self, service: str, number: int = 1) -> Upstream:
        """One more replica of `stable`, `canary` or `shadow`."""
        replica = Upstream(service, address_of(service, number))
        self.replicas.append(replica)
        self.name(service, number)
        return replica

    def name(self, service: str, number: int) -> None:
        """Makes the address of a replica known."""
        addresses = self.names.table.setdefault(f"{service}.test", [])
        if (address := address_of(service, number)) not in addresses:
            addresses.append(address)

    def hide(self, service: str, number: int) -> Unreachable:
        """The address of a replica cannot be reached, whether it is known or not."""
        one = Unreachable(address_of(service, number))
        self.unreachable.append(one)
        return one

    def start(self, fixture: str, **env: str) -> Gateway:
        """The gateway, once it has found every replica."""
        gateway = self.gateway = Gateway(fixture, self.names, env)
        proxies = {"replicas": "stable", "canary": "canary", "shadow": "shadow"}
        for proxy, service in proxies.items():
            ready = [one for one in self.replicas if one.name == service and one.ready]
            until(lambda proxy=proxy, ready=ready: gateway.up(proxy) == len(ready))
        return gateway

    def end(self) -> None:
        """Takes everything down."""
        for replica in self.replicas:
            replica.kill()
        for one in self.unreachable:
            one.end()
        if self.gateway is not None:
            self.gateway.process.kill()
            self.gateway.process.wait()
            until(lambda: not listens())
        self.names.close()


def listens() -> bool:
    """Whether a worker still holds the status port."""
    try:
        ask("/ready", port=8405, timeout=2)
    except ConnectionRefusedError:
        return False
    except OSError:
        return True
    return True


@pytest.fixture
def world() -> Iterator[World]:
    """An empty world, taken down behind the test."""
    one = World()
    yield one
    one.end()


@pytest.fixture(scope="session")
def pem(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A certificate for localhost with its key."""
    folder = tmp_path_factory.mktemp("tls")
    kind = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    options = f"req -x509 {kind} -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    command = ["openssl", *options.split(" "), "-keyout", folder / "key", "-out", folder / "certificate"]
    subprocess.run(command, check=True, capture_output=True)
    return (folder / "certificate").read_text() + (folder / "key").read_text()
