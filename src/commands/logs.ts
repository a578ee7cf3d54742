import {Args, Flags} from '@oclif/core'

import type {LogRequest, LogSink} from '../lib/logs/read.js'
import type {Stack} from '../lib/stack/model.js'

import {BaseCommand, environmentFlag, fileFlag} from '../base-command.js'
import {UsageError} from '../lib/errors.js'
import {formatEntry, type LogEntry} from '../lib/logs/line.js'

interface LogsResult {
  readonly project: string
  readonly entries: readonly LogEntry[]
}

export default class Logs extends BaseCommand<typeof Logs> {
  static override summary = 'Show what the services of a stack write, replicas interleaved by time.'

  static override description = [
    `Works on every stack that carries docker compose's labels, also on one that "docker compose up" started. ` +
      'With --follow, replicas that a deploy or a scale adds are followed as well; Ctrl-C ends it.',
    'Exit codes: 0 done, 2 unknown service or option, 3 the compose files are wrong, 4 the engine does not ' +
      'answer, 130 ended by Ctrl-C.',
  ].join('\n\n')

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> web api --follow --since 10m',
    '<%= config.bin %> <%= command.id %> --env production --tail 100 --timestamps',
  ]

  static override args = {
    service: Args.string({multiple: true, ignoreStdin: true, description: 'services to show; all when none is named'}),
  }

  static override flags = {
    env: environmentFlag,
    file: fileFlag(),
    follow: Flags.boolean({char: 'f', summary: 'Go on with what comes.', exclusive: ['json']}),
    since: Flags.string({helpValue: '10m|<time>', summary: 'Only lines after this duration ago, or this time.'}),
    tail: Flags.integer({char: 'n', min: 0, helpValue: '<lines>', summary: 'Only the last lines of each replica.'}),
    timestamps: Flags.boolean({char: 't', summary: 'Show the time of each line.'}),
    color: Flags.boolean({default: true, allowNo: true, summary: 'Colour the names of replicas at a terminal.'}),
  }

  async run(): Promise<LogsResult> {
    const {followLogs, listSources, readHistory} = await import('../lib/logs/read.js')
    const [stack, engine] = await Promise.all([
      this.loadStack(this.flags.env, {allowUnset: true}),
      this.connectEngine(),
    ])
    const request = await this.#request(stack)
    const sources = await listSources(engine, {...request, services: []})
    refuseUnknown(request.services, [...stack.services.map(({name}) => name), ...sources.map(({service}) => service)])
    const entries: LogEntry[] = []
    const sink = this.#sink(this.jsonEnabled() ? entries : undefined)
    if (this.flags.follow) await followLogs(engine, request, sink)
    else await readHistory(engine, request, sink)
    // Ctrl-C is how one leaves --follow: the code of docker compose, and no message.
    if (this.signal.aborted) this.exit((this.signal.reason as {exit: number}).exit)
    return {project: stack.project, entries}
  }

  async #request(stack: Stack): Promise<LogRequest> {
    const {parseSince} = await import('../lib/logs/since.js')
    const {since, tail} = this.flags
    return {
      project: stack.project,
      services: this.args.service ?? [],
      signal: AbortSignal.any([this.signal, closedOutput()]),
      ...(since === undefined ? {} : {sinceSeconds: parseSince(since, new Date())}),
      ...(tail === undefined ? {} : {tail}),
    }
  }

  #sink(collected: LogEntry[] | undefined): LogSink {
    let width = 0
    const {timestamps} = this.flags
    const colour = this.flags.color && this.colour
    return {
      onSources: (sources) => {
        width = Math.max(width, ...sources.map(({replica}) => replica.length))
      },
      onEntry: (entry) => {
        if (collected) collected.push(entry)
        else this.log(formatEntry(entry, {colour, timestamps, width}))
      },
      onTrouble: (source, error) => {
        process.stderr.write(
          `! the log of ${source.replica} cannot be read: ${this.redact((error as Error).message)}\n`,
        )
      },
    }
  }
}

function refuseUnknown(wanted: readonly string[], known: readonly string[]): void {
  const unknown = wanted.find((service) => !known.includes(service))
  if (unknown === undefined) return
  const names = [...new Set(known)].toSorted().join(', ')
  throw new UsageError(`unknown service "${unknown}"`, {suggestions: [`services of this stack: ${names || 'none'}`]})
}

/** Aborts when the reader of our output goes away (`stackctl logs -f | head`). */
function closedOutput(): AbortSignal {
  const controller = new AbortController()
  process.stdout.once('error', () => controller.abort())
  return controller.signal
}
