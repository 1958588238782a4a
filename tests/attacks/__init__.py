"""The promises of SECURITY.md, each attacked: a file a promise."""
