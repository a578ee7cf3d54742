# shellcheck shell=bash
# Building the CLI, for demo and test: takes some seconds, so only when the sources are newer than the last build.

build_if_changed() {
  if is_built; then
    ok 'stackctl is built already'
    return
  fi
  local started=$SECONDS
  doing 'building stackctl (about 10 s)'
  logged npm run --silent build || { cat "$work_directory/log" >&2 && die 'the build failed: see above'; }
  ok "stackctl is built ($(spent $((SECONDS - started))))"
}

# The manifest is what the build writes last. Directories count too: their date tells of a removed file.
is_built() {
  [ -d "$repo/dist" ] && [ -f "$repo/oclif.manifest.json" ] &&
    [ -z "$(find "$repo/src" "$repo/package.json" "$repo/tsconfig.json" "$repo/tsconfig.build.json" -newer "$repo/oclif.manifest.json")" ]
}
