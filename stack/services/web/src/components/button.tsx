import type {ButtonHTMLAttributes} from 'react'

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: 'primary' | 'secondary' | 'danger'
  /** True while the work that the button started is going on. */
  busy?: boolean
}

/**
 * A button that takes no second press while it is busy. It is marked with aria-disabled and not with `disabled`,
 * which would throw keyboard focus back to the top of the page.
 */
export function Button({
  kind = 'primary',
  busy = false,
  className = '',
  onClick,
  type = 'button',
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      className={`button button-${kind} ${className}`.trim()}
      aria-busy={busy}
      aria-disabled={busy || undefined}
      onClick={(event) => {
        if (busy) event.preventDefault()
        else onClick?.(event)
      }}
    />
  )
}
