import type {Page} from 'playwright-core'

import axe from 'axe-core'

interface Violation {
  id: string
  impact: string
  nodes: {html: string; failureSummary: string}[]
}

const WEIGHTY = new Set(['serious', 'critical'])

/** What axe finds serious or critical on a page as it is shown now, one line for each place. */
export async function weightyViolations(page: Page): Promise<string[]> {
  await settle(page)
  await page.evaluate(axe.source)
  const violations = await page.evaluate<Violation[]>('axe.run(document).then((results) => results.violations)')
  return violations
    .filter(({impact}) => WEIGHTY.has(impact))
    .flatMap(({id, nodes}) => nodes.map(({html, failureSummary}) => `${id}: ${html} (${failureSummary})`))
}

/** A colour that is half way into its transition has a contrast that nobody ever reads. */
async function settle(page: Page) {
  await page.evaluate('Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {})))')
}
