"""The applied record."""
