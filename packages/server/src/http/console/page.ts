import type { FastifyReply } from 'fastify'
import { type Html, html } from './html.ts'

/** Nothing runs, nothing is fetched from elsewhere, nothing is framed, kept or told to others. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  // With `no-referrer` browsers would hide the origin of forms, by which they are let in.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

export interface Page {
  readonly title: string
  readonly body: Html
  /** What stands at the top besides the name. */
  readonly top?: Html
  readonly narrow?: boolean
  /** Where the browser goes by itself. */
  readonly next?: string
}

export function sendPage(reply: FastifyReply, page: Page, status = 200): FastifyReply {
  return reply.code(status).headers(pageHeaders).type('text/html; charset=utf-8').send(pageText(page))
}

function pageText({ title, body, top, narrow, next }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Millrace</title>
<link rel="stylesheet" href="/console/style.css">
${next === undefined ? undefined : html`<meta http-equiv="refresh" content="0; url=${next}">`}
</head>
<body>
<header><strong>Millrace</strong>${top}</header>
<main class="${narrow === true ? 'narrow' : ''}">${body}</main>
</body>
</html>
`.text
}
