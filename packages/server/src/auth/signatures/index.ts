export {
  acsSignature,
  acsSignatureScheme,
  type AcsSignatureOptions,
  acsStringToSign,
  signatureSkewMsMax,
} from './acs-hmac-sha1.ts'
export { NonceLedger, noncesMax } from './nonce-ledger.ts'
