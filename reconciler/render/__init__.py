"""Renderings: from a plan to text, Markdown or JSON. Every function returns a string."""
