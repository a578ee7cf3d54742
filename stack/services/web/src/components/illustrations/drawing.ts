import type {ReactNode} from 'react'

/** Colour families of the drawings; the stylesheet gives each one its light and its dark colours. */
export type Tone = 'sea' | 'sky' | 'sand' | 'plum' | 'stone' | 'clay'

/** A picture in a view box of 240 × 180, coloured by classes only, so that it follows the colour scheme. */
export interface Drawing {
  tone: Tone
  shapes: ReactNode
}
