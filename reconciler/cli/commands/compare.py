"""``reconciler compare``."""

from __future__ import annotations

import json

import click

from reconciler.cli import walk
from reconciler.cli.options import Common, as_format, chosen, common
from reconciler.cli.terminal import out, say
from reconciler.core.errors import Exit, ManifestError, SopsError
from reconciler.manifest import Cleartext
from reconciler.operations import compare
from reconciler.render import comparison
from reconciler.values import sops


@click.command("compare", epilog="Example: reconciler compare staging production")
@click.argument("one", metavar="ENV")
@click.argument("other", metavar="ENV")
@as_format
@common
def command(one: str, other: str, form: str) -> int:
    """Show two environments side by side: what each declares, and which values are equal.

    Telling which values are equal takes the keys of both environments. No value is shown. Makes no
    call to AWS.
    """
    options = chosen()
    if one == other:
        raise click.UsageError("Name two environments.")
    sides = [walk.read(name, options) for name in (one, other)]
    first, second = (_values(side, options) for side in sides)
    found = compare.compare(sides[0], sides[1], first, second)
    if form == "json":
        out(json.dumps(comparison.data(found), indent=2))
    else:
        out(comparison.text(found))
    return Exit.OK


def _values(declared: Cleartext, options: Common) -> compare.Values:
    """The values of an environment; None without its key, which is told."""
    name = declared.settings.scope.environment
    if sops.may_decrypt(declared.document.key_types):
        try:
            return declared.decrypt(walk.runner(declared, options)).values
        except SopsError:
            pass
        except ManifestError as error:
            if {problem.code for problem in error.problems} != {"no-key"}:
                raise
    say(f"no key of {name} here: nothing is known of its values", options)
    return None
