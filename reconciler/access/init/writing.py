"""What init writes: made, encrypted and checked before anything of it is there."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler import manifest
from reconciler.access import bootstrap
from reconciler.access.init import adding
from reconciler.access.init.files import MANIFESTS, Answers, rules
from reconciler.access.init.place import Target
from reconciler.core.errors import ManifestError, SopsError, UsageError
from reconciler.manifest import merge
from reconciler.manifest.edit import WrongContent, replace_file
from reconciler.manifest.files import RULES_FILE
from reconciler.manifest.rules import Rule
from reconciler.values.sensitive import Sensitive
from reconciler.values.sops import Sops


@dataclass(frozen=True)
class Making:
    """A new repository, or, where it ``adds``, an environment in one that is there. ``rule`` says
    already for whom its files are encrypted, ``plain`` are files in clear by their path, ``files``
    those of the environment, which are encrypted."""

    place: Target
    answers: Answers
    adds: bool
    rule: Rule | None
    plain: Mapping[str, str]
    files: Mapping[str, Sensitive[str]]

    def write(self, sops: Sops, before: Callable[[], None]) -> list[str]:
        """Write everything, once all of it is checked and ``before`` was called; the paths.

        Raises SopsError, WrongContent, UsageError.
        """
        try:
            return self._add(sops, before) if self.adds else self._begin(sops, before)
        except SopsError as error:
            raise _with_hint(error, self.answers) from None
        except ManifestError as error:
            raise WrongContent(error.problems) from None

    def _add(self, sops: Sops, before: Callable[[], None]) -> list[str]:
        top, root = self.place.top, self.place.top / MANIFESTS
        changes = adding.add(root, self.answers, self.rule, self.files, sops)
        written = [str(path.relative_to(top)) for path in changes.write(before=before)]
        for path, content in self.plain.items():
            _put(top / path, content.encode())
        return [*written, *self.plain]

    def _begin(self, sops: Sops, before: Callable[[], None]) -> list[str]:
        texts = {path: content.encode() for path, content in self.plain.items()}
        texts[f"{MANIFESTS}/{RULES_FILE}"] = rules(self.answers).encode()
        own = f"{MANIFESTS}/{self.answers.environment}"
        with tempfile.TemporaryDirectory(prefix="reconciler-") as folder:
            # sops and the check of what it made need files: of rules, and of ciphertext.
            staged = Path(folder)
            for path, content in texts.items():
                _put(staged / path, content)
            for name, text in self.files.items():
                config = staged / MANIFESTS / RULES_FILE
                path = f"{own}/{name}"
                texts[path] = sops.encrypt(
                    text, path=staged / path, config=config, key_types={self.answers.key_type}
                )
                _put(staged / path, texts[path])
            manifest.read(staged / MANIFESTS, self.answers.environment)
        before()
        for path, content in texts.items():
            _put(self.place.top / path, content)
        self.place.make_repository()
        merge.install(self.place.top)
        return [*texts, ".gitattributes"]


def _put(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path.parent} cannot be made: {error.strerror}") from None
    replace_file(path, content)


def _with_hint(error: SopsError, answers: Answers) -> SopsError:
    """With KMS the key comes first: how."""
    if answers.key_type != "kms" or error.code == "sops-missing":
        return error
    name, region, account = answers.environment, answers.region, answers.account
    stack = bootstrap.stack(answers.scope)
    return SopsError(
        f"{error.message}; was the KMS key made, and may these credentials encrypt with it?",
        code=error.code,
        hint=f"make it first: reconciler bootstrap {name} --key-only --account {account} --region"
        f" {region} > key.json && aws cloudformation deploy --region {region} --stack-name {stack}"
        " --template-file key.json",
    )
