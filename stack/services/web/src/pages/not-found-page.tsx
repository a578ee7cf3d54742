import {Link} from 'react-router'

import {Page} from '../components/page.js'

export function NotFoundPage() {
  return (
    <Page
      heading="This page does not exist"
      title="Not found"
      width="narrow"
      intro="The address may be mistyped, or the product has left the shop."
    >
      <Link className="button button-primary" to="/">
        Show all products
      </Link>
    </Page>
  )
}
