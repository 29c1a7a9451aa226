export * from './authenticator.ts'
export { bearerScheme } from './bearer.ts'
export {
  type Credential,
  type CredentialsSource,
  credentialsFileName,
  type LoadedCredentials,
  loadCredentials,
} from './credentials.ts'
export { authErrors, unauthenticated } from './errors.ts'
export { loadSecretBox, SecretBox, secretKeyFileName } from './secret-box.ts'
export {
  acsSignatureScheme,
  type AcsSignatureOptions,
  type Acs3Verifier,
  createAcs3Verifier,
  createFcNativeVerifier,
  type FcNativeVerifier,
  type SignatureVerdict,
} from './signatures/index.ts'
