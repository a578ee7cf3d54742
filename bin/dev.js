#!/usr/bin/env -S node --disable-warning=ExperimentalWarning --import tsx
// The CLI from its TypeScript sources, without a build: slower to start, always current.
import {execute} from '@oclif/core'

await execute({development: true, dir: import.meta.url})
