import type { Deployment } from '../../resources/index.ts'

/** Temporary credentials of a function's role. */
export interface RoleCredentials {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly securityToken: string
}

/** Credentials of the role that a form of a function names, good for its longest call; `undefined` when it has none. */
export type CredentialsOf = (deployment: Deployment) => RoleCredentials | undefined

/** As the context has them (function-compute section 4.4). */
export function contextCredentials({
  accessKeyId,
  accessKeySecret,
  securityToken,
}: RoleCredentials): Readonly<Record<string, string>> {
  return { accessKeyId, accessKeySecret, securityToken }
}

/** As the environment has them (function-compute section 4.8): those of the start of the instance. */
export function credentialVariables(credentials: RoleCredentials | undefined): Record<string, string> {
  if (credentials === undefined) return {}
  return {
    ALIBABA_CLOUD_ACCESS_KEY_ID: credentials.accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: credentials.accessKeySecret,
    ALIBABA_CLOUD_SECURITY_TOKEN: credentials.securityToken,
  }
}
