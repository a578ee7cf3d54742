/** Several sorted streams as one, in the order of time. */

/** Merges streams that are sorted by `time`; only the next entry of each one is held. Equal times keep the order of the streams. */
export async function* mergeByTime<T extends {readonly time: string}>(
  streams: readonly AsyncIterable<T>[],
): AsyncGenerator<T> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]())
  const heads = await Promise.all(iterators.map(async (iterator) => iterator.next()))
  try {
    for (let next = earliest(heads); next !== undefined; next = earliest(heads)) {
      yield next.value
      const iterator = iterators[next.index]
      if (iterator) heads[next.index] = await iterator.next()
    }
  } finally {
    await Promise.all(iterators.map(async (iterator) => iterator.return?.()))
  }
}

function earliest<T extends {readonly time: string}>(
  heads: readonly IteratorResult<T, unknown>[],
): {index: number; value: T} | undefined {
  let found: {index: number; value: T} | undefined
  for (const [index, head] of heads.entries()) {
    if (head.done !== true && (found === undefined || head.value.time < found.value.time))
      found = {index, value: head.value}
  }

  return found
}
