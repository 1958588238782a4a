"""What beginners do wrong, as one table: what they type, and what they get.

Each is run by `tests/cli/test_mistakes.py`, and stands in docs/reference/mistakes.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.world import PREFIX, World

MAIN = "production/main.sops.yaml"
SETTINGS = "production/environment.sops.yaml"
CLEAR = "production/clear.sops.yaml"
FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:rotate"

Wrong = Callable[[World], object]


@dataclass(frozen=True)
class Mistake:
    """``did`` is what somebody did, ``types`` the command that tells, ``gets`` what it says,
    ``todo`` what it says to do, and ``code`` its exit code. ``wrong`` does it; ``stdin`` and ``variables`` are what the command
    has."""

    did: str
    types: str
    gets: str
    todo: str
    code: int = 64
    wrong: Wrong | None = None
    stdin: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)


def declares(world: World) -> None:
    """What each begins with."""
    world.declare(
        {
            "text": {"value": "one", "description": "a text"},
            "map": {"value": {"user": "u", "password": "one"}},
            "made": {"generate": {}},
        },
        {"p": {"value": "one"}, "clear": {"plaintext": "seen"}},
    )


def _edit(name: str, old: str, new: str) -> Wrong:
    return lambda world: world.tree.edit(name, old, new)


def _put(name: str, content: str) -> Wrong:
    return lambda world: world.tree.write(name, content, encrypt=False)


def _clear(content: str) -> Wrong:
    """A manifest without a value, in clear."""
    return lambda world: world.tree.write(CLEAR, content)


def _exists(world: World) -> None:
    world.client("secretsmanager").create_secret(Name=f"{PREFIX}/text", SecretString="theirs")


MISTAKES: tuple[Mistake, ...] = (
    # What is typed.
    Mistake(
        "An environment's name is misspelt",
        "plan prod",
        "error[unknown-environment]: there is no environment prod in manifests",
        "did you mean `production`?",
    ),
    Mistake(
        "A command is misspelt",
        "plam production",
        "error[usage]: There is no command 'plam'. Did you mean plan?",
        "try: reconciler --help",
    ),
    Mistake(
        "A command has another program's name",
        "list production",
        "error[usage]: There is no command 'list'. Did you mean report?",
        "try: reconciler --help",
    ),
    Mistake(
        "A role is not named",
        "iam",
        "error[usage]: Say which: plan, apply, drift, adopt or reader.",
        "try: reconciler iam --help",
    ),
    Mistake(
        "A role is misspelt",
        "iam aply production",
        "error[usage]: 'aply' is not one of 'plan', 'apply', 'drift', 'adopt', 'reader'.",
        "try: reconciler iam --help",
    ),
    Mistake(
        "Two names where one goes",
        "rollback production text map",
        "error[usage]: Too many arguments: map",
        "try: reconciler rollback --help",
    ),
    Mistake(
        "An option has no value",
        "apply production --only",
        "error[usage]: Option '--only' requires an argument.",
        "try: reconciler apply --help",
    ),
    Mistake(
        "An option that begins as three others",
        "plan production --on",
        "error[usage]: There is no option --on. Did you mean --only?",
        "try: reconciler plan --help",
    ),
    Mistake(
        "An option is misspelt",
        "plan --detailed-exitcod",
        "error[usage]: There is no option --detailed-exitcod. Did you mean --detailed-exitcode?",
        "try: reconciler plan --help",
    ),
    Mistake(
        "Apply where nobody can be asked",
        "apply production",
        "error[usage]: There is no terminal to ask on: give --plan FILE, --digest DIGEST or --auto-approve.",
        "try: reconciler apply --help",
    ),
    Mistake(
        "An argument is missing",
        "set production",
        "error[usage]: Missing argument 'NAME'.",
        "try: reconciler set --help",
    ),
    Mistake(
        "A secret's name is misspelt",
        "set production txt",
        "error[usage]: production has no secret or parameter txt. Did you mean text?",
        "try: reconciler set --help",
        stdin="x",
    ),
    Mistake(
        "A mapping is set without saying which key",
        "set production map",
        "error[edit]: map is a mapping: say which field with --key",
        "its fields: password, user",
        stdin="x",
    ),
    Mistake(
        "A key is misspelt",
        "set production map --key pasword",
        "error[edit]: map has no field pasword",
        "its fields: password, user",
        stdin="x",
    ),
    Mistake(
        "A text is asked for a key",
        "set production text --key user",
        "error[edit]: text is one text, without fields",
        "",
        stdin="x",
    ),
    Mistake(
        "A generated value is set",
        "set production made",
        "error[edit]: made has no encrypted `value` in a manifest",
        "its value is generated: reconciler rotate production made makes a new one",
        stdin="x",
    ),
    Mistake(
        "A value in clear is set",
        "set production clear",
        "error[edit]: clear has no encrypted `value` in a manifest",
        "its value is in clear text: change it in the manifest",
        stdin="x",
    ),
    Mistake(
        "An empty value is set",
        "set production text",
        "error[usage]: The value is empty.",
        "try: reconciler set --help",
        stdin="",
    ),
    Mistake(
        "A value for SSM that AWS reads as a reference",
        "set production p",
        "error[reference]: the value has {{ and }} in it",
        "Parameter Store takes that for a reference to another parameter and refuses it",
        stdin="{{ssm:a}}",
    ),
    Mistake(
        "Something declared is added again",
        "add production text",
        "error[exists]: text is declared already: manifests/production/main.sops.yaml:2:5",
        "for a new value: reconciler set production text",
        stdin="x",
    ),
    Mistake(
        "A whole name is added",
        "add production /test/production/x",
        "error[usage]: A name is relative to the prefix /test/production.",
        "try: reconciler add --help",
        stdin="x",
    ),
    Mistake(
        "A generated value is too short",
        "add production x --generate 4",
        "error[usage]: Invalid value for '--generate': 4 is not in the range 8<=x<=4096.",
        "try: reconciler add --help",
    ),
    Mistake(
        "A secret is added in clear",
        "add production x --plaintext y",
        "error[usage]: --plaintext is not for a secret.",
        "try: reconciler add --help",
    ),
    Mistake(
        "A name has two slashes in a row",
        "add production a//b --generate 20",
        "error[name]: a name relative to the prefix has no slash at its ends and no two in a row",
        "write it without, or give the full name as `name`",
    ),
    Mistake(
        "A file outside of the environment",
        "add production x --file ../x.sops.yaml",
        "error[edit]: ../x.sops.yaml is not a manifest of production",
        "name a file in manifests/production/ that ends in .sops.yaml",
        stdin="x",
    ),
    Mistake(
        "A rename without a new name",
        "move production text",
        "error[usage]: Say the new name, or --file.",
        "try: reconciler move --help",
    ),
    Mistake(
        "A rename of what is not there",
        "move production txt text2",
        "error[usage]: production has no secret or parameter txt. Did you mean text?",
        "try: reconciler move --help",
    ),
    Mistake(
        "A rename to what is there",
        "move production map made",
        "error[exists]: made is declared already",
        "",
    ),
    Mistake(
        "A rename to the name that it has",
        "move production made made",
        "error[usage]: made is its name already.",
        "try: reconciler move --help",
    ),
    Mistake(
        "What is not there is removed",
        "remove production txt",
        "error[usage]: production has no secret or parameter txt. Did you mean text?",
        "try: reconciler remove --help",
    ),
    Mistake(
        "A copy into the same environment",
        "copy production production text",
        "error[usage]: FROM and TO are the same environment.",
        "try: reconciler copy --help",
    ),
    Mistake(
        "One environment is compared",
        "compare production",
        "error[usage]: Missing argument 'ENV'.",
        "try: reconciler compare --help",
    ),
    Mistake(
        "A private key is named as a recipient",
        "recipients add AGE-SECRET-KEY-1ABC",
        "error[usage]: A recipient is a public age key (age1…) or the ARN of a KMS key.",
        "try: reconciler recipients add --help",
    ),
    Mistake(
        "A key is removed that nobody has",
        "recipients remove age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq",
        "error[no-recipient]: age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq decrypts none of them",
        "",
    ),
    Mistake(
        "What git owns is rotated",
        "rotate production text --auto-approve",
        "refused: it does not exist",
        "",
        code=4,
    ),
    Mistake(
        "What never was in AWS is rolled back",
        "rollback production text --auto-approve",
        "refused: it does not exist",
        "",
        code=4,
    ),
    Mistake(
        "A code is misspelt",
        "explain unqoted",
        "error[usage]: There is no code 'unqoted'. Did you mean unquoted?",
        "try: reconciler explain --help",
    ),
    Mistake(
        "An option that goes with another",
        "import production --below x --auto-approve",
        "error[usage]: --below goes with --from.",
        "try: reconciler import --help",
    ),
    Mistake(
        "A file to import that is not there",
        "import production --from no.env --auto-approve",
        "error[usage]: no.env cannot be read: No such file or directory",
        "",
    ),
    Mistake(
        "Another folder",
        "validate -C nowhere",
        "error[no-environments]: there is no environment in nowhere",
        "an environment is a folder with a file environment.sops.yaml",
    ),
    Mistake(
        "A plan of what is not there",
        "plan production --only txt",
        "error[usage]: production has no secret or parameter txt. Did you mean text?",
        "try: reconciler plan --help",
    ),
    Mistake(
        "A plan that was not saved",
        "apply production --plan no.json",
        "error[usage]: no.json cannot be read: No such file or directory",
        "",
    ),
    Mistake(
        "Half a digest",
        "apply production --digest abc",
        "error[usage]: Invalid value for '--digest': a digest is the 64 hexadecimal digits that the plan ends with",
        "try: reconciler apply --help",
    ),
    Mistake(
        "A kind that is none",
        "add production x --kind secrets",
        "error[usage]: Invalid value for '--kind': 'secrets' is not one of 'secret', 'parameter'.",
        "try: reconciler add --help",
        stdin="x",
    ),
    Mistake(
        "A command outside of git",
        "diff --base main",
        "error[no-git]: manifests is not in a git repository",
        "git init, and commit",
    ),
    Mistake(
        "A sops that is not there",
        "plan production --sops ./no-sops",
        "error[sops-missing]: no program at ./no-sops",
        "check --sops",
        code=1,
    ),
    Mistake(
        "The fingerprint key of no environment",
        "rotate-keys prod",
        "error[unknown-environment]: there is no environment prod in manifests",
        "did you mean `production`?",
    ),
    # What is written.
    Mistake(
        "A value is not encrypted",
        "validate production",
        "error[not-encrypted]: the value is not encrypted",
        "undo this edit: git restore manifests/production/main.sops.yaml; then give the value to sops: reconciler set ENV NAME; once it has been committed, it has leaked: choose a new value",
        1,
        _edit(MAIN, "value: ENC[", "value: one # ENC["),
    ),
    Mistake(
        "A manifest without .sops in its name",
        "validate production",
        "error[not-read]: nothing reads this file",
        "let its name end in .sops.yaml, or name it in `include`",
        1,
        _put("production/more.yaml", "secrets: {}\n"),
    ),
    Mistake(
        "A manifest beside the environments",
        "validate",
        "error[unclaimed]: no environment reads this file",
        "name it in an environment's `include`, or move it out of the manifests' folder",
        1,
        _put("notes.yaml", "a: b\n"),
    ),
    Mistake(
        "A folder that is no environment",
        "validate",
        "error[unclaimed]: no environment reads this file",
        "move it into an environment's folder, or make this one an environment: write manifests/test/environment.sops.yaml",
        1,
        _put("test/main.sops.yaml", "secrets: {a: {value: b}}\n"),
    ),
    Mistake(
        "A secret is renamed in an editor",
        "plan production",
        "error[tampered]: an encrypted value does not decrypt: it was changed, or moved from another place",
        "undo that edit: git restore manifests/production/main.sops.yaml; to rename: reconciler move ENV NAME NEW; to change a value: reconciler set ENV NAME",
        1,
        _edit(MAIN, "    text:", "    text2:"),
    ),
    Mistake(
        "A field is misspelt",
        "validate production",
        "error[unknown-field]: there is no field `descripton` here",
        "did you mean `description`?",
        1,
        _edit(MAIN, "description:", "descripton:"),
    ),
    Mistake(
        "The field value is misspelt",
        "validate production",
        "error[unknown-field]: there is no field `valeu` here",
        "did you mean `value`?",
        1,
        _edit(MAIN, "      value: ENC[", "      valeu: ENC["),
    ),
    Mistake(
        "A field is left empty",
        "validate production",
        "error[empty-field]: the field is empty",
        "leave the field out to leave it alone; `none`, or `[]` for a list, removes",
        1,
        _edit(MAIN, "description: a text", "description:"),
    ),
    Mistake(
        "A field stands twice",
        "validate production",
        "error[duplicate-field]: the field `description` appears twice in this mapping",
        "it first appears in line 4",
        1,
        _edit(MAIN, "description: a text", "description: a text\n        description: b"),
    ),
    Mistake(
        "A number without quotes",
        "validate production",
        "error[unquoted]: YAML reads this as a number, which may not be what it looks like",
        "write it in quotes",
        1,
        _edit(MAIN, "plaintext: seen", "plaintext: 0123"),
    ),
    Mistake(
        "A conflict of git is left",
        "validate production",
        "error[yaml]: there is an unresolved merge conflict",
        "choose a side, and git add it",
        1,
        _edit(MAIN, "secrets:", "<<<<<<< HEAD\nsecrets:"),
    ),
    Mistake(
        "The indentation is wrong",
        "validate production",
        "error[yaml]: this is not valid YAML",
        "the indentation does not fit, or a quote is missing",
        1,
        _edit(MAIN, "        description:", "   description:"),
    ),
    Mistake(
        "An anchor is used",
        "validate production",
        "error[anchor]: anchors and aliases are not read here",
        "",
        1,
        _edit(MAIN, "description: a text", "description: &d a text"),
    ),
    Mistake(
        "A secret without a value",
        "validate production",
        "error[no-value]: bare has no value in production: a secret needs a `value`, `generate` or `external: true`",
        "declare secrets: bare: value: … in a file of production; with a `rotation` it may have none of them, and is then managed but not created",
        1,
        _clear("secrets:\n  bare:\n    description: d\n"),
    ),
    Mistake(
        "A secret with two values",
        "validate production",
        "error[two-values]: `generate` and `external` exclude each other",
        "",
        1,
        _edit(MAIN, "generate:", "external: true\n        generate:"),
    ),
    Mistake(
        "A schedule that is named nowhere",
        "validate production",
        "error[unknown-schedule]: the environment has no schedule monthly",
        "its schedules: none",
        1,
        _clear("secrets:\n  rot:\n    rotation: monthly\n"),
    ),
    Mistake(
        "A cron of five fields",
        "validate production",
        "error[schedule]: `schedule`: cron has six fields: 0 HOUR DAY MONTH WEEKDAY *",
        "",
        1,
        _clear(
            f"secrets:\n  rot:\n    rotation: {{lambda: '{FUNCTION}', schedule: 'cron(0 4 1 * *)'}}\n"
        ),
    ),
    Mistake(
        "A function by its name",
        "validate production",
        "error[lambda]: `lambda`: this is not the ARN of a Lambda function",
        "",
        1,
        _clear("secrets:\n  rot:\n    rotation: {lambda: rotate, schedule: rate(7 days)}\n"),
    ),
    Mistake(
        "A window of an hour without a unit",
        "validate production",
        "error[window]: `window`: a window is written in whole hours, 1h to 24h",
        "",
        1,
        _clear(
            f"secrets:\n  rot:\n    rotation: {{lambda: '{FUNCTION}', schedule: rate(7 days), window: '3'}}\n"
        ),
    ),
    Mistake(
        "An account without quotes",
        "validate production",
        "error[wrong-type]: `account` has to be a text",
        "write it in quotes",
        1,
        _edit(SETTINGS, 'account: "123456789012"', "account: 123456789012"),
    ),
    Mistake(
        "An account of eleven digits",
        "validate production",
        "error[invalid-field]: `account`: it does not have the form ^[0-9]{12}$",
        "an account is 12 digits, in quotes",
        1,
        _edit(SETTINGS, "123456789012", "12345678901"),
    ),
    Mistake(
        "A Region without its last hyphen",
        "validate production",
        "error[invalid-field]: `region`: it does not have the form ^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$",
        "a Region is like us-west-2",
        1,
        _edit(SETTINGS, "us-west-2", "us-west2"),
    ),
    Mistake(
        "A prefix without a slash",
        "validate production",
        "error[prefix]: `prefix`: it starts with a slash, ends without one, and has letters, digits and _ . - between",
        "",
        1,
        _edit(SETTINGS, "prefix: /test", "prefix: test"),
    ),
    Mistake(
        "The folder is renamed, the field is not",
        "validate production",
        "error[environment-name]: the environment calls itself prod, and its folder production",
        "the two have to be the same",
        1,
        _edit(SETTINGS, "environment: production", "environment: prod"),
    ),
    Mistake(
        "No rule is for the environment",
        "validate production",
        "error[no-rule]: no creation rule of .sops.yaml is for this file",
        "add one whose path_regex matches production/environment.sops.yaml",
        1,
        _edit(".sops.yaml", "\\.sops\\.yaml$", "^staging/"),
    ),
    Mistake(
        "A rule does not say what is encrypted",
        "validate production",
        "error[sops-rules]: a creation rule has to leave cleartext editable without a key",
        "write `mac_only_encrypted: true`",
        1,
        _edit(".sops.yaml", "    mac_only_encrypted: true\n", ""),
    ),
    # What is missing.
    Mistake(
        "No key is here",
        "plan production",
        "error[no-key]: no key here decrypts this file or 1 other",
        "SOPS_AGE_KEY_FILE names a file that is not there: /nonexistent",
        1,
        variables={"SOPS_AGE_KEY_FILE": "/nonexistent", "HOME": "/nonexistent"},
    ),
    Mistake(
        "No credentials are here",
        "plan production",
        "error[credentials]: no usable AWS credentials (NoCredentialsError)",
        "set AWS_PROFILE, log in, or let the workflow assume its role",
        1,
        variables={
            "AWS_ACCESS_KEY_ID": "",
            "AWS_SECRET_ACCESS_KEY": "",
            "AWS_EC2_METADATA_DISABLED": "true",
        },
    ),
    Mistake(
        "A plan without the key, and no lock",
        "plan production --keyless",
        "error[no-lock]: production has no lock, and without one a plan needs the key",
        "with the key, run: reconciler lock production; and commit what it writes",
        1,
    ),
    Mistake(
        "It exists in AWS, and nobody manages it",
        "plan production --only text",
        "nothing of it was changed; choose another name, or adopt it",
        "",
        0,
        _exists,
    ),
)
