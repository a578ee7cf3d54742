/** The one seam between oclif and `lib/`: common flags, signals, progress, errors and the ways to the engine and the stack. */
import {Command, type Interfaces} from '@oclif/core'
import path from 'node:path'
import {format} from 'node:util'

import type {Engine} from './lib/engine/engine.js'
import type {Emit} from './lib/events.js'
import type {Renderer} from './lib/progress/view.js'
import type {StackSelection} from './lib/stack/environment.js'
import type {Stack} from './lib/stack/model.js'
import type {Surroundings} from './lib/workflow/facts.js'
import type {LedgerSource} from './lib/workflow/releases.js'

import {baseFlags} from './base-flags.js'
import {readConfig, type RuntimeConfig, wantsColour} from './lib/config.js'
import {type Confirmation, confirmOnTerminal} from './lib/confirmation.js'
import {errorDocument, errorText, errorTrace, markPrinted, reportError} from './lib/error-report.js'
import {type Interruption, listenForInterruption} from './lib/interruption.js'
import {annotation} from './lib/progress/github.js'
import {fanOut, openRenderer, resolveMode} from './lib/progress/renderer.js'
import {Redactor} from './lib/secrets/redactor.js'

export {environmentArg, environmentFlag, fileFlag, servicesFlag, waitLockFlag} from './base-flags.js'

type BaseFlags = typeof baseFlags
/** A command may redefine a common flag; one without own flags has an index signature, which would take all away. */
type CommonFlags<T> = string extends keyof T ? BaseFlags : Omit<BaseFlags, keyof T> & T
export type FlagsOf<T extends typeof Command> = Interfaces.InferredFlags<CommonFlags<T['flags']>>
export type ArgsOf<T extends typeof Command> = Interfaces.InferredArgs<T['args']>

export abstract class BaseCommand<T extends typeof Command> extends Command {
  static override enableJsonFlag = true

  static override baseFlags = baseFlags

  protected args!: ArgsOf<T>
  protected flags!: FlagsOf<T>
  /** What the process was started with; the place to take environment variables from. */
  protected readonly runtime: RuntimeConfig = readConfig()
  readonly #redactor = new Redactor()
  #interruption: Interruption | undefined
  #renderer: Renderer | undefined
  readonly #heldLines: string[] = []

  /** Aborted with an InterruptedError by SIGINT or SIGTERM; pass it to everything that waits. */
  protected get signal(): AbortSignal {
    if (!this.#interruption) throw new Error('signal is read before init')
    return this.#interruption.signal
  }

  override async init(): Promise<void> {
    await super.init()
    this.#interruption = listenForInterruption()
    const {args, flags} = await this.parse({
      flags: this.ctor.flags,
      baseFlags: (super.ctor as typeof BaseCommand).baseFlags,
      enableJsonFlag: this.ctor.enableJsonFlag,
      args: this.ctor.args,
      strict: this.ctor.strict,
    })
    this.args = args as ArgsOf<T>
    this.flags = flags as FlagsOf<T>
  }

  /** Text without the secrets that are known so far; `log`, results, errors and events pass through it already. */
  protected redact(text: string): string {
    return this.#redactor.text(text)
  }

  /** Makes values unspeakable: secrets that did not come with `loadStack`. */
  protected protect(values: Iterable<string>): void {
    this.#redactor.add(values)
  }

  /** Connects to the engine that the flags and the environment name. */
  protected async connectEngine(): Promise<Engine> {
    const {connectEngine} = await import('./lib/engine/connect.js')
    const {context} = this.#commonFlags
    return connectEngine({env: this.runtime.env, ...(context !== undefined && {context})})
  }

  /**
   * Resolves the compose files of an environment; from then on their secrets are redacted.
   * `allowUnset`: unset variables are warnings, for commands that only show the stack.
   */
  protected async loadStack(environment?: string, options: {allowUnset?: boolean} = {}): Promise<Stack> {
    const [{selectStack}, {loadStack}, {unspeakableValues}] = await Promise.all([
      import('./lib/stack/environment.js'),
      import('./lib/stack/compose.js'),
      import('./lib/secrets/values.js'),
    ])
    const {env} = this.runtime
    const stack = await loadStack(selectStack(this.stackSelection(environment)), {...options, env, signal: this.signal})
    this.protect(await unspeakableValues(stack, env))
    return stack
  }

  /** What every workflow of `lib/workflow` is given: the engine, the stack, the way out for events. */
  protected async surroundings(
    environment: string | undefined,
    options: {allowUnset?: boolean} = {},
  ): Promise<Surroundings> {
    // Side by side, because both take their time; what is wrong with the files is still said first.
    const connecting = this.connectEngine()
    connecting.catch(() => {})
    const stack = await this.loadStack(environment, options)
    const [engine, emit] = await Promise.all([connecting, this.openProgress()])
    const redact = <D>(data: D): D => this.#redactor.data(data)
    return {engine, stack, emit, redact, env: this.runtime.env, signal: this.signal}
  }

  /** What reads of the ledger are given. The stack is loaded for its project's name, and so that its secrets are redacted. */
  protected async ledgerSource(environment: string | undefined): Promise<LedgerSource> {
    const {project} = await this.loadStack(environment, {allowUnset: true})
    return {
      project,
      engine: await this.connectEngine(),
      note: (message) => this.note(`! ${message}`),
      protect: (values) => this.protect(values),
    }
  }

  /** Says something beside the result: on stderr, where progress goes. */
  protected note(text: string): void {
    process.stderr.write(`${this.redact(text)}\n`)
  }

  /** What the command line names, in the terms of `lib/stack`. */
  protected stackSelection(environment?: string): StackSelection {
    return {
      files: this.#commonFlags.file ?? [],
      projectDirectory: this.#commonFlags['project-directory'],
      environment,
      profiles: this.#commonFlags.profile ?? [],
      cwd: process.cwd(),
      env: this.runtime.env,
      bundledDirectory: path.join(this.config.root, 'stack'),
    }
  }

  /** Opens the progress view on stderr. Events reach it, and the other listeners, without secrets. */
  protected async openProgress(listeners: readonly Emit[] = []): Promise<Emit> {
    const {ci, dumbTerminal, githubActions} = this.runtime
    const stream = process.stderr
    const mode = resolveMode(this.#commonFlags.progress, {ci, dumbTerminal, isTTY: stream.isTTY})
    const isColour = wantsColour(this.runtime, stream)
    this.#renderer ??= await openRenderer(mode, {
      stream,
      colour: isColour,
      githubActions,
      now: () => new Date(),
    })
    const emit = fanOut([this.#renderer.emit, ...listeners])
    return (event) => {
      emit(this.#redactor.data(event))
    }
  }

  /** Returns when a person said yes (or `yes` is set); otherwise throws DeclinedError, exit 9. */
  protected async confirm(
    confirmation: Partial<Pick<Confirmation, 'yesFlag'>> & {question: string; yes: boolean},
  ): Promise<void> {
    if (confirmation.yes) return
    await this.#closeProgress()
    await confirmOnTerminal(
      {question: this.redact(confirmation.question), yesFlag: confirmation.yesFlag ?? '--yes'},
      {input: process.stdin, output: process.stderr, signal: this.signal},
    )
  }

  /** Whether text on stdout may be coloured. */
  protected get colour(): boolean {
    return wantsColour(this.runtime, process.stdout)
  }

  /** Prints to stdout. While a progress view is open the text waits: a live view would draw over it. */
  override log(message = '', ...args: unknown[]): void {
    const text = this.redact(format(message, ...args))
    if (this.#renderer) this.#heldLines.push(text)
    else super.log(text)
  }

  protected override toSuccessJson(result: unknown): unknown {
    const schema = `stackctl.${(this.id ?? '').replaceAll(':', '.')}.v1`
    return this.#redactor.data({schema, ...(result as Record<string, unknown>)})
  }

  protected override async catch(thrown: Error): Promise<void> {
    const error = (this.#interruption?.explain(thrown) ?? thrown) as Error
    if ('code' in error && error.code === 'EEXIT') throw error
    await this.#closeProgress()
    const report = this.#redactor.data(reportError(error, `${this.config.bin} ${(this.id ?? '').replaceAll(':', ' ')}`))
    if (this.runtime.debug) process.stderr.write(this.redact(errorTrace(error)))
    if (this.runtime.githubActions) process.stderr.write(`${annotation('error', report)}\n`)
    if (this.jsonEnabled()) {
      process.exitCode = report.exit
      this.logJson(errorDocument(report))
      return
    }

    process.stderr.write(errorText(report, {colour: wantsColour(this.runtime, process.stderr)}))
    throw markPrinted(error, report.exit)
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    await this.#closeProgress()
    this.#interruption?.dispose()
    await super.finally(error)
  }

  get #commonFlags(): Interfaces.InferredFlags<BaseFlags> {
    return this.flags as Interfaces.InferredFlags<BaseFlags>
  }

  /** A view that is closed opens again with the next event. */
  async #closeProgress(): Promise<void> {
    await this.#renderer?.close()
    for (const text of this.#heldLines) super.log(text)
    this.#heldLines.length = 0
  }
}
