"""An artifact: a zip of one JSON file, made by a job whose code anybody may have changed."""

from __future__ import annotations

import io
import zipfile
import zlib

from reconciler.core.errors import GithubError

LIMIT = 8 * 1024 * 1024  # bytes of the zip
_INSIDE = 128 * 1024 * 1024  # bytes of the file; 10,000 changes take about 10 MB


def only_json(raw: bytes) -> str:
    """The text of the one JSON file in a zip, unpacked in memory. Raises GithubError."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            entries = archive.infolist()
            if len(entries) != 1 or not entries[0].filename.endswith(".json"):
                raise GithubError("the artifact is not one JSON file")
            # What the entry says of its size need not be true.
            with archive.open(entries[0]) as stream:
                content = stream.read(_INSIDE + 1)
        if len(content) > _INSIDE:
            raise GithubError(f"the artifact holds more than {_INSIDE >> 20} MiB")
        return content.decode()
    except UnicodeDecodeError:
        problem = "its file is not text"
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError):
        problem = "it is damaged"
    except (RuntimeError, NotImplementedError):
        problem = "it is encrypted, or compressed in a way that GitHub does not use"
    raise GithubError(f"the artifact cannot be unpacked: {problem}")
