"""The only places that hold secret values, and decrypt them."""
