"""What botocore works out anew for each session and client, worked out once: one process of the
tests makes thousands of them.

It reads what each service can do and makes a class of it, copies all handlers of events and asks of
each whether it takes keyword arguments, looks up the new names of events, reads the rules of
endpoints, sets up TLS, looks for proxies among all variables, twice, and writes its user agent for
each request. None of it depends on the session.
"""

from __future__ import annotations

import copy
import inspect
import os
import ssl
import urllib.request
from collections.abc import Callable
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import botocore.client
import botocore.hooks
import botocore.httpsession
import botocore.regions
import botocore.session
import botocore.useragent
import botocore.utils
from botocore.loaders import Loader, create_loader

_alias = botocore.hooks.EventAliaser._alias_event_name
_accepts = botocore.hooks.accepts_kwargs
_ALIASES = botocore.hooks.EventAliaser(None)
_Creator = botocore.client.ClientCreator
_model, _class = _Creator._load_service_model, _Creator._create_client_class
_cleaned = botocore.useragent.sanitize_user_agent_string_component
_tell = botocore.useragent.UserAgentString.to_string
_Session = botocore.session.Session
_register = _Session._register_builtin_handlers
_Trie = botocore.hooks._PrefixTrie
_remove = _Trie.remove_item
_Provider = botocore.regions.EndpointProvider
_proxies = urllib.request.getproxies_environment
_tls = botocore.httpsession.create_urllib3_context
_made: dict[tuple[object, ...], Any] = {}


def _once(key: tuple[object, ...], make: Callable[[], Any]) -> Any:
    if key not in _made:
        _made[key] = make()
    return _made[key]


@cache
def _loader(search_path: str | None = None) -> Loader:
    return create_loader(search_path)


@cache
def _name(event_name: str) -> str:
    return str(_alias(_ALIASES, event_name))


def _takes_keywords(handler: Callable[..., Any]) -> Any:
    code = getattr(handler, "__code__", None)
    return _accepts(handler) if code is None else code.co_flags & inspect.CO_VARKEYWORDS


# --- a client's class, and where its service is ---------------------------------------------------


def _service(self: Any, service_name: str, api_version: str | None = None) -> Any:
    key = ("model", self._loader, service_name, api_version)
    return _once(key, lambda: _model(self, service_name, api_version))


def _client_class(self: Any, service_name: str, service_model: Any) -> Any:
    return _once(("class", service_model), lambda: _class(self, service_name, service_model))


def _endpoints(ruleset_data: Any, partition_data: Any, excluded_params: Any = None) -> Any:
    # The loader keeps both for ever.
    key = ("endpoints", id(ruleset_data), id(partition_data), tuple(excluded_params or ()))
    return _once(key, lambda: _Provider(ruleset_data, partition_data, excluded_params))


def _context(self: Any) -> ssl.SSLContext:
    given = os.environ.get("AWS_CA_BUNDLE"), os.environ.get("REQUESTS_CA_BUNDLE")
    key = ("tls", self._verify, self._cert_file, self._key_file, *given)
    context: ssl.SSLContext = _once(key, _tls)
    return context


def _proxies_if_any() -> dict[str, str]:
    return _proxies() if any(name[-6:].lower() == b"_proxy" for name in _VARIABLES) else {}


_VARIABLES: dict[bytes, bytes] = vars(os.environ)["_data"]


# --- handlers of events: a copy shares what it does not change ------------------------------------


def _register_handlers(self: Any, events: Any) -> None:
    if events._emitter._handlers._root["children"]:
        _register(self, events)
        return
    if "handlers" not in _HANDLERS:
        _register(self, events)
        _HANDLERS["handlers"] = copy.copy(events._emitter)
    events._emitter.__dict__.update(copy.copy(_HANDLERS["handlers"]).__dict__)


_HANDLERS: dict[str, Any] = {}


def _copied(self: Any) -> Any:
    other = _Trie()
    other._root = self._root
    return other


def _append(self: Any, key: str, value: Any, section: int = botocore.hooks._MIDDLE) -> None:
    node = self._root = {**self._root, "children": dict(self._root["children"])}
    for part in key.split("."):
        child = node["children"].get(part, {"chunk": part, "values": None, "children": {}})
        node["children"][part] = child = {**child, "children": dict(child["children"])}
        node = child
    lists = node["values"] or ([], [], [])
    node["values"] = botocore.hooks.NodeList(*(list(values) for values in lists))
    node["values"][section].append(value)


def _removed(self: Any, key: str, value: Any) -> None:
    self._root = self._recursive_copy(self._root)
    _remove(self, key, value)


# --- a user agent: the same for each request that uses the same features ------------------------


def _user_agent(self: Any) -> str:
    context = botocore.useragent.get_context()
    features = frozenset(() if context is None else context.features)
    told = _TOLD.setdefault(self, {})
    key = features.union(self._client_features or ())
    if key not in told:
        told[key] = _tell(self)
    return told[key]


_TOLD: WeakKeyDictionary[Any, dict[frozenset[str], str]] = WeakKeyDictionary()


def share_models() -> None:
    """Let all sessions of this process share it, as all clients of a session do."""
    botocore.session.create_loader = _loader
    botocore.hooks.EventAliaser._alias_event_name = lambda self, event_name: _name(event_name)
    botocore.hooks.accepts_kwargs = _takes_keywords
    _Creator._load_service_model, _Creator._create_client_class = _service, _client_class
    botocore.regions.EndpointProvider = _endpoints
    botocore.httpsession.URLLib3Session._get_ssl_context = _context
    urllib.request.getproxies_environment = _proxies_if_any
    botocore.utils.getproxies = _proxies_if_any
    _Session._register_builtin_handlers = _register_handlers
    botocore.useragent.sanitize_user_agent_string_component = cache(_cleaned)
    botocore.useragent.UserAgentString.to_string = _user_agent
    _Trie.__copy__, _Trie.append_item, _Trie.remove_item = _copied, _append, _removed
