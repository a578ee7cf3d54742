/** What becomes of a key of the Compose specification. */

/** `true`: honoured. `skip`: does not concern us, because. `refuse`: could change what the file means; do this instead. */
export type Rule =
  | true
  | {readonly skip: string}
  | {readonly refuse: string}
  | {readonly keys: Rules}
  | {readonly each: Rule}
  | {readonly values: readonly string[]; readonly refuse: string}

export type Rules = Readonly<Record<string, Rule>>
