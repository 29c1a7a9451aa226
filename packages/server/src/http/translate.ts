import { CloudEventError } from '@millrace/cloudevents'
import { PatternError } from '@millrace/pattern'
import { AppError, retryNever } from '@millrace/spi'
import type { FastifyError, FastifyRequest } from 'fastify'
import type { ErrorTranslator } from './error-body.ts'

/** Errors of the event library keep their code; attribute, limit and size seen become details. */
export const fromCloudEvents: ErrorTranslator = thrown => {
  if (!(thrown instanceof CloudEventError)) return undefined
  const { code, message, attribute, limit, seen, offset } = thrown
  return new AppError(code, message, retryNever, {
    details: withoutUndefined({ attribute, limit, seen, offset }),
  })
}

/** Errors of the pattern library keep their code; `path` names the place inside the pattern. */
export const fromPatterns: ErrorTranslator = thrown => {
  if (!(thrown instanceof PatternError)) return undefined
  return new AppError(thrown.code, thrown.message, retryNever, { details: { path: thrown.path } })
}

/** What the framework refuses before an operation is reached. `request` tells limit and size. */
export function fromFramework(request: FastifyRequest): ErrorTranslator {
  return thrown => {
    if (!isFrameworkError(thrown)) return undefined
    switch (thrown.code) {
      case 'FST_ERR_CTP_BODY_TOO_LARGE':
        return bodyTooLarge(request.routeOptions.bodyLimit, request.headers['content-length'])
      case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
        return unsupportedMediaType(
          request.headers['content-type'],
          request.routeOptions.config.accepts ?? jsonOnly,
        )
      case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
        return new AppError('http.malformed-request', 'the body is not as long as content-length says')
      default:
        return (thrown.statusCode ?? 500) < 500
          ? new AppError('http.malformed-request', 'the request cannot be understood', retryNever, {
              cause: thrown,
            })
          : undefined
    }
  }
}

const jsonOnly = ['application/json']

export function bodyTooLarge(limit: number, contentLength: string | undefined): AppError {
  const seen = contentLength === undefined ? undefined : Number(contentLength)
  const size = seen === undefined ? 'more than that' : `${seen} bytes`
  return new AppError(
    'http.body-too-large',
    `the body may have ${limit} bytes at most, this one has ${size}`,
    retryNever,
    { details: withoutUndefined({ limit, seen }) },
  )
}

export function unsupportedMediaType(seen: string | undefined, accepted: readonly string[]): AppError {
  const what = seen === undefined || seen === '' ? 'no content type' : `content type ${shortened(seen)}`
  return new AppError(
    'http.unsupported-media-type',
    `this operation takes ${accepted.join(' or ')}; the request has ${what}`,
    retryNever,
    { details: { accepted } },
  )
}

/** Text of a caller, cut and cleaned for a sentence. */
export function shortened(text: string): string {
  const clean = text.replaceAll(/[^\x20-\x7e]/g, '?')
  return clean.length <= 100 ? clean : `${clean.slice(0, 100)}…`
}

function isFrameworkError(thrown: unknown): thrown is FastifyError {
  return thrown instanceof Error && ('statusCode' in thrown || 'code' in thrown)
}

function withoutUndefined(details: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined))
}
