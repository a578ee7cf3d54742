import type {ReactNode} from 'react'

import {Icon} from './icon.js'

interface EmptyProps {
  icon: 'cart' | 'parcel' | 'search'
  title: string
  children: ReactNode
}

/** Stands where there is nothing to show, and says what to do about it. */
export function Empty({icon, title, children}: EmptyProps) {
  return (
    <div className="empty">
      <span className="empty-icon">
        <Icon name={icon} />
      </span>
      <h2>{title}</h2>
      {children}
    </div>
  )
}
