"""TLS as clients meet it."""

import http.client
import ssl

import pytest
from conftest import World, ask
from mlstack_testing import PATIENCE

CERTIFICATE = "-----END CERTIFICATE-----\n"


@pytest.fixture
def trusting(world: World, pem):
    """A client that trusts exactly the gateway's certificate."""
    world.replica("stable")
    world.start("tls.cfg", GATEWAY_TLS=pem)
    return ssl.create_default_context(cadata=pem.split(CERTIFICATE)[0] + CERTIFICATE)


def test_answers_over_tls_with_the_certificate_it_was_given(trusting):
    connection = http.client.HTTPSConnection("localhost", 8080, context=trusting, timeout=PATIENCE)
    connection.request("GET", "/")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"stable")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_a_client_that_does_not_trust_it_is_not_answered(trusting):
    with pytest.raises(ssl.SSLCertVerificationError):
        http.client.HTTPSConnection("localhost", 8080, context=ssl.create_default_context(), timeout=PATIENCE).request("GET", "/")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_older_versions_are_refused(trusting):
    trusting.minimum_version = ssl.TLSVersion.TLSv1
    trusting.maximum_version = ssl.TLSVersion.TLSv1_1
    trusting.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError):
        http.client.HTTPSConnection("localhost", 8080, context=trusting, timeout=PATIENCE).request("GET", "/")


def test_plain_http_gets_no_answer(trusting):
    with pytest.raises((http.client.HTTPException, OSError)):
        ask("/")


def test_the_key_is_a_file_of_its_own_and_not_in_the_log(trusting, world: World, pem):
    assert pem.split(CERTIFICATE)[1].splitlines()[1] not in world.gateway.log()
