import {type KeyboardEvent, useEffect, useState} from 'react'

import {Icon} from './icon.js'

interface QuantityStepperProps {
  /** What is counted, for the names of the controls. */
  product: string
  quantity: number
  max: number
  busy?: boolean
  onChange: (quantity: number) => void
}

/** A count between 1 and `max`: buttons, arrow keys in the field, or a typed number taken on Enter or on leaving it. */
export function QuantityStepper({product, quantity, max, busy = false, onChange}: QuantityStepperProps) {
  const [typed, setTyped] = useState(String(quantity))
  useEffect(() => setTyped(String(quantity)), [quantity])

  const change = (wanted: number) => {
    const next = Math.min(Math.max(Number.isInteger(wanted) ? wanted : quantity, 1), Math.max(max, 1))
    setTyped(String(next))
    if (next !== quantity && !busy) onChange(next)
  }

  return (
    <div className="stepper" role="group" aria-label={`Quantity of ${product}`} aria-busy={busy}>
      <StepButton name={`One ${product} less`} icon="minus" off={quantity <= 1} onPress={() => change(quantity - 1)} />
      <input
        type="text"
        inputMode="numeric"
        role="spinbutton"
        autoComplete="off"
        aria-label={`Quantity of ${product}`}
        aria-valuenow={quantity}
        aria-valuemin={1}
        aria-valuemax={Math.max(max, 1)}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={() => change(Number(typed))}
        onKeyDown={(event) => onStepKey(event, {typed, quantity, max, change})}
      />
      <StepButton name={`One ${product} more`} icon="plus" off={quantity >= max} onPress={() => change(quantity + 1)} />
    </div>
  )
}

interface StepButtonProps {
  name: string
  icon: 'minus' | 'plus'
  off: boolean
  onPress: () => void
}

/** aria-disabled keeps focus on the button when it reaches the end of the range. */
function StepButton({name, icon, off, onPress}: StepButtonProps) {
  return (
    <button type="button" aria-label={name} aria-disabled={off} onClick={() => !off && onPress()}>
      <Icon name={icon} />
    </button>
  )
}

interface Stepping {
  typed: string
  quantity: number
  max: number
  change: (wanted: number) => void
}

function onStepKey(event: KeyboardEvent, {typed, quantity, max, change}: Stepping) {
  const wanted = {
    ArrowUp: quantity + 1,
    ArrowDown: quantity - 1,
    Home: 1,
    End: max,
    Enter: Number(typed),
  }[event.key]
  if (wanted === undefined) return
  event.preventDefault()
  change(wanted)
}
