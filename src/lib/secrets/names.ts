/** PURE: which environment variables carry a secret, by their name. */

const SECRET_WORD =
  /(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|ENCRYPTION_?KEY|CREDENTIAL)/i
/** `JWT_SECRET_FILE` names a file, `TOKEN_LIFETIME_SECONDS` a duration: facts about a secret, not the secret. */
const ABOUT_A_SECRET =
  /_(?:FILE|PATH|DIR|URL|URI|HOST|NAME|ID|TTL|EXPIRY|EXPIRES(?:_IN)?|LIFETIME|TIMEOUT|LENGTH|MIN|MAX|ROUNDS|ALGORITHM|HEADER|TYPE|METHOD|POLICY|ISSUER|AUDIENCE|ENABLED|REQUIRED)(?:_(?:MS|SECONDS|MINUTES|HOURS|DAYS|BYTES))?$/i

/** Whether a variable of this name is expected to hold a secret value. */
export function namesSecret(variable: string): boolean {
  return SECRET_WORD.test(variable) && !ABOUT_A_SECRET.test(variable)
}

/** The password inside a URL such as `postgres://user:password@host/db`. */
export function passwordInUrl(value: string): string | undefined {
  const match = /^[a-z][a-z\d+.-]*:\/\/[^\s/:@]*:(?<password>[^\s/@]+)@/i.exec(value)
  const password = match?.groups?.password
  if (password === undefined) return undefined
  try {
    return decodeURIComponent(password)
  } catch {
    return password
  }
}
