import type {Drawing} from './drawing.js'

/** Stands for a product that has no drawing of its own. */
export const parcel: Drawing = {
  tone: 'stone',
  shapes: (
    <>
      <ellipse className="d-shadow" cx="120" cy="152" rx="70" ry="7" />
      <path className="d-body" d="M120 34l62 26v66l-62 26-62-26V60z" />
      <path className="d-edge" d="M120 86l62-26v66l-62 26z" />
      <path className="d-accent" d="M84 49l62 26v22l14-6V69L98 43z" />
    </>
  ),
}
