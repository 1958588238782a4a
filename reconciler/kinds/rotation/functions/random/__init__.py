"""A new random string: an API key, a shared secret."""
