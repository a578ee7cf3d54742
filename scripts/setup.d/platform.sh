# shellcheck shell=bash
# What kind of machine this is, and what may be done on it.

is_linux() { [ "$(uname -s)" = Linux ]; }
is_macos() { [ "$(uname -s)" = Darwin ]; }
is_root() { [ "$(id -u)" -eq 0 ]; }
has() { command -v "$1" >/dev/null 2>&1; }

# One value of os-release: os_release ID → debian
os_release() {
  local file=${STACKCTL_OS_RELEASE:-/etc/os-release}
  [ -r "$file" ] || return 0
  sed -n "s/^$1=//p" "$file" | tr -d '"' | awk 'NR == 1'
}

# Debian, Ubuntu and what derives from them: where apt is known to work as written here.
is_debian_like() {
  is_linux && has dpkg && has apt-get || return 1
  case " $(os_release ID) $(os_release ID_LIKE) " in
    *' debian '* | *' ubuntu '*) return 0 ;;
    *) return 1 ;;
  esac
}

is_ubuntu_like() {
  case " $(os_release ID) $(os_release ID_LIKE) " in
    *' ubuntu '*) return 0 ;;
    *) return 1 ;;
  esac
}

can_apt_install() { is_debian_like && is_root; }

system_name() {
  local name
  name=$(os_release PRETTY_NAME)
  printf '%s' "${name:-$(uname -s)}"
}

# version_at_least 2.26.1-4 2.26: compares the numbers, ignores a leading v and what follows the third number.
version_at_least() {
  awk -v have="$1" -v want="$2" 'BEGIN {
    sub(/^v/, "", have)
    split(have, h, /[^0-9]+/); split(want, w, /[^0-9]+/)
    for (i = 1; i <= 3; i++) { if (h[i] + 0 != w[i] + 0) exit !(h[i] + 0 > w[i] + 0) }
    exit 0
  }'
}

# bounded 60 docker pull …: macOS has no timeout(1), but it has perl.
bounded() {
  local seconds=$1
  shift
  if has timeout; then
    timeout "$seconds" "$@"
  else
    perl -e 'alarm shift; exec @ARGV or exit 127' "$seconds" "$@"
  fi
}

checksum() { if has sha256sum; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1; }

# Two setups at once would remove each other's node_modules. Where there is no flock, two at once is the user's business.
only_one_setup_at_a_time() {
  has flock || return 0
  mkdir -p "$repo/.cache" || die "cannot write to $repo: run this as the owner of the checkout"
  exec 9>"$repo/.cache/setup.lock"
  flock -n 9 && return 0
  doing 'waiting for another setup of this checkout to finish'
  flock -w 900 9 || die 'another setup of this checkout has run for 15 minutes: end it and run this again'
}
