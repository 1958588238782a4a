"""What is asked when the template is deployed: what the account has, and how much is too much."""

from __future__ import annotations

from typing import Any

MAKES_PROVIDER, MAKES_TRAIL, HAS_EMAIL = "MakesProvider", "MakesTrail", "HasEmail"
STARTS_DRIFT = "StartsDrift"

PARAMETERS: dict[str, Any] = {
    "OidcProvider": {
        "Type": "String",
        "AllowedValues": ["create", "exists"],
        "Default": "create",
        "Description": "Whether the account trusts GitHub's tokens already; it can do so only once",
    },
    "TrailLogGroup": {
        "Type": "String",
        "Default": "",
        "Description": "Log group that a trail of management events writes to; empty makes a trail",
    },
    "Email": {
        "Type": "String",
        "Default": "",
        "Description": "Who is told, by mail; empty for nobody",
    },
    "GitHubToken": {
        "Type": "String",
        "Default": "",
        "Description": "ARN of a secret that holds a token of GitHub, which may start workflows of"
        " the repository and no more; what somebody changes then starts secrets-drift. Empty: no",
    },
    "DeniedCalls": {
        "Type": "Number",
        "Default": 1,
        "MinValue": 1,
        "Description": "Denied calls in five minutes that are an alarm",
    },
    "ValueReads": {
        "Type": "Number",
        "Default": 1000,
        "MinValue": 1,
        "Description": "Reads of values in five minutes that are an alarm",
    },
}

CONDITIONS: dict[str, Any] = {
    MAKES_PROVIDER: {"Fn::Equals": [{"Ref": "OidcProvider"}, "create"]},
    MAKES_TRAIL: {"Fn::Equals": [{"Ref": "TrailLogGroup"}, ""]},
    HAS_EMAIL: {"Fn::Not": [{"Fn::Equals": [{"Ref": "Email"}, ""]}]},
    STARTS_DRIFT: {"Fn::Not": [{"Fn::Equals": [{"Ref": "GitHubToken"}, ""]}]},
}
