"""What Secrets Manager calls things, and where its limits are."""

NAME = "secret"
RESTORE = "aws secretsmanager restore-secret --secret-id"
SERVICE = "secretsmanager"
KEY_CONTEXT = "SecretARN"  # what it names a secret by in a KMS encryption context
DEFAULT_KEY = "alias/aws/secretsmanager"
LIMIT = 65_536  # bytes of a value
DESCRIPTION_LIMIT = 2048  # characters
POLICY_LIMIT = 20_480  # bytes
