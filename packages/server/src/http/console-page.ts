import type { Application } from './application.ts'

/** `/console/`: where the web console will be served; says where the API is. */
export function consoleRoutes(app: Application): void {
  const options = { config: { isOpen: true }, schema: { hide: true } }
  app.get('/console', options, (_request, reply) => reply.redirect('/console/'))
  app.get('/console/', options, (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .send(page),
  )
}

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Millrace</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}</style>
<h1>Millrace is running</h1>
<p>This installation is used through its API at <code>/api/v1</code> and the <code>millrace</code> command.
<p><code>/api/v1/openapi.json</code> describes every operation; it needs
<code>Authorization: Bearer &lt;accessKeyId&gt;.&lt;accessKeySecret&gt;</code>, as all operations do.
<p><code>/healthz</code> and <code>/readyz</code> are open.
</html>
`
