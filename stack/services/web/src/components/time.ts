const DATE_AND_TIME = new Intl.DateTimeFormat('en-US', {dateStyle: 'medium', timeStyle: 'short'})

/** An ISO time in the customer's own time zone. */
export function formatDate(iso: string): string {
  return DATE_AND_TIME.format(new Date(iso))
}
