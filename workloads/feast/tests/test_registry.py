import socket
from datetime import UTC, datetime

import pytest
from conftest import Registry, run
from feast_store.health import request
from feast_store.remote import open_store
from feast_store.views import PROJECT, VIEWS
from mlstack_testing import free_port

NO_ONLINE_STORE = None


@pytest.fixture
def store(registry, tmp_path):
    return open_store(registry.uri, PROJECT, tmp_path, NO_ONLINE_STORE)


def test_serves_the_definitions(store):
    service = store.get_feature_service("fraud")
    assert {view.name: [feature.name for feature in view.features] for view in service.feature_view_projections} == VIEWS
    assert store.get_entity("account").join_key == "account_id"
    assert all(view.ttl.total_seconds() == 0 for view in store.list_feature_views())


def test_keeps_what_was_materialized_when_it_is_started_again(preloaded, tmp_path):
    server = Registry(tmp_path, preloaded.start)
    server.start()
    store = open_store(server.uri, PROJECT, tmp_path, NO_ONLINE_STORE)
    when = datetime(2026, 1, 1, tzinfo=UTC)
    store.registry.apply_materialization(store.get_feature_view("last_payment"), PROJECT, when, when)
    assert server.stop() == 0
    server.start()
    again = open_store(server.uri, PROJECT, tmp_path, NO_ONLINE_STORE)
    views = {view.name: view for view in again.list_feature_views()}
    assert views["last_payment"].materialization_intervals == [(when, when)]
    assert views["account_profile"].materialization_intervals == []
    assert views["last_payment"].state.name == "AVAILABLE_ONLINE"
    assert server.stop() == 0
    assert "Traceback" not in server.log.read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "registry.db"]


def test_is_healthy_only_with_the_feature_service(registry):
    assert registry.health().returncode == 0
    missing = run("feast-health", REGISTRY_PORT=registry.port, MODEL_NAME="nobody")
    assert missing.returncode == 1 and "does not answer" in missing.stderr


def test_is_not_healthy_when_no_server_listens():
    done = run("feast-health", REGISTRY_PORT=free_port())
    assert done.returncode == 1 and "does not answer: UNAVAILABLE" in done.stderr


def test_is_not_healthy_when_a_server_accepts_and_does_not_answer():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        done = run("feast-health", REGISTRY_PORT=silent.getsockname()[1])
    assert done.returncode == 1 and "does not answer" in done.stderr


@pytest.mark.parametrize("name", ["fraud", "f" * 200, "b" * 20_000])
def test_the_request_of_the_probe_is_feasts_own(name):
    from feast.protos.feast.registry.RegistryServer_pb2 import GetFeatureServiceRequest

    assert GetFeatureServiceRequest.FromString(request(name, PROJECT)) == GetFeatureServiceRequest(name=name, project=PROJECT)


def test_refuses_a_file_that_is_no_registry_and_keeps_it(run_fork, tmp_path):
    (tmp_path / "registry.db").write_bytes(b"\xff" * 100)
    done = run_fork("feast-registry", REGISTRY_PATH=tmp_path / "registry.db", REGISTRY_PORT=free_port())
    assert done.returncode == 4
    assert "is not a registry; move it away" in done.stderr.splitlines()[-1] and "Traceback" not in done.stderr
    assert (tmp_path / "registry.db").read_bytes() == b"\xff" * 100


def test_says_that_its_port_is_taken(registry, tmp_path):
    done = run("feast-registry", REGISTRY_PATH=tmp_path / "registry.db", REGISTRY_PORT=registry.port)
    assert done.returncode == 3
    assert done.stderr.startswith(f"REGISTRY_PORT: cannot listen on {registry.port}: ") and len(done.stderr.splitlines()) == 1


def test_refuses_all_wrong_settings_at_once():
    done = run("feast-registry", REGISTRY_PORT=0, MODEL_NAME="", FEAST_PROJECT="a b")
    assert done.returncode == 2
    assert {line.split(":")[0] for line in done.stderr.splitlines()} == {"REGISTRY_PORT", "MODEL_NAME", "FEAST_PROJECT"}
