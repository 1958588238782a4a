"""What Parameter Store calls things, and where its limits are."""

NAME = "parameter"
SERVICE = "ssm"
DEFAULT_KEY = "alias/aws/ssm"
SECURE = "SecureString"
STANDARD, ADVANCED, TIERING = "Standard", "Advanced", "Intelligent-Tiering"
EVERYTHING = ".*"  # a pattern cannot be sent empty: this one stands for none
LIMITS = {STANDARD: 4096, ADVANCED: 8192, TIERING: 8192}  # bytes of a value
