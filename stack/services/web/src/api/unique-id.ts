/** A fresh id of 32 hex digits. crypto.randomUUID is missing on plain http, which is how a demo is often looked at. */
export function uniqueId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
