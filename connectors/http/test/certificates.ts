import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Certificate {
  readonly key: string
  readonly cert: string
}

/** Makes a self-signed certificate with openssl, valid for one day for the given names (`IP:127.0.0.1`, `DNS:x`). */
export function selfSigned(names: string): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-certificate-'))
  try {
    const key = join(folder, 'key.pem')
    const cert = join(folder, 'cert.pem')
    execFileSync(
      'openssl',
      [
        'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=test'.split(' '),
        ['-addext', `subjectAltName=${names}`, '-keyout', key, '-out', cert],
      ].flat(),
      { stdio: 'ignore' },
    )
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
