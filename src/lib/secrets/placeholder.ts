/** PURE: recognizes values that everybody knows: defaults of images, and placeholders such as `your_jwt_secret_here`. */

/** Words that say "a secret goes here". A value made of nothing else is no secret. */
const FILLER = new Set(
  `a abc access account admin administrator aes and any api app auth backend base be bit bits by cache change changed changeit
  changeme client cookie credentials database db default demo dev development docker dummy edit elastic email encryption enter
  env environment example fake file fill fixme foo bar generate grafana guest here hex hmac host i in insert is it jwt key
  letmein local login long lorem ipsum make master me minio minioadmin mock mongo must my mysql new none not null of one or
  pass passphrase passwd password payment pk placeholder please pg postgres postgresql private prod production public
  publishable put pwd queue rabbit rabbitmq random redis refresh repl replace replication root s sa safe salt sample secret
  secrets secure security sendgrid server service session sha sign signing sk something stage staging store string strong
  stripe super supersecret supersecure system temp temporary test tester testing that the this to todo token toor tbd unsafe
  update use user username value very webhook welcome with word x xx xxx xxxx you your`.split(/\s+/),
)

const WELL_KNOWN = /^(?:qwert[yz]\w*|asdf\w*|iloveyou|trustno1|dragon|monkey|football|[x*._-]+)$/i
/** `<your key>`, `{{ secret }}`, `${SECRET}`: a template that nobody filled in. */
const TEMPLATE = /^(?:<.*>|\{\{.*\}\}|\$\{.*\}|%.*%|\[.*\])$/s
const LEET: Readonly<Record<string, string>> = {
  0: 'o',
  1: 'i',
  3: 'e',
  4: 'a',
  5: 's',
  7: 't',
  '@': 'a',
  $: 's',
}

/** Whether a value is a placeholder or a default that stands in public documents. */
export function isPlaceholder(value: string): boolean {
  if (WELL_KNOWN.test(value) || TEMPLATE.test(value)) return true
  if (/change[\s_-]?(?:me|this|it)/i.test(value)) return true
  return isFiller(value) || isFiller(withoutLeet(value))
}

function isFiller(value: string): boolean {
  const words = wordsOf(value)
  return (
    words.length > 0 &&
    words.every((word) => FILLER.has(word) || /^\d{1,4}$/.test(word)) &&
    words.some((word) => /\D/.test(word))
  )
}

/** `SecureDb_password-123` → secure, db, password, 123. */
function wordsOf(value: string): string[] {
  const spaced = value.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()
  return spaced.match(/[a-z]+|\d+/g) ?? []
}

/** `P@ssw0rd` → `password`; digits at the end stay digits, so that `password123` is still two words. */
function withoutLeet(value: string): string {
  const tail = /[\d!]*$/.exec(value)?.[0] ?? ''
  const head = value.slice(0, value.length - tail.length)
  return head.replaceAll(/[013457@$]/g, (sign) => LEET[sign] ?? sign).toLowerCase() + tail
}
