import { defineRuntime } from '@millrace/spi'
import { detect } from './detect.ts'

/** Container images that serve the HTTP protocol of function-compute section 4.9, run by a Docker-compatible engine. */
export const runtime = defineRuntime({ language: 'custom-container', detect })
