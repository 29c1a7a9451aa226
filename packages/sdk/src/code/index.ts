export { type PackedCode, packCode } from './pack.ts'
export { CodeUploads } from './uploads.ts'
