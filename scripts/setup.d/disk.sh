# shellcheck shell=bash
# Requirement: room for images and packages. Running out half-way leaves the worst error messages.

minimum_free_mb=${STACKCTL_MIN_FREE_MB:-4096}

disk_have() {
  [ -z "$(full_directories)" ] || return 1
  printf 'disk: at least %s GB free' "$(($(free_mb "$repo") / 1024))"
}

disk_missing() {
  local directory
  full_directories | while read -r directory; do
    printf 'disk: %s has %s MB free, %s MB are needed: free some space there. ' \
      "$directory" "$(free_mb "$directory")" "$minimum_free_mb"
  done
}

disk_can() { return 1; }

full_directories() {
  local directory
  for directory in "$repo" "$(engine_data_directory)"; do
    # An engine in a virtual machine or on another host keeps its data where this file system does not show it.
    if [ -d "$directory" ] && [ "$(free_mb "$directory")" -lt "$minimum_free_mb" ]; then echo "$directory"; fi
  done
}

engine_data_directory() { bounded 10 docker info --format '{{.DockerRootDir}}' 2>/dev/null || echo /var/lib; }

free_mb() { df -Pk "$1" | awk 'NR == 2 { print int($4 / 1024) }'; }
