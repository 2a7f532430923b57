"""Who may ask, and what of it the replicas and the log learn."""

import json

import pytest
from conftest import FIXTURES, World, ask
from mlstack_testing import until

ACME, ACME_NEXT, GLOBEX = "acme-key-0123456789", "acme-next-key-0123456789", "globex-key-0123456789"


@pytest.fixture
def replica(world: World):
    """The one replica behind a gateway that asks for keys."""
    replica = world.replica("stable")
    world.start("edge.cfg")
    return replica


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-api-key": "wrong-key-0123456789"},
        {"x-api-key": ""},
        {"authorization": "Bearer wrong-key-0123456789"},
        {"authorization": f"Basic {ACME}"},
        {"x-api-key": f"{ACME}, {GLOBEX}"},
        {"x-customer": "acme"},
    ],
)
def test_without_a_valid_key_nothing_reaches_a_replica(replica, headers):
    answer = ask("/predict", headers=headers)
    assert answer.status == 401
    assert "API key" in json.loads(answer.body)["detail"]
    assert answer.headers["www-authenticate"] == "Bearer"
    assert replica.seen == []


def test_a_hash_is_no_key(replica, world: World):
    for line in (FIXTURES / "keys.map").read_text().splitlines():
        assert ask("/", headers={"x-api-key": line.split(" ")[0]}).status == 401


@pytest.mark.parametrize(
    ("headers", "customer"),
    [
        ({"x-api-key": ACME}, "acme"),
        ({"x-api-key": ACME_NEXT}, "acme"),
        ({"x-api-key": GLOBEX}, "globex"),
        ({"authorization": f"Bearer {GLOBEX}"}, "globex"),
        ({"x-api-key": GLOBEX, "x-customer": "acme", "X_Customer": "acme"}, "globex"),
    ],
)
def test_the_replica_is_told_the_customer_and_never_the_key(replica, headers, customer):
    assert ask("/predict", headers=headers).status == 200
    (seen,) = replica.seen
    assert seen.headers["x-customer"] == customer
    assert "x_customer" not in seen.headers
    assert not {"x-api-key", "authorization"} & seen.headers.keys()


def test_a_bearer_token_beside_a_key_is_for_the_replica(replica):
    ask("/", headers={"x-api-key": ACME, "authorization": "Bearer other"})
    assert replica.seen[0].headers["authorization"] == "Bearer other"


def test_an_open_path_needs_no_key_and_only_that_path_is_open(replica):
    assert ask("/health", headers={"x-customer": "acme"}).status == 200
    assert "x-customer" not in replica.seen[0].headers
    for path in ["/health/", "/health/../predict", "//health", "/healthy", "/Health"]:
        assert ask(path).status == 401, path


def test_the_log_names_the_customer_and_shows_no_key_and_no_query(replica, world: World):
    ask(f"/predict?token={GLOBEX}", headers={"x-api-key": ACME})
    ask("/predict", headers={"authorization": f"Bearer {ACME_NEXT}x"})
    until(lambda: world.gateway.log().count("/predict") == 2)
    log = world.gateway.log()
    assert 'customer=acme GET "/predict"' in log
    assert 'customer=- GET "/predict"' in log
    assert not any(key in log for key in (ACME, ACME_NEXT, GLOBEX))
