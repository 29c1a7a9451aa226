import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram, runToEnd } from './install/index.ts'

/** Files of a certificate for 127.0.0.1 and localhost that is signed by itself: whoever trusts it trusts the server. */
export interface CertificateFiles {
  readonly certificate: string
  readonly key: string
}

/** Where the certificate of a server's folder is, or will be. */
export function certificateFiles(folder: string): CertificateFiles {
  const place = join(folder, 'tls')
  return { certificate: join(place, 'authority.pem'), key: join(place, 'key.pem') }
}

/** Whether certificates can be made here; for `missing`. */
export function canMakeCertificates(): boolean {
  return findProgram('openssl') !== undefined
}

/** Makes the certificate of a folder that has none yet; for `prepare`. */
export async function makeCertificate(folder: string): Promise<void> {
  const { certificate, key } = certificateFiles(folder)
  if (existsSync(certificate)) return
  const place = join(folder, 'tls')
  const partial = `${place}.partial`
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true })
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost']
  const inPartial = (path: string): string => path.replace(place, partial)
  const files = ['-keyout', inPartial(key), '-out', inPartial(certificate)]
  await runToEnd('openssl', ['req', '-x509', '-days', '3650', ...kind, ...subject, ...files])
  renameSync(partial, place)
}
