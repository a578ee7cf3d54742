const PASSWORD_MIN = 8
const PASSWORD_MAX = 128

/** What is wrong with an e-mail address, if anything. Whether it exists is for a mail server to say. */
export function emailError(email: string): string | undefined {
  if (!email) return 'Enter your e-mail address.'
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email) ? undefined : 'Enter an address like name@example.com.'
}

export function newPasswordError(password: string): string | undefined {
  if (password.length < PASSWORD_MIN) return `Choose a password of at least ${PASSWORD_MIN} characters.`
  return password.length > PASSWORD_MAX ? `Choose a password of at most ${PASSWORD_MAX} characters.` : undefined
}
