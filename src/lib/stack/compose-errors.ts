/** docker compose's words on stderr, made into one line with file, place and what to do next. */
import path from 'node:path'

import type {ComposeInvocation} from './environment.js'

import {ConfigError} from '../errors.js'
import {findPlaces, type Places} from './places.js'

const LOG_LINE = /^time="[^"]*" level=(\w+) msg="(.*)"$/
const TTY_LOG_LINE = /^(WARN|INFO|ERRO|DEBU)\[\d+\] (.*)$/
const UNSET = /^The "([^"]+)" variable is not set\. Defaulting to a blank string\.$/

/** What docker compose warned about, each once. */
export function warningsOf(stderr: string): string[] {
  return [...new Set(loggedWarnings(stderr))]
}

/** Names of the variables that were taken as blank, sorted. */
export function unsetVariables(stderr: string): string[] {
  const names = loggedWarnings(stderr).flatMap((message) => UNSET.exec(message)?.[1] ?? [])
  return [...new Set(names)].toSorted()
}

/** The error for a failed `docker compose config`. */
export async function composeFailure(stderr: string, invocation: ComposeInvocation): Promise<ConfigError> {
  const message = plainMessage(stderr)
  const places = await findPlaces(invocation.files, invocation.envFile)
  const [what, remedy, place] = explain(message, places, invocation)
  // The place is worth its room only where docker compose did not name the file itself.
  const located = place === undefined || what.includes(place) ? what : `${what} (${place})`
  return new ConfigError(located, {suggestions: [remedy], facts: {directory: invocation.directory}})
}

type Explanation = readonly [what: string, remedy: string, place?: string | undefined]

function explain(message: string, places: Places, invocation: ComposeInvocation): Explanation {
  const rule = RULES.find(({pattern}) => pattern.test(message))
  const match = rule?.pattern.exec(message)
  if (rule !== undefined && match) return rule.explain(match, places, invocation)
  return [
    message,
    'Correct the compose file; docker compose config shows the same error.',
    placeOfPath(message, places) ?? (invocation.files.join(', ') || invocation.directory),
  ]
}

interface Rule {
  readonly pattern: RegExp
  readonly explain: (match: RegExpExecArray, places: Places, invocation: ComposeInvocation) => Explanation
}

const RULES: readonly Rule[] = [
  {
    pattern: /(?:^|: )yaml: (?:line (\d+): )?(.*)$/,
    explain([, line, reason = ''], places) {
      const found = places.malformed()
      const place = found && `${found.file}:${line ?? found.line}`
      return [`malformed YAML: ${reason}`, 'Correct the YAML at that place.', place ?? (line && `line ${line}`)]
    },
  },
  {
    pattern: /^validating (.+?): (\S+) [Aa]dditional propert(?:y|ies) '?([^' ]+)'? (?:is )?not allowed/,
    explain([, file = '', parent = '', key = ''], places) {
      const keys = parent === '(root)' ? [key] : [...parent.split('.'), key]
      return [
        `unknown key ${keys.join('.')} in ${places.ofKey(keys) ?? file}`,
        `Correct the spelling of "${key}", or name it x-${key}.`,
      ]
    },
  },
  {
    pattern: /^validating (.+?): (.*)$/,
    explain: ([, file = '', reason = ''], places) => [
      `${reason} in ${placeOfPath(reason, places) ?? file}`,
      'Give the key a value of the kind that the Compose specification asks for.',
    ],
  },
  {
    pattern: /dependency cycle detected: (.*)$/,
    explain: ([, cycle = ''], places) => [
      `services depend on each other in a circle: ${cycle}`,
      'Take one depends_on of the circle out.',
      places.ofKey(['services', cycle.split(' ->')[0]?.trim() ?? '', 'depends_on']),
    ],
  },
  {
    pattern: /service "([^"]+)" depends on undefined service "?([^":]+)"?/,
    explain([, service = '', missing = ''], places) {
      const profiles = places.valueOf(['services', missing, 'profiles'])
      const place = places.ofKey(['services', service, 'depends_on', missing]) ?? places.ofKey(['services', service])
      if (profiles === undefined)
        return [
          `service "${service}" depends on undefined service "${missing}"`,
          `Define service "${missing}" or take it out of depends_on.`,
          place,
        ]
      return [
        `service "${service}" depends on service "${missing}", whose profile is not active`,
        `Activate it with --profile ${firstOf(profiles)}, or write required: false at the dependency.`,
        place,
      ]
    },
  },
  {
    pattern: /while interpolating (\S+): required variable (\S+) is missing a value(?:: (.*))?$/,
    explain: ([, key = '', name = '', hint], places, {envFile}) => [
      `required variable ${name} is not set${hint ? `: ${hint}` : ''}`,
      `Set ${name} in ${envFile ?? 'the environment or .env'}.`,
      places.ofVariable(name) ?? places.ofKey(key.split('.')),
    ],
  },
  {
    pattern: /invalid interpolation format for (\S+?)\.? You may need to escape any \$ with another \$\.\s*(.*)$/,
    explain: ([, key = '', text = ''], places) => [
      `invalid interpolation in ${key}: ${text}`,
      'Write ${NAME}, or $$ for a dollar sign that is meant.',
      places.ofKey(key.split('.')),
    ],
  },
  {
    pattern: /^env file (.+?) not found/,
    explain: ([, file = ''], places) => [
      `env file ${file} does not exist`,
      'Create it, or write required: false at the env_file.',
      places.ofText(path.basename(file)),
    ],
  },
  {
    pattern: /^(?:open|stat) (.+?): no such file or directory/,
    explain: ([, file = ''], places) => [
      `file ${file} does not exist`,
      'Create it, or correct the path that names it (-f, COMPOSE_FILE, include or extends).',
      places.ofText(path.basename(file)),
    ],
  },
  {
    pattern: /^no configuration file provided/,
    explain: (_, places, {directory}) => [
      `no compose file in ${directory}`,
      'Create compose.yaml there or name the files with -f.',
    ],
  },
  {
    pattern: /^empty compose file/,
    explain: (_, places, {files}) => [
      `a compose file is empty (${files.join(', ')})`,
      'Add services to it or leave it out.',
    ],
  },
  {
    pattern: /^invalid project name (.*)$/,
    explain: ([, rest = '']) => [
      `invalid project name ${rest}`,
      'Set name: in the compose file, or COMPOSE_PROJECT_NAME.',
    ],
  },
]

/** The place of the first thing in the text that looks like `services.web.ports` or `service "web"`. */
function placeOfPath(text: string, places: Places): string | undefined {
  const dotted = /\b(?:services|networks|volumes|configs|secrets)\.[\w.-]+/.exec(text)?.[0]
  if (dotted !== undefined) return places.ofKey(dotted.replace(/\.$/, '').split('.'))
  const service = /service "([^"]+)"/.exec(text)?.[1]
  return service === undefined ? undefined : places.ofKey(['services', service])
}

/** stderr without log lines, on one line, without the tail that says nothing. */
function plainMessage(stderr: string): string {
  const lines = stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !LOG_LINE.test(line) && !TTY_LOG_LINE.test(line))
  const text = lines
    .map((line) => line.trim())
    .join(' ')
    .replace(/: invalid compose project$/, '')
  return text === '' ? 'docker compose config failed without a message' : text
}

function loggedWarnings(stderr: string): string[] {
  return stderr.split('\n').flatMap((line) => {
    const [, level, text] = LOG_LINE.exec(line) ?? TTY_LOG_LINE.exec(line) ?? []
    if (text === undefined || (level !== 'warning' && level !== 'WARN')) return []
    return text.replaceAll(String.raw`\"`, '"').replaceAll(String.raw`\n`, ' ')
  })
}

function firstOf(profiles: unknown): string {
  const [first] = ((profiles as {toJSON?: () => unknown}).toJSON?.() ?? profiles) as unknown[]
  return String(first)
}
