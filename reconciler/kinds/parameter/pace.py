"""How fast parameters may be written: AWS has two quotas, and a setting says which one holds."""

from __future__ import annotations

from reconciler.aws.client import Aws
from reconciler.core.errors import AwsError
from reconciler.kinds.pace import Pace
from reconciler.kinds.parameter.terms import SERVICE

SETTING = "/ssm/parameter-store/high-throughput-enabled"
NEEDS = "ssm:GetServiceSetting"
FROM = 50  # writes: before fewer the question is not worth its call
FASTER = 10.0  # PutParameter a second with higher throughput

_PUT = "PutParameter"
_RAISE = f"aws ssm update-service-setting --setting-id {SETTING} --setting-value true"


def expected(aws: Aws, count: int) -> Pace | None:
    """How long so many writes take. From 50 on the account is asked for its quota, once, unless
    `--pace` says it. Raises AwsError."""
    if count < FROM:
        return None
    faster = aws.paced or _is_faster(aws)
    if faster and not aws.paced:
        aws.allow(SERVICE, _PUT, FASTER)
    rate = aws.rate(SERVICE, _PUT)
    seconds = count / rate
    long = f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"
    told = f"writing {count:,} parameters takes about {long}, at {rate:g} a second"
    if not faster:
        told += f"; for {FASTER:g} a second, which AWS charges for: {_RAISE}"
    return Pace(seconds, told)


def _is_faster(aws: Aws) -> bool:
    try:
        answer = aws.call(SERVICE, "get_service_setting", needs="ServiceSetting", SettingId=SETTING)
    except AwsError as error:
        if not error.denied:
            raise
        aws.warn(f"the role lacks {NEEDS}, so that parameters are written at AWS's lower quota")
        return False
    return bool(answer["ServiceSetting"].get("SettingValue") == "true")
