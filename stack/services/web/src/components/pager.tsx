import {Link} from 'react-router'

interface PagerProps {
  page: number
  pageCount: number
  addressOf: (page: number) => string
}

/** Links to the page before and after; nothing when there is only one. */
export function Pager({page, pageCount, addressOf}: PagerProps) {
  if (pageCount <= 1) return null
  return (
    <nav className="pager" aria-label="Pages">
      {page > 1 && (
        <Link className="button button-secondary" to={addressOf(page - 1)} rel="prev">
          Previous
        </Link>
      )}
      <span>
        Page {page} of {pageCount}
      </span>
      {page < pageCount && (
        <Link className="button button-secondary" to={addressOf(page + 1)} rel="next">
          Next
        </Link>
      )}
    </nav>
  )
}
