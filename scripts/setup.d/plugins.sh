# shellcheck shell=bash
# Requirements: `docker compose` and `docker buildx`. Debian 12 has neither, so Debian 13's are taken, for this user only.

minimum_compose=2.26

compose_have() {
  local version
  version=$(docker compose version --short 2>/dev/null) && version_at_least "$version" "$minimum_compose" || return 1
  version=${version#v}
  printf 'docker compose %s' "${version%%-*}"
}

compose_missing() {
  local version
  version=$(docker compose version --short 2>/dev/null) || version=none
  printf 'docker compose: %s, %s or newer is needed: %s' "$version" "$minimum_compose" "$(plugin_remedy docker-compose)"
}

compose_can() { is_debian_like; }
compose_doing() { printf 'installing docker compose for this user (about 10 s)'; }
compose_install() { install_plugin docker-compose; }

buildx_have() {
  local version
  version=$(docker buildx version 2>/dev/null) || return 1
  printf 'docker buildx %s' "$(printf '%s' "$version" | awk '{ sub(/^v/, "", $2); sub(/[^0-9.].*/, "", $2); print $2 }')"
}

buildx_missing() { printf 'docker buildx: not found: %s' "$(plugin_remedy docker-buildx)"; }
buildx_can() { is_debian_like; }
buildx_doing() { printf 'installing docker buildx for this user (about 5 s)'; }
buildx_install() { install_plugin docker-buildx; }

plugin_directory() { printf '%s/cli-plugins' "${DOCKER_CONFIG:-$HOME/.docker}"; }

plugin_remedy() {
  if is_macos; then
    printf 'update Docker Desktop'
  elif is_ubuntu_like; then
    printf 'sudo apt-get update && sudo apt-get install -y docker-compose-v2 docker-buildx'
  elif is_debian_like; then
    printf "put Debian 13's or Docker's plugin file %s into %s (setup can, if %s holds Debian 13's key)" \
      "$1" "$(plugin_directory)" "$debian_keyring"
  else
    printf 'install the %s plugin of your system or of Docker into %s' "$1" "$(plugin_directory)"
  fi
}

# Checked by running it before it takes its place, and put in place in one step: never half a plugin.
install_plugin() {
  local plugin=$1 file target
  fetch_plugin "$plugin" || return 1
  file=$(find "$work_directory"/apt-*/files -path "*/cli-plugins/$plugin" -type f | awk 'NR == 1')
  [ -n "$file" ] || { echo "the package holds no plugin file $plugin" && return 1; }
  "$file" docker-cli-plugin-metadata || return 1
  target=$(plugin_directory)
  mkdir -p "$target" && cp "$file" "$target/.$plugin.new" && chmod 0755 "$target/.$plugin.new" && mv -f "$target/.$plugin.new" "$target/$plugin"
}

fetch_plugin() {
  if is_ubuntu_like; then
    # Ubuntu has current plugins itself, and does not trust Debian's key.
    local package=$1
    [ "$package" = docker-compose ] && package=docker-compose-v2
    apt_fetch system "$package"
    return
  fi
  apt_fetch trixie "$1" && return 0
  # An old Debian may not know the key of Debian 13 yet. Its own archive has it, signed with a key that it does know.
  [ -z "${STACKCTL_DEBIAN_KEYRING:-}" ] && is_root && apt_install debian-archive-keyring && apt_fetch trixie "$1"
}
