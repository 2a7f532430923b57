"""The image's entry and the configurations it may be given."""

import hashlib
import os
import subprocess

import pytest
from conftest import FIXTURES, MOUNTED, World, ask
from mlstack_testing import until

CONFIGS = sorted(path.name for path in FIXTURES.glob("*.cfg"))
KEYS = ["acme-key-0123456789", "acme-next-key-0123456789", "globex-key-0123456789"]


def checked(fixture: str, tmp_path, **env: str) -> subprocess.CompletedProcess[str]:
    """What the entry says when HAProxy only checks its configuration."""
    (tmp_path / "haproxy").write_text('#!/bin/sh\nexec /usr/sbin/haproxy -c "$@"\n')
    (tmp_path / "haproxy").chmod(0o755)
    MOUNTED.write_text((FIXTURES / fixture).read_text())
    path = f"{tmp_path}:{os.environ['PATH']}"
    return subprocess.run(["gateway"], env={"PATH": path} | env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("fixture", CONFIGS)
def test_accepts_every_configuration_of_the_generator_without_a_warning(fixture, tmp_path, pem):
    done = checked(fixture, tmp_path, GATEWAY_KEYS=(FIXTURES / "keys.map").read_text(), GATEWAY_TLS=pem)
    assert (done.returncode, "WARNING" in done.stderr) == (0, False), done.stderr


@pytest.mark.parametrize(("fixture", "variable"), [("edge.cfg", "GATEWAY_KEYS"), ("tls.cfg", "GATEWAY_TLS")])
def test_a_configuration_without_its_secrets_is_refused(fixture, variable, tmp_path):
    done = checked(fixture, tmp_path)
    assert done.returncode == 2
    assert done.stderr == f"gateway: {variable} is required by the configuration, and empty\n"


def test_a_missing_configuration_is_refused(tmp_path):
    MOUNTED.unlink(missing_ok=True)
    done = subprocess.run(["gateway"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_the_generator_hashes_as_the_gateway_does():
    lines = dict(line.split(" ") for line in (FIXTURES / "keys.map").read_text().splitlines())
    assert lines == {hashlib.sha256(key.encode()).hexdigest(): key.split("-")[0] for key in KEYS}


def test_secrets_are_files_of_its_own_and_no_variables_of_haproxy(world: World):
    world.replica("stable")
    gateway = world.start("edge.cfg")
    with open(f"/proc/{gateway.process.pid}/environ", "rb") as environment:
        assert b"GATEWAY_" not in environment.read()
    assert os.stat("/tmp/gateway/keys.map").st_mode & 0o777 == 0o600


def test_tells_its_metrics_and_ends_on_a_request_to_stop(world: World):
    world.replica("stable")
    gateway = world.start("plain.cfg")
    assert b"haproxy_process_" in ask("/metrics", port=8405).body
    assert gateway.stop() == 0


def test_is_ready_exactly_while_a_replica_is(world: World):
    replica = world.replica("stable")
    world.start("plain.cfg")
    assert ask("/ready", port=8405).status == 200
    replica.ready = False
    until(lambda: ask("/ready", port=8405).status == 503)
