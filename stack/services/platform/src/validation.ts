import {z} from 'zod'

import {AppError} from './errors.js'

/** The value as the schema wants it, or a 400 that names every wrong field. */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const fields: Record<string, string> = {}
  for (const issue of result.error.issues) fields[fieldName(issue.path)] ??= reasonOf(issue)
  const message = Object.entries(fields)
    .map(([field, reason]) => `${field}: ${reason}`)
    .join('; ')
  throw new AppError({status: 400, code: 'validation_failed', message, fields})
}

/** An id as it stands in a path. */
export const positiveId = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'must be a positive whole number')
  .transform(Number)

/** A number from 1 as it stands in a query string. */
export function queryNumber(max: number): z.ZodType<number, string> {
  const message = `must be a whole number from 1 to ${max}`
  return z
    .string()
    .regex(/^\d{1,6}$/, message)
    .transform(Number)
    .refine((value) => value >= 1 && value <= max, message)
}

function fieldName(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'body'
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('')
}

function reasonOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) return 'is required'
  return issue.message.replace(/^Invalid input: /, '')
}
