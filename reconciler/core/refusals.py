"""Why a change is refused, by the code that plans and errors show."""

from __future__ import annotations

from collections.abc import Mapping

REASONS: Mapping[str, str] = {
    # A change is refused: nothing of it is written, and the others do not wait for it.
    "absent": "what does not exist can be neither rotated nor rolled back: apply creates it",
    "external": "it does not exist, and git declares that somebody else creates it",
    "git-owned": "git declares its value: a new one belongs there, or the next apply reverts it",
    "held-elsewhere": "the stack that manages it would overwrite it: take it out of the stack",
    "needs-replace": "AWS cannot change this in place, and deleting it costs its history",
    "needs-replace-later": "AWS cannot change this in place, and only what is owned is replaced",
    "no-previous": "AWS keeps no earlier version to go back to",
    "no-rotation": "nothing makes a new value for it: it has no rotation and is not generated",
    "not-creatable": "it does not exist, and the manifest does not say enough to create it",
    "not-managed": "it exists and this environment does not own it: adopt it first",
    "other-key": "its marks are of a fingerprint key that git no longer has: nothing proves them",
    "not-ours": "only what this environment owns can be rotated, rolled back or released",
    "other-account": "it is a copy of a secret in another account: AWS refuses writes to copies",
    "other-owner": "another environment owns it, and the two would overwrite each other",
    "partner": "AWS and a partner rotate it together, and a value from git would break that",
    "pending-deletion": "AWS refuses writes to what is pending deletion, until it is restored",
    "previous-key": "AWS encrypts a value again only for who may decrypt with the old key",
    "replica": "it is a copy of a secret in another Region, and AWS refuses writes to copies",
    "requires": "it belongs to something that is refused itself",
    "rotated-before": "rotation wrote the live value, and git never writes over that unasked",
    "rotation-dropped": "git declares no rotation and AWS has one: say who owns the value",
    "rotation-off": "git declares a rotation, and apply has not switched it on, or could not",
    "rotation-on": "while rotation is on it owns the value: end it first, then let git take over",
    "rotation-owned": "what a rotation replaced may have leaked, and may not work any more",
    "rotation-pending": "a value written during a rotation would abandon it half way",
    "seed-changed": "the seed is written once: a new one would revert what rotation made",
    "service-owned": "an AWS service owns it, and AWS refuses writes by anybody else",
    "source-gone": "the secret to copy from does not exist",
    "source-not-ours": "only a secret that this environment owns is copied",
    "source-pending": "during a rotation the current value may be about to be replaced",
    "source-rotates": "the next rotation under the old name would make the copy invalid",
    "superseded": "`rotate` replaced that value, perhaps because it leaked",
    "to-copy": "git does not have its value, and apply may read none: adopt copies it",
    "too-long": "the stamp goes into the description, and AWS allows 1,024 characters for both",
    "unreadable": "to adopt a value it is compared once, and AWS did not return it",
    "values-differ": "live and declared values differ, and only a person knows which is right",
}
