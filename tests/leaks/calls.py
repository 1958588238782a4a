"""How the search for leaks calls each command: a new command without a call here fails it.

They run one after another on one account, each time with another failure. So what reads comes
first, then what writes, and what lets go of everything last. Those with ``-vv`` run for each
failure; where nothing fails, and in the long run of the tests, all of them do.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.age_key import new_age_key
from tests.github.job import SHA


@dataclass(frozen=True)
class Call:
    """One call of a command, as it is typed after ``reconciler``.

    ``stdin`` is read from there, where ``{value}`` stands for a planted value. What ``hands_out``
    values shows them on stdout and in the file after ``--out`` by design: these are not searched,
    all else is. ``into`` is a file that keeps what it prints, for a later call.
    """

    arguments: tuple[str, ...]
    stdin: str | None = None
    hands_out: bool = False
    into: str | None = None

    @property
    def command(self) -> str:
        """The name of the command."""
        return self.arguments[0]

    @property
    def needs_aws(self) -> bool:
        """Whether it may call AWS."""
        return not " ".join(self.arguments).startswith(OFFLINE)


# Whatever AWS does, these do the same as where nothing fails.
OFFLINE = (
    "validate", "schema", "explain", "matrix", "iam", "bootstrap", "diff", "show", "merge-driver",
    "github plan", "github unchanged", "github removed", "github protected",
    "github reviewed", "github unmoved", "github outcome", "github drift",
    "rotation",
)  # fmt: skip
SOMEBODY = new_age_key().recipient
REVIEWED = "--plan out.plan.json --artifact-name plan --workflow .github/workflows/plan.yml"


def _call(line: str, *, stdin: str | None = None, hands_out: bool = False) -> Call:
    typed, _, into = line.partition(" > ")
    return Call(tuple(typed.split()), stdin, hands_out, into or None)


CALLS: tuple[Call, ...] = (
    _call("validate -vv"),
    _call("validate --log-format json"),
    _call("schema plan -vv"),
    _call("explain unquoted -vv"),
    _call("explain unquoted -o json"),
    _call("validate --strict"),
    _call("validate -o json"),
    _call("validate -o sarif"),
    _call("validate --all"),
    _call("doctor -vv"),
    _call("doctor production -o json"),
    _call("matrix"),
    _call("iam apply production -vv"),
    _call("iam reader production"),
    _call("iam apply production -o csv"),
    _call("export production --paths -vv"),
    _call("export production --format externalsecret"),
    _call("export production --format ecs"),
    _call("iam plan production --trust --repository a/b --repository-id 1 --owner-id 2"),
    _call("bootstrap production --repository a/b --repository-id 1 --owner-id 2 -vv"),
    _call("rotation build random --out built -vv"),
    _call("rotation template production --built built -vv"),
    _call("matrix --base HEAD -o names -vv"),
    _call("diff --base HEAD -vv"),
    _call("diff --base HEAD -o markdown"),
    _call("diff --base HEAD -o json"),
    _call("plan production -vv --out out.plan.json"),
    _call("plan -o markdown --color always"),
    _call("plan production -o json --log-format json"),
    _call("plan production --base HEAD -o markdown -vv"),
    _call("plan production --base HEAD -o json"),
    _call("show out.plan.json"),
    _call("show out.plan.json -o markdown -vv"),
    _call("show out.plan.json -o json"),
    _call("github plan production --plan out.plan.json --comment -vv"),
    _call("github plan production --plan out.plan.json -o json"),
    _call("github unchanged production"),
    _call("github unchanged production -o json"),
    _call("github removed --base HEAD --comment -vv"),
    _call("github removed --base HEAD -o json"),
    _call("github removed --issue"),
    _call("github protected production -vv"),
    _call("github protected production -o json"),
    _call(f"github reviewed production {REVIEWED} -vv"),
    _call(f"github reviewed production {REVIEWED} -o json"),
    _call("github outcome production --artifacts . -vv"),
    _call("github outcome production --artifacts . -o json"),
    _call(f"github unmoved production --sha {SHA} -vv"),
    _call(f"github unmoved production --sha {SHA} -o json"),
    _call("drift"),
    _call("drift -o json --deep"),
    _call("drift production -o json -vv > drift.json"),
    _call("drift prod* -vv"),
    _call("drift prod* -o json --profile {environment}"),
    _call("github drift production --drift drift.json --issue -vv"),
    _call("github drift production --drift drift.json -o json"),
    _call("drift --read-values"),
    _call("drift --read-values=all --deep -o json -vv"),
    _call("lock -vv"),
    _call("lock --check"),
    _call("lock --check -o json prod*"),
    _call("validate prod* -o json"),
    _call("doctor prod* -o json"),
    _call("plan prod* --keyless -o json"),
    _call("github applied production -vv"),
    _call("github applied production -o json"),
    _call("plan production --keyless -vv"),
    _call("plan production --keyless -o markdown"),
    _call("plan production --keyless -o json --out keyless.plan.json"),
    _call("drift --keyless"),
    _call("report production"),
    _call("report production --keyless"),
    _call("report production -o csv -vv"),
    _call("report production -o json --html report.html -vv"),
    _call("report prod* --html pages"),
    _call("merge-driver base.yaml ours.yaml theirs.yaml manifests/production/main.sops.yaml -vv"),
    _call("merge-driver --install"),
    _call("export production -vv", hands_out=True),
    _call("export production -o json --from aws -vv", hands_out=True),
    _call("export production -o yaml --out .env", hands_out=True),
    _call("exec production -vv --only text -- true"),
    _call("exec production --from aws -- true"),
    _call("import production --auto-approve -vv"),
    _call("import production --auto-approve -o json"),
    # Encrypted: a file in clear would be found itself. tests/operations searches after those.
    _call("import production --from ours.yaml --below taken --auto-approve -vv"),
    _call("import production --from theirs.yaml --one other --auto-approve -o json"),
    _call("adopt production -o markdown"),
    _call("adopt production -o json"),
    _call("adopt production --out adopt.plan.json"),
    _call("adopt production --plan adopt.plan.json"),
    _call("lock -vv --parallelism 2"),
    _call("apply production --plan out.plan.json -vv --audit audit.log"),
    _call("show out.plan.json --audited audit.log -vv"),
    _call("apply prod* --plan out.plan.json -o json"),
    _call("adopt production --take live --auto-approve -vv"),
    _call("rotate-keys production -vv"),
    _call("apply production --auto-approve --allow-unknown-values -vv"),
    _call("rotate-keys production -o json"),
    _call("recipients list -vv"),
    _call("recipients list production -o json"),
    _call(f"recipients add {SOMEBODY} -vv"),
    _call(f"recipients remove {SOMEBODY} -vv"),
    _call(f"recipients add {SOMEBODY} production -o json"),
    _call(f"recipients remove {SOMEBODY} production -o json"),
    _call("add production text2 -vv", stdin="{value}"),
    _call("add production mapping2 --key user -o json", stdin="{value}"),
    _call("move production text2 text3 -vv"),
    _call("move production text3 --file moved.sops.yaml -o json"),
    _call("move production generated generated2 -vv"),
    _call("adopt production generated2 --auto-approve -vv"),
    _call("remove production text2 -vv"),
    _call("remove production text3 mapping2 -o json"),
    _call("set production text -vv", stdin="{value}"),
    _call("set production mapping --key user -o json", stdin="{value}"),
    _call("set production json --apply --auto-approve -vv", stdin="{value}"),
    _call("rotate production generated --auto-approve -vv"),
    _call("rotate production generated --auto-approve -o json"),
    _call("rollback production json --auto-approve -vv"),
    _call("rollback production json --auto-approve -o json"),
    _call("revoke production --role app --auto-approve -vv"),
    _call("revoke production --role app --undo --auto-approve -o json"),
    _call("release production secure --auto-approve"),
    _call("release production --all --auto-approve -o json -vv"),
)
# What runs again for each failure, in the ordinary run of the tests; the long one runs all.
FEW: tuple[Call, ...] = tuple(call for call in CALLS if "-vv" in call.arguments)

# A command that cannot be called so, and the test of this folder that searches what it says.
ELSEWHERE: dict[str, str] = {
    "compare": "test_two_environments_side_by_side_show_no_value",
    "copy": "test_two_environments_side_by_side_show_no_value",
    "github merge": "test_merging_main_into_a_pull_request_shows_no_value",
    "init": "test_init_shows_neither_of_its_keys",
    "sandbox": "test_the_sandbox_says_nothing_of_what_it_keeps",
}
