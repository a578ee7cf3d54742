# shellcheck shell=bash
# What the user sees. All of it goes to stderr; stdout is left to results.

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
  green=$'\033[32m' red=$'\033[31m' dim=$'\033[2m' plain=$'\033[0m'
else
  green='' red='' dim='' plain=''
fi

ok() { printf '%s✓%s %s\n' "$green" "$plain" "$*" >&2; }
doing() { printf '%s…%s %s\n' "$dim" "$plain" "$*" >&2; }
lacking() { printf '%s✗%s %s\n' "$red" "$plain" "$*" >&2; }
note() { printf '  %s\n' "$*" >&2; }

die() {
  printf '%serror:%s %s\n' "$red" "$plain" "$*" >&2
  exit 1
}

# Seconds as people say them: 31 s, 2 min 5 s.
spent() {
  if [ "$1" -lt 60 ]; then printf '%s s' "$1"; else printf '%s min %s s' $(($1 / 60)) $(($1 % 60)); fi
}

count_words() {
  # shellcheck disable=SC2086 # splitting into words is the point
  set -- $1
  echo $#
}

# Scratch space of this run, gone when it ends. Readable, because apt reads as its own user.
make_work_directory() {
  work_directory=$(mktemp -d "${TMPDIR:-/tmp}/stackctl-setup.XXXXXX")
  chmod 0755 "$work_directory"
  trap 'rm -rf "$work_directory"' EXIT
  # Without these a signal would end the run and leave the directory behind.
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# Runs a command with its output kept aside: nobody reads it unless it fails.
logged() { "$@" >"$work_directory/log" 2>&1; }

die_with_log() {
  tail -n 20 "$work_directory/log" | sed 's/^/  | /' >&2
  lacking "$1"
  die 'that did not work; its last lines are above'
}

remember() { printf -v "seen_$1" '%s' "$2"; }

recall() {
  local variable=seen_$1
  [ -n "${!variable:-}" ] && printf '%s' "${!variable}"
}
