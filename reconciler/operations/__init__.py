"""The use cases, below the command line: each takes plain arguments and returns plain data."""
