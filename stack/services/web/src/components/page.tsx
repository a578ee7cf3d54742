import {type ReactNode, useEffect, useRef} from 'react'
import {Link, useLocation, useNavigationType} from 'react-router'

import {Icon} from './icon.js'

interface PageProps {
  /** The one h1 of the page. */
  heading: string
  /** For document.title; the heading by default. */
  title?: string
  intro?: ReactNode
  /** The page that this one belongs to. */
  back?: {to: string; label: string}
  /** `narrow` for forms and reading. */
  width?: 'narrow' | 'wide'
  children: ReactNode
}

const SHOP_NAME = 'Harbour'

/**
 * The frame of every page: names the document and, after a navigation inside the application, moves focus to the
 * heading, because a screen reader hears nothing of a page that is swapped by script.
 */
export function Page({heading, title = heading, intro, back, width = 'wide', children}: PageProps) {
  const headingRef = useFocusAfterNavigation()

  useEffect(() => {
    document.title = `${title} · ${SHOP_NAME}`
  }, [title])

  return (
    <div className={`page page-${width}`}>
      <header className="page-head">
        {back && (
          <Link className="back-link" to={back.to}>
            <Icon name="back" />
            {back.label}
          </Link>
        )}
        <h1 ref={headingRef} tabIndex={-1}>
          {heading}
        </h1>
        {intro && <p className="page-intro">{intro}</p>}
      </header>
      {children}
    </div>
  )
}

function useFocusAfterNavigation() {
  const ref = useRef<HTMLHeadingElement>(null)
  const {key, pathname} = useLocation()
  const kind = useNavigationType()

  useEffect(() => {
    // The first page of a visit is announced by the browser itself, and focus belongs to it.
    if (key === 'default') return
    if (kind !== 'POP') window.scrollTo(0, 0)
    ref.current?.focus({preventScroll: true})
    // The query is left out on purpose: a search that updates it must not pull focus out of its field.
    // `key` and `kind` only qualify the change of path.
  }, [pathname])

  return ref
}
