import { type Static, type TBoolean, type TObject, type TOptional, type TString, Type } from 'typebox'
import { optionRefusal, Secret } from './options.ts'

type TlsSchema = TObject<{
  ca: TOptional<TString>
  certificate: TOptional<TString>
  key: TOptional<TString>
  serverName: TOptional<TString>
  insecureSkipVerify: TBoolean
}>

/** How certificates are checked and shown. */
export type TlsOptions = Static<TlsSchema>

/** The schema of the option `tls`, the same for every connector; it says in its own words what the option as a whole means. */
export function tlsOptions({
  description,
  serverName,
}: {
  readonly description: string
  /** What the option `serverName` means, where it is more than the name that the certificate must be for. */
  readonly serverName?: string
}): TlsSchema {
  return Type.Object(
    {
      ca: Type.Optional(
        Type.String({
          maxLength: 262_144,
          description: 'PEM certificates to trust instead of the built-in authorities.',
        }),
      ),
      certificate: Type.Optional(
        Type.String({ maxLength: 262_144, description: 'PEM certificate chain of the client, with `key`.' }),
      ),
      key: Type.Optional(Secret({ maxLength: 65_536, description: 'PEM private key of `certificate`.' })),
      serverName: Type.Optional(
        Type.String({
          maxLength: 253,
          description: serverName ?? 'Name that the certificate must be for.',
        }),
      ),
      insecureSkipVerify: Type.Boolean({
        default: false,
        description: 'Accept any certificate. Whoever sits on the way can then read and forge everything.',
      }),
    },
    { additionalProperties: false, description },
  )
}

/** Throws `options.invalid` for a certificate without its key, and for a key without its certificate. */
export function checkTls(component: string, tls: TlsOptions | undefined): void {
  if ((tls?.certificate === undefined) !== (tls?.key === undefined)) {
    throw optionRefusal(component, 'tls.key', 'and tls.certificate go together')
  }
}

/** The same for `node:tls`, and for clients that pass their settings on to it. */
export function tlsSettings({ ca, certificate, key, serverName, insecureSkipVerify }: TlsOptions): {
  readonly rejectUnauthorized: boolean
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly servername?: string
} {
  return {
    rejectUnauthorized: !insecureSkipVerify,
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  }
}
