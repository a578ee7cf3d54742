/** Columns of text, padded to their widest cell. */
import {stripVTControlCharacters} from 'node:util'

/** The table as lines, without trailing blanks; cells may be coloured. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))))
  return all.map((row) => formatRow(row, widths)).join('\n')
}

/** The table with its last column cut so that lines are no longer than `width`; it keeps a few characters in any case. */
export function formatNarrowTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
): string {
  const last = head.length - 1
  const others = formatTable(
    head.slice(0, last),
    rows.map((row) => row.slice(0, last)),
  ).split('\n')
  const room = Math.max(MINIMUM_ROOM, width - Math.max(...others.map((line) => widthOf(line))) - 2)
  return formatTable(
    head,
    rows.map((row) => [...row.slice(0, last), cut(row[last] ?? '', room)]),
  )
}

const MINIMUM_ROOM = 12

function cut(text: string, room: number): string {
  const characters = [...text]
  return characters.length <= room ? text : `${characters.slice(0, room - 1).join('')}…`
}

function formatRow(row: readonly string[], widths: readonly number[]): string {
  return widths
    .map((width, column) => `${row[column] ?? ''}${' '.repeat(width - widthOf(row[column] ?? ''))}`)
    .join('  ')
    .trimEnd()
}

function widthOf(cell: string): number {
  return [...stripVTControlCharacters(cell)].length
}
