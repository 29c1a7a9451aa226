import { AppError, retryNever } from '@millrace/spi'
import type { FastifyRequest } from 'fastify'
import type { Application } from '../application.ts'

export const formMediaType = 'application/x-www-form-urlencoded'
/** Largest form but that of an event, in bytes. */
export const formBytesMax = 16_384
/** Largest form with a test event, in bytes. */
export const eventFormBytesMax = 1_048_576

/** Within this part of the application bodies are forms, and nothing else. */
export function takeForms(app: Application): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(formMediaType, { parseAs: 'string' }, (_request, body, done) =>
    done(null, new URLSearchParams(String(body))),
  )
}

/** One field. Throws `http.invalid-request` when it is missing, there twice or too long; what was sent is not repeated. */
export function field(request: FastifyRequest, name: string, lengthMax: number): string {
  const value = optionalField(request, name, lengthMax)
  if (value === undefined) throw invalidField(name, 'is missing')
  return value
}

export function optionalField(request: FastifyRequest, name: string, lengthMax: number): string | undefined {
  const { body } = request
  const values = body instanceof URLSearchParams ? body.getAll(name) : []
  if (values.length > 1) throw invalidField(name, 'is there twice')
  const [value] = values
  if (value !== undefined && value.length > lengthMax) {
    throw invalidField(name, `may have ${lengthMax} characters, not ${value.length}`)
  }
  return value
}

function invalidField(name: string, reason: string): AppError {
  return new AppError('http.invalid-request', `the field "${name}" of the form ${reason}`, retryNever, {
    details: { path: name },
  })
}
