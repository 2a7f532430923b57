"""What a replica learns of where a request came from: from the gateway alone."""

import http.client
import ssl

import pytest
from conftest import World, ask
from mlstack_testing import PATIENCE

CLAIMS = {
    "Forwarded": "for=10.0.0.1;proto=http;host=evil.example.com",
    "X-Forwarded-For": "10.0.0.1",
    "X-Forwarded-Proto": "ftp",
    "X-Forwarded-Host": "evil.example.com",
    "X-Forwarded-Port": "1",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Scheme": "ftp",
    "X-Forwarded-Ssl": "on",
    "X-Forwarded": "evil",
    "X_Forwarded_Proto": "ftp",
    "X_Forwarded_For": "10.0.0.1",
    "X-Real-IP": "10.0.0.1",
    "X-Client-IP": "10.0.0.1",
    "True-Client-IP": "10.0.0.1",
    "CF-Connecting-IP": "10.0.0.1",
    "X-Original-URL": "/admin",
    "X-Rewrite-URL": "/admin",
    "X-Script-Name": "/evil",
    "X-Scheme": "ftp",
    "X-Url-Scheme": "ftp",
    "Front-End-Https": "on",
}
OWN = {"x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "http"}


def claimed(headers):
    names = {name.lower() for name in CLAIMS}
    return {name: value for name, value in headers.items() if name in names}


@pytest.mark.parametrize("fixture", ["plain.cfg", "open.cfg"])
def test_what_a_client_says_of_itself_is_removed(world: World, fixture):
    replica = world.replica("stable")
    world.start(fixture)
    assert ask("/", headers=CLAIMS | {"X-Forwarded-By-Me": "1", "X-Forward": "stays"}).status == 200
    assert claimed(replica.seen[0].headers) == OWN
    assert replica.seen[0].headers["x-forward"] == "stays" and "x-forwarded-by-me" not in replica.seen[0].headers


def test_a_header_that_comes_twice_is_removed_twice(world: World):
    replica = world.replica("stable")
    world.start("plain.cfg")
    connection = http.client.HTTPConnection("127.0.0.1", 8080, timeout=PATIENCE)
    connection.putrequest("GET", "/")
    for value in ("10.0.0.1", "10.0.0.2"):
        connection.putheader("X-Forwarded-For", value)
        connection.putheader("X-Forwarded-Proto", value)
    connection.endheaders()
    assert connection.getresponse().status == 200
    assert claimed(replica.seen[0].headers) == OWN


@pytest.fixture
def over_tls(world: World, pem):
    """A replica behind TLS, and what asks for it there."""
    replica = world.replica("stable")
    world.start("tls.cfg", GATEWAY_TLS=pem)
    end = "-----END CERTIFICATE-----\n"
    context = ssl.create_default_context(cadata=pem.split(end)[0] + end)

    def get(path, **headers):
        connection = http.client.HTTPSConnection("localhost", 8080, context=context, timeout=PATIENCE)
        connection.request("POST", path, b"body", headers=headers)
        return connection.getresponse()

    return replica, get


def test_behind_tls_the_replica_learns_the_scheme(over_tls):
    replica, get = over_tls
    assert get("/", **CLAIMS).status == 200
    assert claimed(replica.seen[0].headers) == OWN | {"x-forwarded-proto": "https"}


@pytest.mark.parametrize(
    ("location", "host", "leads_to"),
    [
        ("http://localhost:8080/predict", "localhost:8080", "https://localhost:8080/predict"),
        ("HTTP://LocalHost:8080/predict?a=1#b", "localhost:8080", "https://LocalHost:8080/predict?a=1#b"),
        ("http://models.example.com", "models.example.com", "https://models.example.com"),
        # Not of this gateway: another host, another port, another scheme, a path.
        ("http://localhost:9/", "localhost:8080", "http://localhost:9/"),
        ("http://example.org/", "localhost:8080", "http://example.org/"),
        ("http://localhost:8080.evil.org/", "localhost:8080", "http://localhost:8080.evil.org/"),
        ("https://localhost:8080/", "localhost:8080", "https://localhost:8080/"),
        ("/predict", "localhost:8080", "/predict"),
        ("//localhost:8080/predict", "localhost:8080", "//localhost:8080/predict"),
    ],
)
def test_a_redirect_of_a_replica_never_leads_out_of_tls(over_tls, location, host, leads_to):
    answer = over_tls[1](f"/redirect?{location.replace('#b', '%23b')}", Host=host)
    assert (answer.status, answer.headers["location"]) == (307, leads_to.replace("#b", "%23b"))


def test_without_tls_a_redirect_stays_as_it_is(world: World):
    world.replica("stable")
    world.start("plain.cfg")
    assert ask("/redirect?http://127.0.0.1:8080/predict").headers["location"] == "http://127.0.0.1:8080/predict"
