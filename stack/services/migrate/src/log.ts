/** One JSON line, in the shape of the services' logs. */
export function log(level: 'fatal' | 'info' | 'warn', msg: string): void {
  process.stdout.write(`${JSON.stringify({level, time: new Date(), service: 'migrate', msg})}\n`)
}
