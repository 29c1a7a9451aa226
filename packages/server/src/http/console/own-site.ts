import { AppError, retryNever } from '@millrace/spi'
import type { FastifyRequest } from 'fastify'

/**
 * Where people see the console: as it is set, or as the request names it. Behind a proxy with TLS the request cannot know, and the setting
 * is needed.
 */
export function siteOf(request: Pick<FastifyRequest, 'headers'>, consoleUrl: string | undefined): string {
  return consoleUrl ?? `http://${request.headers.host ?? ''}`
}

/** Throws `login.cross-site` unless a browser says that the request comes from a page of the site itself. */
export function checkOwnSite({ headers }: Pick<FastifyRequest, 'headers'>, site: string): void {
  const { origin } = headers
  const fetchSite = headers['sec-fetch-site']
  const isSaid = origin !== undefined || fetchSite !== undefined
  const isOwn =
    (origin === undefined || origin === site) && (fetchSite === undefined || fetchSite === 'same-origin')
  if (isSaid && isOwn) return
  throw new AppError(
    'login.cross-site',
    `a form of the console must be sent from ${site}; behind a proxy, MILLRACE_CONSOLE_URL says where the console is`,
    retryNever,
  )
}
