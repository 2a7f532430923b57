"""Buckets of S3, and of stores that speak it."""

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from mlflow_serve.artifacts import Refusing, Store
from mlflow_serve.settings import Settings


def store_of(settings: Settings) -> Store:
    """The store that the variables name; default: AWS."""
    return Store(settings.s3_endpoint or "AWS", lambda bucket, key: put(settings, bucket, key), BotoCoreError, variables_of(settings))


def put(settings: Settings, bucket: str, key: str) -> None:
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
