"""What Parameter Store calls things, and where its limits are."""

from typing import Literal

NAME = "parameter"
SERVICE = "ssm"
DEFAULT_KEY = "alias/aws/ssm"
SECURE = "SecureString"
STANDARD, ADVANCED, TIERING = "Standard", "Advanced", "Intelligent-Tiering"
DataType = Literal[
    "text", "aws:ec2:image", "aws:ssm:integration", "aws:region", "aws:account:id", "boolean",
    "integer", "float", "binary", "hostname", "email", "ipv4-address", "ipv6-address", "url",
    "json", "jsonc",
]  # fmt: skip
CHECKED_LATER = frozenset({"aws:ec2:image", "aws:ssm:integration"})  # no change to or from these
EVERYTHING = ".*"  # what 0.1 wrote for none; it refuses values of several lines
LIMITS = {STANDARD: 4096, ADVANCED: 8192, TIERING: 8192}  # bytes of a value
