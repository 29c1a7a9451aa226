export {
  acsSignature,
  acsSignatureScheme,
  type AcsSignatureOptions,
  acsStringToSign,
  signatureSkewMsMax,
} from './acs-hmac-sha1.ts'
export { NonceLedger, noncesMax } from './nonce-ledger.ts'
export {
  acs3Signature,
  acs3StringToSign,
  type Acs3Options,
  type Acs3Variant,
  type Acs3Verifier,
  createAcs3Verifier,
} from './acs3-hmac-sha256.ts'
export {
  createFcNativeVerifier,
  fcResource,
  fcSignature,
  fcStringToSign,
  type FcNativeOptions,
  type FcNativeVerifier,
} from './fc-native.ts'
export { acs3Scheme, fcNativeScheme, type SignedPathOptions } from './schemes.ts'
export {
  createMnsVerifier,
  mnsAuthorization,
  mnsDate,
  type MnsOptions,
  mnsSignature,
  mnsStringToSign,
  type MnsVerifier,
} from './mns-hmac-sha1.ts'
export {
  awsAlgorithm,
  awsCanonicalRequest,
  type AwsSignedHead,
  type AwsSigV4Options,
  type AwsSigV4Verifier,
  awsStringToSign,
  createAwsSigV4Verifier,
} from './aws-sigv4.ts'
export {
  createSlsV1Verifier,
  isSlsDigest,
  type SlsDigest,
  type SlsOptions,
  slsV1Authorization,
  slsV1Date,
  slsV1Signature,
  slsV1StringToSign,
  type SlsV1Verifier,
} from './sls-v1.ts'
export {
  createRpcSignatureVerifier,
  rpcSignature,
  rpcStringToSign,
  type RpcSignatureOptions,
  type RpcSignatureVerifier,
} from './rpc-hmac-sha1.ts'
export { createSlsV4Verifier, slsV4Algorithm, type SlsV4Verifier } from './sls-v4.ts'
export { awsSigningKey } from './aws-signing-keys.ts'
export type { SignatureVerdict } from './verdict.ts'
