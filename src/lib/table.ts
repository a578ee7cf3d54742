/** Columns of text, padded to their widest cell. */
import {stripVTControlCharacters} from 'node:util'

/** The table as lines, without trailing blanks; cells may be coloured. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))))
  return all.map((row) => formatRow(row, widths)).join('\n')
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
