"""The command line: the only place that prints, exits, or builds a boto3 session."""
