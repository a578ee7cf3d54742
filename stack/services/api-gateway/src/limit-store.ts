import type {FastifyRateLimitStore, FastifyRateLimitStoreCtor} from '@fastify/rate-limit'
import type {Redis} from 'ioredis'

type Answer = (error: Error | null, result?: {current: number; ttl: number}) => void

// Counting and setting the end of the window are one step: a counter without an end would lock an address out for ever.
const COUNT = `
  local current = redis.call('INCR', KEYS[1])
  local ttl = redis.call('PTTL', KEYS[1])
  if ttl < 0 then
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
    ttl = tonumber(ARGV[1])
  end
  return {current, ttl}`

/** Counts requests in Redis, and lets them pass while Redis is away: a shop without a limit beats no shop. */
export class LimitStore implements FastifyRateLimitStore {
  readonly #redis: Redis
  readonly #onFailure: (error: unknown) => void

  constructor(redis: Redis, onFailure: (error: unknown) => void) {
    this.#redis = redis
    this.#onFailure = onFailure
  }

  /** The plugin wants a class that it can make an instance of. */
  static over(redis: Redis, onFailure: (error: unknown) => void): FastifyRateLimitStoreCtor {
    return class extends this {
      constructor() {
        super(redis, onFailure)
      }
    }
  }

  incr(key: string, answer: Answer, windowMs: number): void {
    void this.#answer(key, answer, windowMs)
  }

  child(): this {
    return this
  }

  async #answer(key: string, answer: Answer, windowMs: number): Promise<void> {
    let result = {current: 0, ttl: windowMs}
    try {
      result = await this.#count(key, windowMs)
    } catch (error) {
      this.#onFailure(error)
    }
    answer(null, result)
  }

  async #count(key: string, windowMs: number): Promise<{current: number; ttl: number}> {
    const answer = await this.#redis.eval(COUNT, 1, `rate-limit:${key}`, windowMs)
    if (!Array.isArray(answer)) throw new Error('redis gave an unknown answer to the rate limit')
    return {current: Number(answer[0]), ttl: Number(answer[1])}
  }
}
