#!/usr/bin/env bash
# One command of the reconciler, and what the job shows of it: summary, outputs, comment, issue.
set -uo pipefail

output() { echo "$1=$2" >>"$GITHUB_OUTPUT"; }

# Text as it is, in a summary: no Markdown and no HTML begins within it. GitHub drops the whole of a
# step's summary over 1 MiB, so it is cut to what the step has left of that, escaped, at a line.
verbatim() {
  local used=0 left=65536 # for what comes after
  [ ! -e "$GITHUB_STEP_SUMMARY" ] || used=$(wc -c <"$GITHUB_STEP_SUMMARY")
  {
    echo "<pre>"
    sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g' |
      LC_ALL=C awk -v room="$((1048576 - left - used))" '
        cut || (room -= length($0) + 1) < 0 { cut++; next }
        { print }
        END { if (cut) print "Not all fits here: " cut " lines left out. The log has them." }'
    echo "</pre>"
  } >>"$GITHUB_STEP_SUMMARY"
}

# End with a command's exit code, and say in a word what it means.
end() {
  local code=$1 reason
  case $code in
  0) exit 0 ;;
  2) reason=drift ;;
  3) reason=stale ;;
  4) reason=partial ;;
  64) reason=usage ;;
  *) reason=error ;;
  esac
  output failure-reason "$reason"
  exit "$code"
}

# Whatever is an input stands after `=` or after `--`: no option, whatever it says.
run() { reconciler --manifests="$MANIFESTS" --color=never "$@"; }

usage() {
  echo "::error title=reconcile::$1"
  end 64
}

# What stands alone in a command line is a name, and never an option of the reconciler's.
[[ $ENVIRONMENT =~ ^([A-Za-z0-9][A-Za-z0-9_.-]{0,63})?$ ]] ||
  usage "the input environment is no name of an environment"
among=()
read -ra several <<<"${SELECTED:-}"
for one in "${several[@]}"; do
  [[ $one =~ ^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$ ]] ||
    usage "the input environments takes names of environments, and one of them is none"
  among+=(--among="$one")
done
for input in BASE PLANS CHANGED MANIFESTS PLAN_ROLE APPLY_ROLE CONFIGURATION PLAN_FILE DIGEST TAKE REVIEWED RESULT BRANCH AUDIT NOTIFY_AS; do
  case ${!input:-} in
  -*) usage "the input ${input,,} begins with a hyphen, as an option does" ;;
  esac
done

[[ ${PART:-} =~ ^([1-9][0-9]{0,3}/[1-9][0-9]{0,3})?$ ]] || usage "the input part is none, like 1/2"

# Whose .sops.yaml says whom sops may ask with this job's credentials: said in the environment, since
# git's configuration stays in a checkout for the next job of a runner. What writes runs behind a
# GitHub Environment that only main may deploy to, so its own commit was reviewed.
case $COMMAND in
apply | check | adopt | merge) RECONCILER_TRUSTED_BASE=$GITHUB_SHA ;;
*) RECONCILER_TRUSTED_BASE=${RECONCILER_TRUSTED_BASE:-refs/remotes/origin/${DEFAULT_BRANCH:-${BRANCH:-main}}} ;;
esac
export RECONCILER_TRUSTED_BASE

# A session is not renewed: it is told when it ends, so that nothing is begun in its last minute.
if [[ ${SESSION_SECONDS:-} =~ ^[0-9]{3,5}$ ]]; then
  AWS_CREDENTIAL_EXPIRATION=$(date -u -d "+$SESSION_SECONDS seconds" +%Y-%m-%dT%H:%M:%S+00:00)
  export AWS_CREDENTIAL_EXPIRATION
fi

named() { [ -n "$ENVIRONMENT" ] || usage "the command $COMMAND needs the input environment"; }

only=()
[ -z "$ENVIRONMENT" ] || only=(-- "$ENVIRONMENT")
configuration=()
[ -z "$CONFIGURATION" ] || configuration=(--configuration="$CONFIGURATION")
without_key=()
[ "$KEYLESS" != true ] || without_key=(--keyless)
# After a push it is what the branch was, which a force push may have left behind.
direct=()
[ "${GITHUB_EVENT_NAME:-}" != push ] || direct=(--direct)
plan_file=${PLAN_FILE:-$RUNNER_TEMP/plan-$ENVIRONMENT.json}

# What is done once for all environments.
first_part() { [[ -z ${PART:-} || $PART == 1/* ]]; }

make_matrix() {
  local arguments=() named_one=() part=() file made every
  if [ -n "$PLANS" ]; then
    while IFS= read -r -d '' file; do
      arguments+=(--plan="$file")
    done < <(find "$PLANS" -type f -name '*.json' -print0 | sort -z)
    # No plan at all is nothing to do, and not every environment.
    if [ ${#arguments[@]} -eq 0 ]; then
      output matrix '{"include":[]}'
      output count 0
      return
    fi
    # Nothing to apply, and what only the key can tell the truth of has changed: that is checked.
    [ -z "$BASE" ] || arguments+=(--base="$BASE")
  elif [ -n "$ENVIRONMENT" ]; then
    named_one=("${only[@]}")
  elif [ -n "$BASE" ]; then
    arguments+=(--base="$BASE" "${direct[@]}")
  fi
  [ -z "$PLAN_ROLE" ] || arguments+=(--role="plan_role=$PLAN_ROLE")
  [ -z "$APPLY_ROLE" ] || arguments+=(--role="apply_role=$APPLY_ROLE")
  [ -z "${PART:-}" ] || part=(--part="$PART")
  made=$(run matrix "${arguments[@]}" "${among[@]}" "${part[@]}" "${named_one[@]}") || end $?
  echo "$made"
  output matrix "$made"
  local found
  found=$(grep -o '"environment":"[^"]*"' <<<"$made" | cut -d'"' -f4)
  # Of every part: what another one plans is changed as well.
  every=$found
  [ -z "${PART:-}" ] || every=$(run matrix --format=names "${arguments[@]}" "${among[@]}" "${named_one[@]}") || end $?
  output environments "$(paste -sd, - <<<"$every")"
  output count "$(grep -c . <<<"$found")"
  # Merged: what git no longer has is looked at by no job of this run.
  if [ -z "$PLANS" ] && [ -n "$BASE" ] && [ ${#direct[@]} -gt 0 ] && first_part; then
    run github removed --base="$BASE" "${direct[@]}" || end $?
  fi
  # Before any job names them: GitHub would make a missing Environment, and ask nobody.
  if [ -n "$PLANS" ] && [ -n "$found" ]; then
    local every=()
    mapfile -t every <<<"$found"
    run github protected -- "${every[@]}" || end $?
  fi
}

validate() {
  run validate "${only[@]}" || end $?
}

show_diff() {
  [ -n "$BASE" ] || usage "the command diff needs the input base"
  run diff --base="$BASE" --format=markdown | tee -a "$GITHUB_STEP_SUMMARY" || end $?
}

plan() {
  named
  local code=0 with_comment=() since=()
  [ "$COMMENT" != true ] || with_comment=(--comment)
  # After a merge: a run that somebody starts again may be of a commit that main has left behind.
  if [ -n "$REVIEWED" ]; then
    run github unmoved --sha="$GITHUB_SHA" --branch="$BRANCH" "${only[@]}" || end $?
  fi
  # Of a pull request: who gets access by what it changes in the manifests.
  [ -z "$BASE" ] || since=(--base="$BASE")
  run plan "${without_key[@]}" "${since[@]}" --out="$plan_file" "${only[@]}" || code=$?
  if [ "$code" -ne 0 ]; then
    run github plan --plan="$plan_file" "${with_comment[@]}" "${configuration[@]}" \
      --failed "the plan could not be made; the log of this job says why" "${only[@]}"
    end "$code"
  fi
  run github plan --plan="$plan_file" "${since[@]}" "${with_comment[@]}" "${configuration[@]}" "${only[@]}" || end $?
  if [ -n "$REVIEWED" ]; then
    run github reviewed --plan="$plan_file" --workflow="$REVIEWED" \
      --artifact-name="secrets-plan-$ENVIRONMENT" "${only[@]}" || end $?
  fi
}

apply() {
  named
  local code=0 review=() audit=() fresh=$RUNNER_TEMP/fresh-$ENVIRONMENT.json
  local why="The reviewed plan is stale."
  if [ -n "$DIGEST" ]; then
    review=(--digest="$DIGEST")
  elif [ -n "$PLAN_FILE" ]; then
    review=(--plan="$PLAN_FILE")
  else
    usage "the command apply needs the input plan-file or digest: nothing is written that was not reviewed"
  fi
  [ -z "$AUDIT" ] || audit=(--audit="$AUDIT")
  # Last of all before writing: what was approved may have waited for days.
  run github unmoved --sha="$GITHUB_SHA" --branch="$BRANCH" "${only[@]}" || end $?
  # An empty log says that nothing was begun; none at all, that this job did not come so far.
  [ -z "$AUDIT" ] || (umask 077 && : >>"$AUDIT")
  if [ -z "$DIGEST" ] && [ ! -e "$PLAN_FILE" ]; then
    # A job waits up to 30 days for its approval, and a repository may keep artifacts for fewer.
    code=3
    why="GitHub no longer has the plan that was approved: the repository's settings say for how many days it keeps artifacts."
    echo "$why" >"$RUNNER_TEMP/outcomes"
    echo "::error title=$ENVIRONMENT%3A nothing was written::$why"
  else
    run apply "${review[@]}" "${audit[@]}" "${only[@]}" 2>&1 | tee "$RUNNER_TEMP/outcomes" || code=$?
  fi
  echo "## Applied: $ENVIRONMENT" >>"$GITHUB_STEP_SUMMARY"
  verbatim <"$RUNNER_TEMP/outcomes"
  if [ "$code" -eq 3 ]; then
    # Nothing was written. Show what the plan is now, and how to go on with it.
    if run plan --out="$fresh" "${only[@]}" && run github plan --plan="$fresh" "${only[@]}"; then
      echo "::notice title=$ENVIRONMENT::$why Nothing was written. Read the fresh plan in the summary; to apply it, run this workflow by hand with its digest."
    fi
  fi
  end "$code"
}

# What was merged is true: every file decrypts, and the lock says of each value what it is.
check() {
  named
  local code=0
  run validate --with-key "${only[@]}" 2>&1 | tee "$RUNNER_TEMP/outcomes" || code=$?
  echo "## Checked with the key: $ENVIRONMENT" >>"$GITHUB_STEP_SUMMARY"
  verbatim <"$RUNNER_TEMP/outcomes"
  end "$code"
}

# Without a digest it shows the plan; with one it writes that plan.
adopt() {
  named
  local code=0 wanted=() taken=() audit=() one
  read -ra wanted <<<"$NAMES"
  for one in "${wanted[@]}"; do
    case $one in
    -* | *[!A-Za-z0-9/_+=.@-]*) usage "the input names takes names, and one of them is none" ;;
    esac
  done
  [ -z "$TAKE" ] || taken=(--take="$TAKE")
  [ -z "$AUDIT" ] || audit=(--audit="$AUDIT")
  if [ -z "$DIGEST" ]; then
    run adopt "${taken[@]}" --out="$plan_file" "${only[@]}" "${wanted[@]}" || end $?
    run github plan --plan="$plan_file" "${only[@]}" || end $?
    echo "::notice title=$ENVIRONMENT::Nothing was written. Read the plan in the summary; to adopt, run this workflow again with its digest."
    return
  fi
  run github unmoved --sha="$GITHUB_SHA" --branch="$BRANCH" "${only[@]}" || end $?
  run adopt "${taken[@]}" --digest="$DIGEST" "${audit[@]}" "${only[@]}" "${wanted[@]}" 2>&1 |
    tee "$RUNNER_TEMP/outcomes" || code=$?
  echo "## Adopted: $ENVIRONMENT" >>"$GITHUB_STEP_SUMMARY"
  verbatim <"$RUNNER_TEMP/outcomes"
  end "$code"
}

check_drift() {
  named
  local code=0 closer=() with_issue=() found=$RUNNER_TEMP/drift-$ENVIRONMENT.json
  [ "$DEEP" != true ] || closer=(--deep)
  run drift "${without_key[@]}" "${closer[@]}" --format=json "${only[@]}" >"$found" || code=$?
  case $code in
  0 | 2) ;;
  *) end "$code" ;;
  esac
  [ "$ISSUE" != true ] || with_issue=(--issue)
  [ -z "$RECONCILER_NOTIFY_URL" ] || with_issue+=(--notify --notify-as="$NOTIFY_AS")
  run github drift --drift="$found" "${with_issue[@]}" "${configuration[@]}" "${only[@]}" || end $?
  # The issue tells of the drift; a red run then means that the check itself is broken.
  [ "$ISSUE" != true ] || end 0
  end "$code"
}

# What a branch no longer changes: its comments say so, and those of what it no longer has.
unchanged() {
  first_part || return 0
  local every=() kept=() one
  mapfile -t every < <(run matrix --format=names "${among[@]}")
  for one in "${every[@]}"; do
    case ",$CHANGED," in
    *",$one,"*) ;;
    *) kept+=("$one") ;;
    esac
  done
  run github unchanged "${configuration[@]}" -- "${kept[@]}" || end $?
  [ -z "$BASE" ] || run github removed --base="$BASE" --comment "${configuration[@]}" || end $?
}

# The issues of what git no longer has, which no check of drift would ever close.
removed() {
  first_part || return 0
  run github removed --issue "${configuration[@]}" || end $?
}

# What came of the plans, on the pull request that was merged.
outcome() {
  [ -n "$PLANS" ] || usage "the command outcome needs the input plans"
  local every=() ended=()
  IFS=, read -ra every <<<"$CHANGED"
  [ "${RESULT:-}" != success ] || ended=(--ended)
  run github outcome --artifacts="$PLANS" "${ended[@]}" "${configuration[@]}" -- "${every[@]}" || end $?
}

applied() {
  named
  local sha
  sha=$(run github applied "${only[@]}") || end $?
  echo "last applied: ${sha:-not known}"
  output sha "$sha"
}

numbered() {
  [[ $NUMBER =~ ^[1-9][0-9]{0,9}$ ]] || usage "the input number is not the number of a pull request"
}

# What a pull request conflicts in, and behind which GitHub Environment that is merged.
conflicts() {
  numbered
  local found=() made
  made=$(run github merge --check --no-kms --branch="$BRANCH" -- "$NUMBER") || end $?
  [ -z "$made" ] || mapfile -t found <<<"$made"
  if [ ${#found[@]} -gt 1 ] && [ -z "$ENVIRONMENT" ]; then
    usage "files of ${found[*]} conflict, and a job has the key of one GitHub Environment: make one with the keys of all, and set the variable SECRETS_MERGE_ENVIRONMENT to its name; or merge in a clone of yours"
  fi
  [ ${#found[@]} -gt 0 ] || return 0
  local behind=${ENVIRONMENT:-${found[0]}}
  # Before any job names it: GitHub would make a missing Environment, and ask nobody.
  run github protected -- "$behind" || end $?
  output environment "$behind"
}

merge() {
  numbered
  run github merge --branch="$BRANCH" "${configuration[@]}" -- "$NUMBER" || end $?
}

echo "::add-matcher::$ACTION_PATH/matcher.json"
case $COMMAND in
matrix) make_matrix ;;
validate) validate ;;
diff) show_diff ;;
plan) plan ;;
apply) apply ;;
check) check ;;
adopt) adopt ;;
drift) check_drift ;;
outcome) outcome ;;
applied) applied ;;
unchanged) unchanged ;;
removed) removed ;;
conflicts) conflicts ;;
merge) merge ;;
*) usage "there is no command $COMMAND: matrix, validate, diff, plan, apply, check, adopt, drift, applied, unchanged, removed, outcome, conflicts, merge" ;;
esac
