import { AppError, optionsParser, retryNever } from '@millrace/spi'
import type { Static, TObject } from 'typebox'
import { namePattern } from './names.ts'

const nameExpression = new RegExp(namePattern)

/** Checks a spec against its schema and fills the defaults; refuses with `options.invalid`, the path and the reason. */
export function specParser<Schema extends TObject>(
  kind: string,
  schema: Schema,
): (value: unknown) => Static<Schema> {
  const parse = optionsParser(kind, schema)
  return value => parse(value) as Static<Schema>
}

/** Throws `resource.name-invalid` unless the name fits the rules for names. */
export function checkName(kind: string, name: string): void {
  if (nameExpression.test(name)) return
  const reason =
    name.length > 127 ? `has ${name.length} characters, at most 127 are allowed` : 'is not a valid name'
  throw new AppError(
    'resource.name-invalid',
    `${kind} name ${reason}: letters, digits, "-", "_" and "." only, beginning with a letter or digit`,
    retryNever,
    { details: { kind, limit: 127, seen: name.length } },
  )
}
