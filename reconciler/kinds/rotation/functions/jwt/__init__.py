"""A signing key for JSON Web Tokens, and beside it the key set that verifies them."""
