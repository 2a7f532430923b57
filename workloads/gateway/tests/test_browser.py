"""What browsers receive: origins and security headers."""

import pytest
from conftest import World, ask

ACME = "acme-key-0123456789"
LISTED = "https://app.example.com"


@pytest.fixture
def replica(world: World):
    """The one replica behind a gateway with listed origins."""
    replica = world.replica("stable")
    world.start("edge.cfg")
    return replica


def preflight(origin: str):
    """What a browser asks before a page may send a key."""
    headers = {"origin": origin, "access-control-request-method": "POST", "access-control-request-headers": "x-api-key"}
    return ask("/predict", "OPTIONS", headers=headers)


@pytest.mark.parametrize("origin", [LISTED, "http://localhost:3000"])
def test_the_preflight_of_a_listed_origin_is_answered_here_and_needs_no_key(replica, origin):
    answer = preflight(origin)
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == origin
    assert "x-api-key" in answer.headers["access-control-allow-headers"]
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert replica.seen == []


@pytest.mark.parametrize("origin", ["https://evil.example.com", f"{LISTED}.evil.com", "http://app.example.com", "null"])
def test_the_preflight_of_another_origin_is_refused(replica, origin):
    answer = preflight(origin)
    assert answer.status == 403
    assert "access-control-allow-origin" not in answer.headers
    assert replica.seen == []


def test_an_answer_names_a_listed_origin_and_no_other_whatever_the_replica_says(replica):
    allowed = ask("/", headers={"x-api-key": ACME, "origin": LISTED})
    assert allowed.headers["access-control-allow-origin"] == LISTED
    other = ask("/", headers={"x-api-key": ACME, "origin": "https://evil.example.com"})
    assert other.status == 200
    assert "access-control-allow-origin" not in other.headers
    assert allowed.headers["vary"] == other.headers["vary"] == "origin"


def test_a_page_can_read_why_it_was_refused(replica):
    refused = ask("/", headers={"origin": LISTED})
    assert (refused.status, refused.headers["access-control-allow-origin"]) == (401, LISTED)


@pytest.mark.parametrize(("headers", "status"), [({"x-api-key": ACME}, 200), ({}, 401)])
def test_every_answer_has_the_security_headers_as_the_settings_want_them(replica, headers, status):
    answer = ask("/", headers=headers)
    assert answer.status == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert answer.headers["x-note"] == 'it\'s 100% "plain" #1'
    assert not {"content-security-policy", "server", "strict-transport-security"} & answer.headers.keys()
