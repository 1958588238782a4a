"""Names of variables that a loader, a shell, an interpreter or a tool obeys: whoever chooses a
value or a name for one of them runs code, or sends what the program knows elsewhere.

The list is kept and cannot be complete, so names are made of the keys of manifests, and this is the
second bar. What belongs here: it names code, options, a program, a library, a configuration file, a
folder that is searched, or a proxy. Names of hosts, users and passwords do not.
"""

from __future__ import annotations

_EXACT = frozenset(
    {
        # the system's loader, C library, locale and terminal
        "DISPLAY", "GCONV_PATH", "GETCONF_DIR", "HOME", "HOSTALIASES", "INFOPATH", "INPUTRC",
        "LANG", "LANGUAGE", "LIBPATH", "LOCALDOMAIN", "LOCPATH", "LOGNAME", "MALLOC_TRACE",
        "MANPATH", "NLSPATH", "OLDPWD", "PATH", "PWD", "RESOLV_HOST_CONF", "RES_OPTIONS", "SHELL",
        "SHLIB_PATH", "TEMP", "TERM", "TERMCAP", "TERMINFO", "TERMINFO_DIRS", "TMP", "TMPDIR",
        "TZ", "TZDIR", "USER", "XAUTHORITY",
        # shells
        "BASHOPTS", "BASH_ENV", "BASH_LOADABLES_PATH", "BASH_XTRACEFD", "CDPATH", "COMSPEC", "ENV",
        "EXECIGNORE", "FCEDIT", "FIGNORE", "FPATH", "GLOBIGNORE", "HISTFILE", "IFS", "MAILCHECK",
        "MAILPATH", "PATHEXT", "POSIXLY_CORRECT", "PROMPT_COMMAND", "PS0", "PS1", "PS2", "PS3",
        "PS4", "PSMODULEPATH", "SHELLOPTS",
        # programs that others start
        "ALTERNATE_EDITOR", "ANT_ARGS", "ANT_OPTS", "BROWSER", "CURL_HOME", "CVSEDITOR", "CVS_RSH",
        "DIFFPROG", "DIFF_OPTIONS", "EDITOR", "EXINIT", "GREP_OPTIONS", "GVIMINIT",
        "GZIP", "HGEDITOR", "HGMERGE", "HGPLAIN", "HGRCPATH", "LESS", "LESSCLOSE", "LESSEDIT",
        "LESSKEY", "LESSKEYIN", "LESSKEY_CONTENT", "LESSKEY_SYSTEM", "LESSOPEN", "LESSSECURE",
        "LYNX_CFG", "MAILCAP", "MAILCAPS", "MANOPT", "MANPAGER", "MANROFFOPT", "MORE", "MYVIMRC",
        "NETRC", "PAGER", "POSIX_ME_HARDER", "RIPGREP_CONFIG_PATH", "RSH", "RSYNC_CHECKSUM_LIST",
        "RSYNC_CONNECT_PROG", "RSYNC_RSH", "SCREENRC", "SUDO_ASKPASS", "SUDO_EDITOR", "SVN_EDITOR",
        "SVN_SSH", "SYSTEMD_EDITOR", "SYSTEMD_PAGER", "TAPE", "TAR_OPTIONS", "TMUX", "UNZIP",
        "UNZIPOPT", "VIM", "VIMINIT", "VIMRUNTIME", "VISUAL", "WGETRC", "WGET_ASKPASS",
        "XZ_DEFAULTS", "XZ_OPT", "ZIP", "ZIPOPT", "ZSTD_CLEVEL",
        # compilers and builds
        "AR", "ARFLAGS", "AS", "CARGO", "CARGO_HOME", "CC", "CCACHE_CONFIGPATH", "CCACHE_PREFIX",
        "CFLAGS", "CMAKE_TOOLCHAIN_FILE", "COMPILER_PATH", "CPATH", "CPLUS_INCLUDE_PATH", "CPP",
        "CPPFLAGS", "CXX", "CXXFLAGS", "C_INCLUDE_PATH", "FC", "FFLAGS", "GNUMAKEFLAGS", "LD",
        "LDFLAGS", "LEX", "LIBRARY_PATH", "MAKE", "MAKEFILES", "MAKEFLAGS", "MAKESHELL", "MFLAGS",
        "NINJA_STATUS", "OBJC_INCLUDE_PATH", "PKG_CONFIG", "PKG_CONFIG_LIBDIR", "PKG_CONFIG_PATH",
        "RUSTC", "RUSTC_WORKSPACE_WRAPPER", "RUSTC_WRAPPER", "RUSTDOC", "RUSTDOCFLAGS",
        "RUSTFLAGS", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "SCONSFLAGS", "TEXINPUTS", "TEXMFCNF",
        "TEXMFHOME", "YACC",
        # interpreters and their packages
        "BUNDLE_GEMFILE", "BUNDLE_PATH", "CATALINA_OPTS", "CLASSPATH", "ELIXIR_ERL_OPTIONS",
        "ERL_AFLAGS", "ERL_FLAGS", "ERL_LIBS", "ERL_ZFLAGS", "ESLINT_USE_FLAT_CONFIG", "FREETDS",
        "FREETDSCONF", "GOBIN", "GODEBUG", "GOENV", "GOFLAGS", "GOINSECURE", "GONOSUMCHECK",
        "GONOSUMDB", "GOPATH", "GOPRIVATE", "GOPROXY", "GOROOT", "GOSUMDB", "GOTOOLCHAIN",
        "GRADLE_OPTS", "GRADLE_USER_HOME", "GUILE_LOAD_PATH", "IPYTHONDIR", "IRBRC", "JAVA_HOME",
        "JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "JRUBY_OPTS", "JULIA_DEPOT_PATH",
        "JULIA_LOAD_PATH", "JULIA_PROJECT", "JUPYTER_CONFIG_DIR", "JUPYTER_PATH", "KOTLIN_HOME",
        "KRB5CCNAME", "KRB5_CONFIG", "KRB5_KTNAME", "LEIN_JVM_OPTS", "LIBMYSQL_PLUGINS",
        "LIBMYSQL_PLUGIN_DIR", "M2_HOME", "MAVEN_ARGS", "MAVEN_CONFIG", "MAVEN_OPTS", "MYSQL_HOME",
        "MYSQL_PAGER", "MYSQL_TEST_LOGIN_FILE", "ODBCINI", "ODBCSYSINI", "ORACLE_HOME",
        "PGOPTIONS", "PGPASSFILE", "PGSERVICEFILE", "PGSYSCONFDIR", "PIPENV_PIPFILE", "PSQLRC",
        "PSQL_EDITOR", "PSQL_EDITOR_LINENUMBER_ARG", "PSQL_PAGER", "RAKEOPT", "R_ENVIRON",
        "R_ENVIRON_USER", "R_HOME", "R_LIBS", "R_LIBS_USER", "R_PROFILE", "R_PROFILE_USER",
        "SBT_OPTS", "SCALA_HOME", "SQLITE_HISTORY", "TCLLIBPATH", "TNS_ADMIN", "TSC_WATCHFILE",
        "TS_NODE_COMPILER", "VIRTUAL_ENV", "VITE_CONFIG", "YARN_RC_FILENAME", "_JAVA_OPTIONS",
        # what decides whom a client believes, and where it goes
        "ALL_PROXY", "AWS_CA_BUNDLE", "AWS_CONFIG_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_DATA_PATH",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_PAGER", "AWS_PROFILE",
        "AWS_SHARED_CREDENTIALS_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "BOTO_CONFIG", "CHEF_HOME",
        "COMPOSE_FILE", "CURL_CA_BUNDLE", "CURL_SSL_BACKEND", "DOCKER_CONFIG", "DOCKER_CONTEXT",
        "DOCKER_HOST", "GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "HELM_PLUGINS", "KUBECONFIG",
        "KUBECTL_EXTERNAL_DIFF", "KUBE_EDITOR",
        "PACKER_PLUGIN_PATH", "REQUESTS_CA_BUNDLE", "SSLKEYLOGFILE", "TERRAFORM_CONFIG",
        "TF_CLI_ARGS", "TF_CLI_CONFIG_FILE", "TF_DATA_DIR", "TF_PLUGIN_CACHE_DIR",
        "VAGRANT_VAGRANTFILE",
    }
)  # fmt: skip
_STARTS = (
    "ANSIBLE_", "BASH_FUNC_", "BUN_", "CARGO_BUILD_", "CARGO_TARGET_", "COMPLUS_",
    "COMPOSER_", "CORECLR_", "COREPACK_", "COR_", "DENO_", "DOTNET_", "DYLD_", "ELECTRON_", "GEM_",
    "GIO_", "GIT_", "GLIBC_", "GST_", "GTK_", "JAVA_TOOL", "LC_", "LD_",
    "LUA_", "MONO_", "MSBUILD", "NIX_", "NODE_", "NPM_", "NUGET_", "OPENSSL_", "OTEL_PYTHON_",
    "PERL", "PHP", "PIP_", "PNPM_", "POETRY_", "PYENV_", "PYTEST_", "PYTHON", "QT_", "RUBY",
    "SOPS_", "SSH_", "SSL_CERT_", "SYSTEMD_", "TF_CLI_ARGS_", "UV_", "YARN_", "ZDOTDIR",
)  # fmt: skip


def obeyed(name: str) -> bool:
    """Whether a variable of this name would be obeyed rather than read."""
    upper = name.upper()
    return upper in _EXACT or upper.startswith(_STARTS) or upper.endswith(("_PROXY", "_ASKPASS"))
