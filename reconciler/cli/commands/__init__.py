"""A module a command: parse, call one use case, print."""
