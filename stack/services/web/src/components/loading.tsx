interface LoadingProps {
  /** Said to a screen reader. */
  what: string
  shape: 'cards' | 'rows' | 'product'
}

const PIECES = {cards: 8, rows: 3, product: 1} as const

/** Grey shapes in the place of what is being fetched. */
export function Loading({what, shape}: LoadingProps) {
  return (
    <div className={`loading loading-${shape}`} role="status">
      <span className="visually-hidden">{what}</span>
      {Array.from({length: PIECES[shape]}, (_, index) => (
        <span className="loading-piece" key={index} aria-hidden="true" />
      ))}
    </div>
  )
}
