export { type Actor, actorArn, type SessionActor } from './actor.ts'
export * from './authenticator.ts'
export {
  type Access,
  type Explanation,
  forbidden,
  type RequestFacts,
} from './authorizer.ts'
export { createIdentity, type Identity } from './identity.ts'
export type { IdentitySource } from './identity-source.ts'
export type { KeyDirectory, KeyFound, KnownKey } from './key-directory.ts'
export { directoryOf, type Keys, newAccessKey } from './keys.ts'
export {
  type ConsoleSession,
  formTokenOf,
  type Login,
  type LoginSettings,
  type OidcSettings,
  openLogin,
  passwordLengthMax,
  passwordLengthMin,
  type SessionOwner,
} from './login/index.ts'
export {
  duplicateMember,
  isSystemPolicy,
  leastPrivilege,
  parsePolicy,
  type PolicyKind,
  systemPolicies,
} from './policy/index.ts'
export type { RoleService, RoleUse, ServiceRoles } from './service-roles.ts'
export { type TemporaryCredentials } from './session-tokens.ts'
export { bearerScheme } from './bearer.ts'
export {
  type Credential,
  type CredentialsSource,
  credentialsFileName,
  type LoadedCredentials,
  loadCredentials,
} from './credentials.ts'
export { authErrors, unauthenticated } from './errors.ts'
export { PushIdentity } from './push-identity.ts'
export { loadSecretBox, secretKeyFileName } from './load-secret-box.ts'
export { SecretBox } from './secret-box.ts'
export type { SecretKeySource } from './secret-key.ts'
export {
  acs3Signature,
  acs3Scheme,
  acsSignatureScheme,
  awsAlgorithm,
  awsCanonicalRequest,
  type AwsSignedHead,
  awsSigningKey,
  type AwsSigV4Verifier,
  awsStringToSign,
  createAwsSigV4Verifier,
  type AcsSignatureOptions,
  type Acs3Verifier,
  createAcs3Verifier,
  createFcNativeVerifier,
  fcNativeScheme,
  createMnsVerifier,
  type FcNativeVerifier,
  mnsAuthorization,
  mnsDate,
  type MnsVerifier,
  fcResource,
  fcSignature,
  fcStringToSign,
  createRpcSignatureVerifier,
  type RpcSignatureVerifier,
  createSlsV1Verifier,
  createSlsV4Verifier,
  isSlsDigest,
  slsV1Authorization,
  slsV1Date,
  type SlsV1Verifier,
  slsV4Algorithm,
  type SlsV4Verifier,
  type SignatureVerdict,
  type SignedPathOptions,
} from './signatures/index.ts'
