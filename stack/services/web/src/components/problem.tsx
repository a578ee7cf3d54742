import type {ApiError} from '../api/api-error.js'

import {Button} from './button.js'
import {Icon} from './icon.js'

interface ProblemProps {
  error: ApiError
  /** Offers another attempt. */
  onRetry?: () => void
  retrying?: boolean
}

/** Says what failed, aloud as well, with the id under which the shop's own people find it. */
export function Problem({error, onRetry, retrying = false}: ProblemProps) {
  return (
    <div className="problem" role="alert">
      <Icon name="alert" />
      <div>
        <p className="problem-message">{error.message}</p>
        {error.shortages.length > 0 && (
          <ul className="problem-list">
            {error.shortages.map(({productId, name, available}) => (
              <li key={productId}>
                {name}: {available > 0 ? `only ${available} left` : 'sold out'}
              </li>
            ))}
          </ul>
        )}
        {error.requestId && error.kind === 'broken' && <p className="problem-reference">Reference {error.requestId}</p>}
        {onRetry && (
          <Button kind="secondary" busy={retrying} onClick={onRetry}>
            Try again
          </Button>
        )}
      </div>
    </div>
  )
}
