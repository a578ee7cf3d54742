/**
 * When a new replica answers so much worse than what it replaces that it has to go. Pure.
 *
 * It is refused when it has given at least 5 bad answers and their share of its answers is more than 10 points above that
 * of the old replicas. Two conditions, because each alone is wrong: a share of three requests is chance, and a number alone
 * would refuse a busy service for the errors that it always has. Compared with the old replicas, because a database that
 * is down makes both answer 500, and going back would not help. Five and ten points are what a client notices and what a
 * release that "mostly works" does not hide from: at 20 requests a second and a fifth of them bad it takes 1.25 s.
 */
import type {ServerCounters} from './counters.js'
import type {Backend} from './table.js'

export interface Tally {
  readonly answers: number
  readonly bad: number
}

const LEAST_BAD = 5
const WORSE_BY = 0.1
/** Fewer answers of the old replicas in the same time say nothing: what they did before counts instead. */
const LEAST_TO_COMPARE = 20

/** What the counters say, from one reading to a later one of the same worker. `before` undefined: since they began. */
export function tallyOf(mode: Backend['mode'], now: ServerCounters, before?: ServerCounters): Tally {
  const grown = (counter: keyof Omit<ServerCounters, 'backend'>): number => now[counter] - (before?.[counter] ?? 0)
  // A request that failed and went elsewhere is counted as redispatched, and may be counted as an error as well:
  // the larger of the two is what certainly happened. Of a TCP stream only the beginning can be judged from outside.
  const broken =
    mode === 'http'
      ? Math.max(grown('connectionErrors') + grown('responseErrors'), grown('redispatched'))
      : Math.max(grown('connectionErrors'), grown('redispatched'))
  const bad = broken + (mode === 'http' ? grown('status5xx') : 0)
  // What is in flight has no answer yet.
  return {bad, answers: Math.max(bad, grown('given') - grown('inFlight'))}
}

export function sumOf(tallies: readonly Tally[]): Tally {
  return {
    answers: tallies.reduce((sum, {answers}) => sum + answers, 0),
    bad: tallies.reduce((sum, {bad}) => sum + bad, 0),
  }
}

/**
 * `fresh`: the new replica since it was published; `old`: the others in the same time; `earlier`: the whole backend until
 * then. Answers the reason for refusing, in words that follow the replica's name.
 */
export function verdictOn(facts: {fresh: Tally; old: Tally; earlier: Tally}): string | undefined {
  const {fresh} = facts
  const compared = facts.old.answers >= LEAST_TO_COMPARE ? facts.old : facts.earlier
  if (fresh.bad < LEAST_BAD || shareOf(fresh) - shareOf(compared) <= WORSE_BY) return undefined
  return `fails ${fresh.bad} of ${fresh.answers} requests (${percent(fresh)}, the old replicas ${percent(compared)})`
}

function shareOf({answers, bad}: Tally): number {
  return answers === 0 ? 0 : bad / answers
}

function percent(tally: Tally): string {
  return `${Math.round(shareOf(tally) * 100)} %`
}
