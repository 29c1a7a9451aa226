export { compatibleInterfaces as mnsInterfaces } from './actions.ts'
export { certificatePath, certificateRoute } from './certificate.ts'
export { MnsDoor, type MnsDoorParts } from './door.ts'
export { pushFormatter, type PushSigner, pushStringToSign } from './push-format.ts'
