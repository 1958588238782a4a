"""What botocore works out anew for each session, worked out once: one process of the tests makes
thousands of them.

It reads what each service can do, looks up the new names of events, asks of each handler whether it
takes keyword arguments, and looks through each part of its user agent for each request. None of it
depends on the session.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import botocore.hooks
import botocore.session
import botocore.useragent
from botocore.loaders import Loader, create_loader

_alias = botocore.hooks.EventAliaser._alias_event_name
_cleaned = botocore.useragent.sanitize_user_agent_string_component
_accepts = botocore.hooks.accepts_kwargs
_ALIASES = botocore.hooks.EventAliaser(None)


@cache
def _loader(search_path: str | None = None) -> Loader:
    return create_loader(search_path)


@cache
def _name(event_name: str) -> str:
    return str(_alias(_ALIASES, event_name))


def _takes_keywords(handler: Callable[..., Any]) -> Any:
    code = getattr(handler, "__code__", None)
    return _accepts(handler) if code is None else code.co_flags & inspect.CO_VARKEYWORDS


def share_models() -> None:
    """Let all sessions of this process share it, as all clients of a session do."""
    botocore.session.create_loader = _loader
    botocore.hooks.EventAliaser._alias_event_name = lambda self, event_name: _name(event_name)
    botocore.hooks.accepts_kwargs = _takes_keywords
    botocore.useragent.sanitize_user_agent_string_component = cache(_cleaned)
