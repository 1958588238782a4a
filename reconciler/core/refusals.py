"""Why a change is refused, and why a run ends, by the code that plans and errors show."""

from __future__ import annotations

from collections.abc import Mapping

REASONS: Mapping[str, str] = {
    # A change is refused: nothing of it is written, and the others do not wait for it.
    "absent": "what does not exist can be neither rotated nor rolled back: apply creates it",
    "git-owned": "git declares its value: a new one belongs there, or the next apply reverts it",
    "held-elsewhere": "a stack that holds it would write it again: it has to let go of it first",
    "needs-replace": "AWS cannot change this in place, and deleting it costs its history",
    "no-previous": "AWS keeps no earlier version to go back to",
    "no-rotation": "nothing that is known here makes a new value for it",
    "not-creatable": "it does not exist, and the manifest says not enough to make it",
    "not-managed": "it exists without our marks: what others made is not overwritten until adopted",
    "not-ours": "only what carries our proof may be rotated, rolled back or released",
    "other-owner": "another environment or configuration owns it, and two would write in turns",
    "pending-deletion": "AWS refuses writes to what is pending deletion, until it is restored",
    "replica": "it is a copy of a secret in another Region, and AWS refuses writes to copies",
    "requires": "it belongs to something that is refused itself",
    "rotated-before": "rotation wrote the live value, and git never writes over that unasked",
    "rotation-dropped": "git has no rotation any more, and AWS has: who owns the value is not said",
    "rotation-on": "while rotation is on it owns the value: end it first, then let git take over",
    "rotation-owned": "what a rotation replaced may have leaked, and may not work any more",
    "rotation-pending": "a value written during a rotation would abandon it half way",
    "seed-changed": "the seed is written once: a new one would revert what rotation made",
    "service-owned": "an AWS service owns it, and AWS refuses our writes",
    "superseded": "`rotate` replaced that value, perhaps because it leaked",
    "too-long": "our mark goes into the description, and AWS has 1,024 characters for both",
    "unreadable": "to adopt a value it is compared once, and AWS did not hand it out",
    "values-differ": "live and declared values differ, and only a person knows which is right",
    # A run ends.
    "conflict": "somebody else wrote in the same moment, and nothing of theirs was overwritten",
    "max-change-ratio": "so large a share of what is owned changes seldom on purpose",
    "max-prunes": "what is deleted is not to be deleted by a slip: git says how many may go",
    "plan-file": "a plan that was edited is not the one that was reviewed",
    "stale": "what was reviewed is not what would be done now, so nothing is",
    "unknown-values": "a plan without the key could not tell what is written: accept it by name",
}
