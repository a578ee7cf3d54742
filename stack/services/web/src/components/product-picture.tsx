import type {Drawing} from './illustrations/drawing.js'

import {computers} from './illustrations/computers.js'
import {furnishings} from './illustrations/furnishings.js'
import {parcel} from './illustrations/parcel.js'
import {peripherals} from './illustrations/peripherals.js'

const DRAWINGS = new Map<string, Drawing>(Object.entries({...computers, ...peripherals, ...furnishings}))

/** Keys that a catalogue may use for a thing that is drawn under another name. */
const SYNONYMS = new Map([
  ['display', 'monitor'],
  ['screen', 'monitor'],
  ['headphones', 'headset'],
  ['earbuds', 'headset'],
  ['camera', 'webcam'],
  ['hub', 'dock'],
  ['ssd', 'drive'],
  ['storage', 'drive'],
  ['disk', 'drive'],
  ['network', 'router'],
  ['mic', 'microphone'],
  ['adapter', 'charger'],
  ['power', 'charger'],
  ['trackpad', 'tablet'],
  ['bag', 'backpack'],
  ['cup', 'mug'],
  ['book', 'notebook'],
  ['smartphone', 'phone'],
  ['arm', 'stand'],
])

/** Draws the product that an image key stands for. Decorative: its name is always written beside it. */
export function ProductPicture({image}: {image: string}) {
  const drawing = drawingFor(image)
  return (
    <div className="picture" data-tone={drawing.tone}>
      <svg viewBox="0 0 240 180" aria-hidden="true" focusable="false">
        {drawing.shapes}
      </svg>
    </div>
  )
}

/** `usb-c-hub` is drawn as a hub: the whole key is tried first, then its words from the last to the first. */
function drawingFor(image: string): Drawing {
  const key = image.toLowerCase()
  const candidates = [key, ...key.split(/[^a-z0-9]+/).toReversed()]
  for (const candidate of candidates) {
    const drawing = DRAWINGS.get(SYNONYMS.get(candidate) ?? candidate)
    if (drawing) return drawing
  }

  return parcel
}
