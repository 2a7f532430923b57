"""Where artifacts are: a folder of the volume, or a bucket, which is written to once before the server starts."""

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from mlflow_serve.folder import Folder
from mlflow_serve.settings import Settings
from mlstack_common.ending import Exit, Failure, first_line
from mlstack_common.waiting import attempt

WAIT = 60
"""Most seconds until the store accepts a connection."""
PROOF = ".mlstack-can-write"
"""Name of the empty file by which the server proves that it may write."""


class Refusing(Exception):
    """What the store answers; waiting does not cure it."""


def destination_of(settings: Settings, folder: Folder) -> str:
    """Where MLflow writes artifacts; a bucket is proven to take them.

    Raises:
        Failure: the bucket does not exist, does not take these keys, or cannot be reached.
    """
    destination = settings.artifacts_destination
    if destination is None:
        return str(folder.artifacts)
    bucket, _, prefix = destination.removeprefix("s3://").partition("/")
    key = f"{prefix.strip('/')}/{PROOF}".lstrip("/")
    try:
        attempt(lambda: prove(settings, bucket, key), WAIT, transient=BotoCoreError)
    except Refusing as refusal:
        raise Failure(Exit.SETTINGS, f"ARTIFACTS_DESTINATION: {refusal}") from None
    except BotoCoreError as error:
        where = settings.s3_endpoint or "AWS"
        raise Failure(Exit.UNREACHABLE, f"ARTIFACTS_DESTINATION: {where} cannot be reached within {WAIT} s: {first_line(error)}") from None
    return destination


def prove(settings: Settings, bucket: str, key: str) -> None:
    """Writes an empty file."""
    once = Config(
        connect_timeout=5,
        read_timeout=10,
        retries={"total_max_attempts": 1},
        s3={"addressing_style": settings.s3_addressing},
        request_checksum_calculation="when_required",
    )
    client = boto3.client("s3", endpoint_url=settings.s3_endpoint, region_name=settings.aws_default_region, config=once, **settings.s3_login)
    try:
        client.put_object(Bucket=bucket, Key=key, Body=b"")
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code == "NoSuchBucket":
            raise Refusing(f"there is no bucket {bucket}; make it, or correct its name") from error
        if status in (401, 403):
            raise Refusing(f"these keys may not write to {bucket} ({code}); correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or their rights") from error
        raise Refusing(f"bucket {bucket} refuses a file: {code} {status}") from error


def variables_of(settings: Settings) -> dict[str, str]:
    """The variables by which MLflow reaches the bucket, beside its keys."""
    if settings.artifacts_destination is None:
        return {}
    given = {"AWS_DEFAULT_REGION": settings.aws_default_region}
    if settings.s3_endpoint is None:
        return given
    # What other stores understand: the bucket in the path, and no checksums of AWS's own.
    return given | {
        "MLFLOW_S3_ENDPOINT_URL": settings.s3_endpoint,
        "MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE": settings.s3_addressing,
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
        "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
    }
