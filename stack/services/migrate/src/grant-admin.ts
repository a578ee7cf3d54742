import type pg from 'pg'

import {log} from './log.js'

/** Makes a registered account an administrator: the way to the first one outside of development. */
export async function grantAdmin(client: pg.Client, email: string): Promise<void> {
  const address = email.trim().toLowerCase()
  const {rowCount} = await client.query("UPDATE users SET role = 'admin' WHERE email = $1", [address])
  if (rowCount !== 1) throw new Error(`no account has the e-mail ${address}; register it first`)
  log('info', `${address} is an administrator from its next login on`)
}
