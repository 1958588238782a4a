"""Names that a loader, a shell or an interpreter obeys: a secret under one of them runs code."""

from __future__ import annotations

_EXACT = frozenset(
    {
        "BASH_ENV", "BASHOPTS", "CDPATH", "CLASSPATH", "COMSPEC", "EDITOR", "ENV", "GCONV_PATH",
        "HOME", "HOSTALIASES", "IFS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "LOCALDOMAIN",
        "LOCPATH", "MALLOC_TRACE", "NLSPATH", "PAGER", "PATH", "PROMPT_COMMAND", "PS1", "PS4",
        "PWD", "RES_OPTIONS", "RESOLV_HOST_CONF", "SHELL", "SHELLOPTS", "TERM", "TERMINFO",
        "TMPDIR", "USER", "VISUAL", "_JAVA_OPTIONS",
    }
)  # fmt: skip
_STARTS = (
    "BASH_FUNC_", "BUN_", "COR_", "CORECLR_", "DENO_", "DOTNET_", "DYLD_", "GEM_", "GIT_",
    "GLIBC_", "LC_", "LD_", "LUA_", "NODE_", "NPM_", "OPENSSL_", "PERL", "PHP", "PYTHON", "RUBY",
    "SOPS_", "SSH_", "SSL_CERT_", "ZDOTDIR",
)  # fmt: skip


def forbidden(name: str) -> bool:
    """Whether a variable of this name would be obeyed rather than read."""
    upper = name.upper()
    return upper in _EXACT or upper.startswith(_STARTS) or upper.endswith("_PROXY")
