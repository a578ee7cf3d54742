/** Callers that want the same thing at the same time share one run of the work. */
export class SingleFlight {
  readonly #running = new Map<string, Promise<string>>()

  run(key: string, work: () => Promise<string>): Promise<string> {
    const running = this.#running.get(key)
    if (running) return running
    const flight = work().finally(() => {
      this.#running.delete(key)
    })
    this.#running.set(key, flight)
    return flight
  }
}
